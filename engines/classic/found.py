"""A catalogue picture laid into a scene, and memory for what is costly to make of a picture. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import Box, Encoded
    from engines.classic.calibration import Evidence
    from engines.classic.closer import Scene
    from engines.classic.colour import Lab, Mask
    from engines.classic.geometry import Fit
    from engines.classic.picture import Canvas

MEMORY = 512  # of a kind: a gallery's busy pictures, a quarter of a megabyte each

Key = tuple[int, ...]
V = TypeVar("V")


@dataclass(slots=True)
class Found:
    """One catalogue picture laid into a scene. `box` in shares of the frame; `seen`: what is there, in its shape."""

    encoded: Encoded
    canvas: Canvas
    scene: Scene
    fit: Fit
    box: Box
    seen: tuple[Lab, Mask]
    evidence: Evidence


class Memory(Generic[V]):
    """Keeps what was made of pictures met lately, and these too, so that their memory cannot become another's."""

    def __init__(self, limit: int = MEMORY) -> None:
        self._limit = limit
        self._kept: dict[tuple[Key, ...], tuple[tuple[Encoded, ...], V]] = {}

    def of(self, pictures: tuple[Encoded, ...], make: Callable[[], V]) -> V:
        """The newest last; the oldest goes when there are too many."""
        key = tuple(_key(picture) for picture in pictures)
        kept = self._kept.pop(key, None) or (pictures, make())
        self._kept[key] = kept
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        return kept[1]


def _key(picture: Encoded) -> Key:
    """Where the picture's pixels lie: a gallery hands out new wrappers around the same memory for each search."""
    thumb = picture.patches.thumb
    return thumb.__array_interface__["data"][0], *thumb.shape[:2], len(picture.patches.vectors)
