"""From a scene's picture to the one that is sent: framing, light, focus, breaks, graphics. Pure in time.

Knows no products: the scene is whatever draws its planes at a moment, so that lives of every family go through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import sensor
from benchmarks.liveshop.adverts import advert, slide
from benchmarks.liveshop.graphics import overlay
from benchmarks.liveshop.ink import Area, generator, hsv
from benchmarks.liveshop.optics import defocus
from benchmarks.liveshop.planes import crop, split, to_planes
from benchmarks.liveshop.programme import FRAMES_A_SECOND, PORTRAIT, SCENE

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.liveshop.planes import Planes
    from benchmarks.liveshop.programme import Framing, Programme
    from stream.types import Seconds


class Broadcast:
    """Sends one live. `picture` may be asked for any frame in any order and gives the same pixels."""

    def __init__(self, programme: Programme, seed: int, frames: int) -> None:
        self._programme = programme
        self._seed = seed
        size = programme.size() if programme.portrait else SCENE
        self._sensor = sensor.Sensor(seed, frames, size, programme.light)
        self._ground = _ground(seed) if programme.portrait else None

    def picture(self, frame: int, scene: Callable[[Seconds], Planes]) -> Planes:
        """`scene`: draws the scene as it is at a moment, SCENE large; its planes are ours to change."""
        programme, at = self._programme, frame / FRAMES_A_SECOND
        window, framing = programme.window(at), programme.framing(at)
        ad = programme.during(at, "ad")
        if ad is not None or window is None or framing is None:
            return advert(self._seed, 0.0 if ad is None else ad.start, at, programme.size())
        moment = programme.scene_time(at)
        planes = self._taken(round(moment * FRAMES_A_SECOND), scene(moment), window, framing)
        if programme.during(at, "low_bitrate") is not None:
            sensor.starved(planes)
        overlay(planes, programme, at)
        return planes

    def _taken(self, frame: int, planes: Planes, window: Area, framing: Framing) -> Planes:
        """The scene as the camera takes it, where it belongs in the picture."""
        at = frame / FRAMES_A_SECOND
        hunt = self._programme.during(at, "focus")
        if hunt is not None:
            sensor.unsharp(planes, defocus((at - hunt.start) / (hunt.stop - hunt.start)))
        framed = self._framed(planes, at, window, framing)
        luma, blue, red = crop(framed, window)
        self._sensor.expose(frame, luma, (blue, red))
        return framed

    def _framed(self, planes: Planes, at: Seconds, window: Area, framing: Framing) -> Planes:
        if framing == (1.0, 0.0, 0.0) and window == (0, 0, *SCENE):
            return planes
        framed = self._behind(at)
        for plane, spot, half in zip(split(planes), crop(framed, window), (1, 2, 2), strict=True):
            dx, dy = framing.dx - window.x, framing.dy - window.y
            # Chroma samples sit in the middle of two by two luma samples.
            shift = (framing.scale - 1) * (half - 1) / (2 * half)
            matrix = np.array([[framing.scale, 0, dx / half + shift], [0, framing.scale, dy / half + shift]])
            reach = (spot.shape[1], spot.shape[0])
            spot[:] = cv2.warpAffine(plane, matrix, reach, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return framed

    def _behind(self, at: Seconds) -> Planes:
        """What is in the picture where the scene is not."""
        width, height = self._programme.size()
        small = self._programme.during(at, "pip")
        if small is not None:
            return slide(self._seed, small.start, (width, height))
        if self._ground is not None:
            return self._ground.copy()
        return np.empty((height * 3 // 2, width), np.uint8)  # the scene fills all of it


def _ground(seed: int) -> Planes:
    """What fills an upright picture above and below the scene."""
    width, height = PORTRAIT
    hue = float(generator(seed, "ground").random())
    share = np.linspace(1.0, 0.45, height)[:, None, None]
    colour = np.asarray(hsv(hue, 0.5, 0.4), np.float64)
    return to_planes(np.broadcast_to(colour * share, (height, width, 3)).astype(np.uint8))
