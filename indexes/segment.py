"""One folder's pictures made searchable, and what one version of a gallery shows of them. Knows no other folder.

A segment is immutable and may serve several versions at once: each has a `Part` of its own, which knows what was
taken out and how what is left is numbered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.faiss_cpu import FaissIndex
from indexes.faiss_gpu import open_on_gpu
from indexes.voting import Neighbours, PatchIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from indexes.exact import Owners, Ranked
    from indexes.faiss_cpu import Bitmap
    from indexes.faiss_gpu import GpuIndex
    from indexes.picture import Embedding, PatchVectors
    from indexes.stock import Stock

    Flags = NDArray[np.bool_]  # one a product

CELLS = "cells.faiss"
VOTES = "votes"


class Segment:
    """Holds its indexes in memory; `index` answers from many threads."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        cells = stock.folder / CELLS
        self._cpu = (
            FaissIndex.load(cells, stock.embeddings, stock.owners)
            if cells.exists()
            else FaissIndex.build(stock.embeddings, stock.owners)
        )
        self.index: FaissIndex | GpuIndex = self._cpu
        self.votes = PatchIndex.load(stock.folder / VOTES) if stock.manifest.votes else None

    def move_to_gpu(self, on_lost: Callable[[str], None]) -> None:
        """Raises GpuError where pictures stay with the processor; patches always do. Nothing where it is there."""
        if self.index is self._cpu:
            self.index = open_on_gpu(self._cpu, self.stock.embeddings, self.stock.owners, on_lost=on_lost)


@dataclass(frozen=True, slots=True)
class Within:
    """What may be shown of one part."""

    allowed: Flags | None  # by the segment's own numbers; None: everything
    pictures: int
    bitmap: Bitmap | None  # one bit a picture; None: everything


def inside(allowed: Flags, owners: Owners) -> Within:
    """`owners`: of every picture."""
    pictures = allowed[owners]
    return Within(allowed, int(pictures.sum()), np.packbits(pictures, bitorder="little"))


class Part:
    """A segment without what was taken out, its products numbered from `start` on as if the rest had never been."""

    def __init__(self, segment: Segment, alive: Flags | None, start: int) -> None:
        """`alive`: None where nothing was taken out."""
        self.segment = segment
        self.start = start
        self.alive = alive
        self._kept = None if alive is None else np.flatnonzero(alive)
        self._numbers = None if alive is None else np.where(alive, np.cumsum(alive) - 1, -1)
        self.stop = start + (len(segment.stock) if self._kept is None else len(self._kept))

    def __len__(self) -> int:
        return self.stop - self.start

    def local(self, product: int) -> int:
        """The segment's own number of one of the gallery's products."""
        index = product - self.start
        return index if self._kept is None else int(self._kept[index])

    def number(self, local: int) -> int | None:
        """The gallery's number of one of the segment's products; None where it was taken out."""
        index = local if self._numbers is None else int(self._numbers[local])
        return None if index < 0 else self.start + index

    def flags(self, local: Flags) -> Flags:
        """Of what is left, from those of all products in the segment."""
        return local if self._kept is None else local[self._kept]

    def within(self, allowed: Flags | None) -> Within:
        """`allowed`: a flag for each product that is left."""
        owners = self.segment.stock.owners
        flags = self._of_all(allowed)
        return Within(None, len(owners), None) if flags is None else inside(flags, owners)

    def _of_all(self, allowed: Flags | None) -> Flags | None:
        if allowed is None or self._kept is None:
            return self.alive if allowed is None else allowed
        flags = np.zeros(len(self.segment.stock), np.bool_)
        flags[self._kept] = allowed
        return flags

    def near(self, embedding: Embedding, within: Within, k: int) -> Ranked:
        found = self.segment.index.nearest(embedding, k, bitmap=within.bitmap, pictures=within.pictures)
        return [(number, like) for local, like in found if (number := self.number(local)) is not None]

    def neighbours(self, patch_vectors: PatchVectors, within: Within) -> Neighbours | None:
        """None where patches do not vote."""
        votes = self.segment.votes
        if votes is None:
            return None
        found = votes.neighbours(patch_vectors, within.allowed)
        return Neighbours(found.likeness, self.numbered(found.owners))

    def numbered(self, owners: NDArray[np.int32]) -> NDArray[np.int32]:
        numbers = owners if self._numbers is None else np.where(owners >= 0, self._numbers[owners], -1)
        return np.where(numbers >= 0, numbers + self.start, -1).astype(np.int32)
