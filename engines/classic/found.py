"""A catalogue picture laid into a scene, and memory for what is costly to make of a picture. Decides nothing."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

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
Pixels = NDArray[np.uint8]
Owner = weakref.ref[Pixels]
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
    """Keeps what was made of pictures met lately, for as long as whoever has their pixels keeps these.

    One caller thread; pictures may go in any. What is kept must hold none of a picture's pixels: they would never go.
    """

    def __init__(self, limit: int = MEMORY) -> None:
        self._limit = limit
        self._kept: dict[tuple[Key, ...], tuple[list[Owner], V]] = {}
        self._gone: list[Owner] = []

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, pictures: tuple[Encoded, ...], make: Callable[[], V]) -> V:
        """The newest last; the oldest goes when there are too many."""
        if self._gone:
            self._let_go()
        key = tuple(_key(picture) for picture in pictures)
        kept = self._kept.pop(key, None) or (self._owners(pictures), make())
        self._kept[key] = kept
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        return kept[1]

    def _let_go(self) -> None:
        """Before anything is looked for: memory that is free again may have become another picture's."""
        self._gone.clear()
        self._kept = {key: kept for key, kept in self._kept.items() if all(owner() is not None for owner in kept[0])}

    def _owners(self, pictures: tuple[Encoded, ...]) -> list[Owner]:
        """Their ends are told in whichever thread they come, so they are only noted there."""
        return [weakref.ref(_whole(picture.patches.thumb), self._gone.append) for picture in pictures]


def _key(picture: Encoded) -> Key:
    """Where the picture's pixels lie: a gallery hands out new wrappers around the same memory for each search."""
    thumb = picture.patches.thumb
    return thumb.__array_interface__["data"][0], *thumb.shape[:2], len(picture.patches.vectors)


def _whole(pixels: Pixels) -> Pixels:
    """The array that they are a part of, which lives as long as any part of it: all of a gallery's, mostly."""
    while isinstance(pixels.base, np.ndarray):
        pixels = pixels.base
    return pixels
