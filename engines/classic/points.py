"""From a picture to RootSIFT descriptors and where they sit. Knows no vocabulary, no product, no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Image, Places

RootSift = NDArray[np.float32]  # (points, 128), unit length, not negative

AREA = 496 * 279  # pixels looked at, whatever the shape of the picture: one cost for 16:9, 9:16 and square
SIGMA = 1.25  # of the finest patches, px. OpenCV's 1.6 at 640 x 360 sees the same detail for nearly twice the work
MAX_ENLARGE = 2.0  # a catalogue thumbnail of 200 px gains points up to here; beyond is invented detail
MIN_SIDE = 16  # below, SIFT has no room for one patch
CONTRAST = 0.02  # half of the default of OpenCV: pastel cartons live between the two


class Points(NamedTuple):
    """Strongest first."""

    descriptors: RootSift
    places: Places


NOTHING = Points(np.zeros((0, 128), np.float32), np.zeros((0, 4), np.float32))


def working_copy(image: Image, area: int = AREA) -> NDArray[np.uint8]:  # (height, width), grey
    """The picture in grey at the size all engines of this kind look at."""
    height, width = image.shape[:2]
    scale = min((area / (height * width)) ** 0.5, MAX_ENLARGE)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(grey if size == (width, height) else cv2.resize(grey, size, interpolation=how), dtype=np.uint8)


class PointFinder:
    """Holds OpenCV's detector, which is costly to make and is not thread safe."""

    def __init__(self, limit: int, area: int = AREA) -> None:
        self._limit, self._area = limit, area
        self._sift = cv2.SIFT_create(  # type: ignore[attr-defined, unused-ignore]
            nfeatures=limit, contrastThreshold=CONTRAST, sigma=SIGMA
        )

    def find(self, image: Image) -> Points:
        if min(image.shape[:2]) < 2:
            return NOTHING
        grey = working_copy(image, self._area)
        if min(grey.shape) < MIN_SIDE:
            return NOTHING
        found, raw = self._sift.detectAndCompute(grey, None)
        if raw is None or not found:
            return NOTHING
        strength = np.array([point.response for point in found], np.float32)
        best = np.argsort(-strength, kind="stable")[: self._limit]
        return Points(_root(np.asarray(raw, np.float32)[best]), _shares(_places(found)[best], grey.shape))


def _places(found: Sequence[cv2.KeyPoint]) -> NDArray[np.float32]:
    """Across, down, size, angle: pixels and degrees. Column by column, since a tuple a point takes thrice as long."""
    places = np.empty((len(found), 4), np.float32)
    places[:, :2] = cv2.KeyPoint.convert(found)
    places[:, 2] = [point.size for point in found]
    places[:, 3] = [point.angle for point in found]
    return places


def _root(raw: NDArray[np.float32]) -> RootSift:
    """RootSIFT: the Hellinger kernel, so that one strong gradient does not decide a comparison."""
    total = np.maximum(raw.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.sqrt(raw / total), dtype=np.float32)


def _shares(places: NDArray[np.float32], shape: tuple[int, ...]) -> Places:
    """Pixels to shares of the picture; degrees to radians."""
    height, width = shape[:2]
    scale = np.array([1 / width, 1 / height, 1 / max(width, height), np.pi / 180], np.float32)
    return np.asarray(places * scale, dtype=np.float32)
