"""Takes the pictures of a live of photographs, as video is encoded (I420). Pure in time.

A photograph is scaled to the picture; the sides that stay empty are filled with a blurred, darkened extension of it,
as broadcasters do.
"""

from __future__ import annotations

from functools import cached_property
from math import pi, sin
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from benchmarks.liveshop import scene as shop
from benchmarks.liveshop.camera import blurred
from benchmarks.liveshop.graphics import overlay
from benchmarks.liveshop.optics import defocus
from benchmarks.liveshop.photos.reader import read_pixels
from benchmarks.liveshop.photos.shots import fitted, matrix
from benchmarks.liveshop.planes import split, to_planes
from benchmarks.liveshop.sensor import Sensor, unsharp
from benchmarks.liveshop.show import FPS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from benchmarks.liveshop.ink import Area, Canvas
    from benchmarks.liveshop.photos.script import Scene, Script
    from benchmarks.liveshop.photos.shots import Shot
    from benchmarks.liveshop.planes import Planes
    from stream.types import Seconds

MILD = 0.5  # of what a hunting lens can lose: the photographs are soft already
DARK = 0.45  # how bright the extension at the sides is
SOFT = 28.0  # pixels
PLATES = 2  # kept: two during a cross-fade


class Plate(NamedTuple):
    """A photograph made ready: at the window's scale, and the picture around the window."""

    photo: Canvas
    around: Canvas
    window: Area


class PhotoCamera:
    """`picture` may be asked for any frame in any order and gives the same pixels."""

    def __init__(self, script: Script) -> None:
        cv2.setNumThreads(1)  # a renderer is one core's worth of work, beside whoever watches
        self._script = script
        self._size = script.programme.size()
        self._sensor = Sensor(script.world, script.frames, self._size, script.programme.light)
        self._plates: dict[Shot, Plate] = {}

    def picture(self, frame: int) -> Planes:
        at = frame / FPS
        planes = self._scene(frame, at)
        hunt = self._script.programme.during(at, "focus")
        if hunt is not None:
            unsharp(planes, MILD * defocus((at - hunt.start) / (hunt.stop - hunt.start)))
        luma, blue, red = split(planes)
        self._sensor.expose(frame, luma, (blue, red))
        overlay(planes, self._script.programme, at)
        return planes

    def _scene(self, frame: int, at: Seconds) -> Planes:
        scene, before, share = self._script.on_screen(frame)
        if scene.shot is None and before is None:
            return self._talk[_phase(at)][1].copy()
        canvas = self._canvas(scene, at)
        if before is not None:
            canvas = np.asarray(cv2.addWeighted(canvas, share, self._canvas(before, at), 1 - share, 0), np.uint8)
        return to_planes(canvas)

    def _canvas(self, scene: Scene, at: Seconds) -> Canvas:
        return self._talk[_phase(at)][0] if scene.shot is None else self._filmed(scene.shot, at)

    @cached_property
    def _talk(self) -> list[tuple[Canvas, Planes]]:
        """The host without a product, in each phase of the sway: as a picture and as it is encoded."""
        drawn = [_framed(one, self._size) for one in shop.backdrops(self._script.world, banner=False)]
        return [(canvas, to_planes(canvas)) for canvas in drawn]

    def _filmed(self, shot: Shot, at: Seconds) -> Canvas:
        plate = self._plate(shot)
        window, size = plate.window, (plate.photo.shape[1], plate.photo.shape[0])
        aim, earlier = shot.aim(at), shot.aim(at - 1 / FPS)
        placed = matrix(aim, self._script.programme.shake.offset(at), size, window)
        view = cv2.warpAffine(
            plate.photo, placed, (window.w, window.h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        dx, dy = (aim.x - earlier.x) * window.w, (aim.y - earlier.y) * window.h
        canvas = plate.around.copy()
        canvas[window.y : window.y + window.h, window.x : window.x + window.w] = blurred(np.asarray(view), dx, dy)
        return canvas

    def _plate(self, shot: Shot) -> Plate:
        if shot not in self._plates:
            while len(self._plates) >= PLATES:
                self._plates.pop(next(iter(self._plates)))
            self._plates[shot] = _prepared(read_pixels(shot.photo.path), self._size, shot.closer)
        return self._plates[shot]


def _phase(at: Seconds) -> int:
    return round((shop.PHASES - 1) / 2 * (1 + sin(2 * pi * 0.19 * at)))


def _prepared(photo: Canvas, size: tuple[int, int], closer: float) -> Plate:
    scale, window = fitted((photo.shape[1], photo.shape[0]), size, closer)
    wide, high = (max(2, round(side * scale)) for side in (photo.shape[1], photo.shape[0]))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    scaled = np.asarray(cv2.resize(photo, (wide, high), interpolation=how), np.uint8)
    around = _extended(photo, size) if (window.w, window.h) != size else np.zeros((size[1], size[0], 3), np.uint8)
    return Plate(scaled, around, window)


def _extended(photo: Canvas, size: tuple[int, int]) -> Canvas:
    """The photograph over the whole picture, blurred (at an eighth of the size, which nobody sees) and darkened."""
    small = (size[0] // 8, size[1] // 8)
    scale = max(small[0] / photo.shape[1], small[1] / photo.shape[0])
    wide, high = (
        max(side, round(of * scale)) for side, of in zip(small, (photo.shape[1], photo.shape[0]), strict=True)
    )
    left, top = (wide - small[0]) // 2, (high - small[1]) // 2
    cut = cv2.resize(photo, (wide, high), interpolation=cv2.INTER_AREA)[top : top + small[1], left : left + small[0]]
    soft = cv2.convertScaleAbs(cv2.GaussianBlur(cut, (0, 0), SOFT / 8), alpha=DARK)
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _framed(scene: Canvas, size: tuple[int, int]) -> Canvas:
    """The scene, or for an upright picture its middle part, where the host is."""
    if size == (WIDTH, HEIGHT):
        return scene
    wide = HEIGHT * size[0] // size[1]
    left = (WIDTH - wide) // 2
    return np.asarray(cv2.resize(scene[:, left : left + wide], size, interpolation=cv2.INTER_CUBIC), np.uint8)
