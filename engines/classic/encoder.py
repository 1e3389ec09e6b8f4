"""A picture becomes patches, a thumbnail and one vector, with nothing to download. Knows no other picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.base import Embedding, Encoded, EncoderInfo, Patches
from engines.classic.colour import BINS, colours, thumbnail
from engines.classic.points import PointFinder
from engines.classic.vocabulary import vocabulary, vocabulary_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Image, PatchVectors

VERSION = "2"  # raise it whenever the same picture would give other features
POINTS = 1400  # of one picture
THUMB = 256  # px of the longer side
KEPT = 1280  # px of the longer side of what a second look may see
COLOUR_SHARE = 0.3  # of the squared embedding; the rest is texture

CLASSIC_INFO = EncoderInfo(
    name="classic", dim=16 * 64 + BINS**3, patch_dim=64, image_size=640, max_batch=1
)  # batches gain nothing on a core: the pictures go through one by one


def classic_hash() -> str:
    """Changes whenever the features change: a gallery made with another one cannot be searched."""
    return f"classic-{VERSION}-{vocabulary_hash()[:16]}"


class ClassicEncoder:
    """One caller thread. Sets OpenCV's thread count for the whole process: more than one rarely pays."""

    def __init__(self, threads: int = 1) -> None:
        cv2.setNumThreads(threads)
        self._finder = PointFinder(POINTS)
        self._vocabulary = vocabulary()

    @property
    def info(self) -> EncoderInfo:
        return CLASSIC_INFO

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Encoded:
        if image.size == 0:
            image = np.zeros((1, 1, 3), np.uint8)
        points = self._finder.find(image)
        vectors = self._vocabulary.project(points.descriptors)
        thumb = thumbnail(image, THUMB)
        picture = thumbnail(image, KEPT) if max(image.shape) > KEPT else image
        return Encoded(self._embedding(vectors, thumb), Patches(vectors, points.places, thumb, picture))

    def _embedding(self, vectors: PatchVectors, thumb: Image) -> Embedding:
        """Texture and colour in stated shares; colour is never empty, so the length is never zero."""
        texture = self._vocabulary.summarise(vectors)
        joined = np.concatenate([(1 - COLOUR_SHARE) ** 0.5 * texture, COLOUR_SHARE**0.5 * colours(thumb)])
        return np.asarray(joined / np.linalg.norm(joined), dtype=np.float32)
