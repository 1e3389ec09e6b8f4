"""What optics and electronics do to a picture: noise, flicker, exposure, cast, blur, a poor uplink. Pure in time.

Works on planes, in place where it can; knows no scene.
"""

from __future__ import annotations

from math import pi, sin
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.optics import STEADY
from benchmarks.liveshop.planes import split
from benchmarks.liveshop.programme import FRAMES_A_SECOND

if TYPE_CHECKING:
    from benchmarks.liveshop.optics import Light
    from benchmarks.liveshop.planes import Plane, Planes

NOISE = 2.2  # grey levels, standard deviation
NOISES = 5  # noise pictures taken in turn, each shifted by another step: no two frames are alike
POOR_QUALITY = 16  # of JPEG: about what 350 kbit/s leave of such a picture


class Sensor:
    """Exposes the pictures of one live, each of the same `size` (width, height) or smaller."""

    def __init__(self, seed: int, frames: int, size: tuple[int, int], light: Light = STEADY) -> None:
        rng = generator(seed, "noise")
        self._light = light
        self._noise = [_grain(rng, size) for _ in range(NOISES)]
        self._rolls = rng.integers(0, size[1], frames).tolist()

    def expose(self, frame: int, luma: Plane, chromas: tuple[Plane, Plane]) -> None:
        """In place. Noise is on luma alone, where eyes and codecs notice."""
        at = frame / FRAMES_A_SECOND
        gain = 1 + 0.012 * sin(2 * pi * 7.1 * at) + 0.03 * sin(2 * pi * 0.07 * at)
        high, wide = luma.shape
        roll = self._rolls[frame] % high
        noise = self._noise[frame % NOISES][:high, :wide]
        for part, grain in ((luma[: high - roll], noise[roll:]), (luma[high - roll :], noise[:roll])):
            if len(part):
                cv2.addWeighted(part, gain * self._light.gain(at), grain, 1.0, -128.0, dst=part)
        cast = round(self._light.warmth(at))
        if cast:
            blue, red = chromas
            blue[:] = cv2.convertScaleAbs(blue, beta=-cast)
            red[:] = cv2.convertScaleAbs(red, beta=cast)


def unsharp(planes: Planes, sigma: float) -> None:
    """The whole picture out of focus by `sigma` pixels, in place. Blurred small: nobody sees the difference."""
    if sigma < 0.4:
        return
    luma, blue, red = split(planes)
    if sigma < 2:
        luma[:] = cv2.GaussianBlur(luma, (0, 0), sigma)
    else:
        small = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / 2)
        luma[:] = cv2.resize(small, (luma.shape[1], luma.shape[0]), interpolation=cv2.INTER_LINEAR)
    for plane in (blue, red):
        plane[:] = cv2.GaussianBlur(plane, (0, 0), max(sigma / 2, 0.3))


def starved(planes: Planes) -> None:
    """The picture as a poor uplink leaves it: of half the size, in blocks. In place."""
    for plane in split(planes):
        high, wide = plane.shape
        small = cv2.resize(plane, (wide // 2, high // 2), interpolation=cv2.INTER_AREA)
        _, packed = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, POOR_QUALITY))
        unpacked = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
        assert unpacked is not None
        plane[:] = cv2.resize(unpacked, (wide, high), interpolation=cv2.INTER_LINEAR)


def _grain(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    noise = rng.normal(128, NOISE, (size[1], size[0]))
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8)
