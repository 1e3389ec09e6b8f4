"""A place in a frame seen larger: cut out, enlarged, with patches of its own. Knows no product and no time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.base import Box, Patches
from engines.classic.geometry import Layout, layout
from engines.classic.points import PointFinder
from engines.classic.vocabulary import vocabulary

if TYPE_CHECKING:
    from engines.base import Image
    from engines.classic.laying import Homography

POINTS = 500  # of one place: as many as are looked at of a catalogue picture
AREA = 240 * 240  # pixels that a place is brought to, whatever its shape: less than half of what a frame costs
MARGIN = 0.2  # of the box on each side: a first fit is off by as much, and its product may reach further
LEAST = 12  # px of a side: below, there is nothing to see


@dataclass(frozen=True, slots=True)
class Scene:
    """Patches and pixels, and where they lie: `onto` takes positions here to positions in the frame."""

    patches: Patches
    plane: Layout
    window: Box  # in shares of the frame


def whole(patches: Patches) -> Scene:
    return Scene(patches, layout(patches), Box(0, 0, 1, 1))


class Closer:
    """Holds a detector. One caller thread."""

    def __init__(self) -> None:
        self._finder = PointFinder(POINTS, AREA)
        self._vocabulary = vocabulary()

    def look(self, picture: Image, box: Box) -> Scene | None:
        """None where the box is too small to hold anything."""
        height, width = picture.shape[:2]
        left, right = _between(box.x - MARGIN * box.w, box.x + (1 + MARGIN) * box.w, width)
        top, bottom = _between(box.y - MARGIN * box.h, box.y + (1 + MARGIN) * box.h, height)
        if min(right - left, bottom - top) < LEAST:
            return None
        cut = _sized(picture[top:bottom, left:right])
        points = self._finder.find(cut)
        patches = Patches(self._vocabulary.project(points.descriptors), points.places, cut)
        window = Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
        return Scene(patches, layout(patches), window)


def _between(low: float, high: float, end: int) -> tuple[int, int]:
    return max(0, int(low * end)), min(end, int(np.ceil(high * end)))


def _sized(cut: Image) -> Image:
    """No more pixels than are looked at: what is compared with a catalogue picture must not be finer than it."""
    height, width = cut.shape[:2]
    scale = (AREA / (height * width)) ** 0.5
    if scale >= 1:
        return np.ascontiguousarray(cut)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def in_frame(box: Box, window: Box) -> Box:
    """From shares of the window to shares of the frame."""
    return Box(window.x + box.x * window.w, window.y + box.y * window.h, box.w * window.w, box.h * window.h)


def onto_frame(homography: Homography, scene: Scene, frame: Layout) -> Homography:
    """From longer sides of the scene to longer sides of the frame."""
    step = scene.window.w * frame.shape[0] / scene.plane.shape[0]
    left, top = scene.window.x * frame.shape[0], scene.window.y * frame.shape[1]
    return np.array([[step, 0, left], [0, step, top], [0, 0, 1]]) @ homography
