"""Which products a livestream may show, worked out once and used for every frame. Knows no stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.faiss_cpu import FaissIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexes.exact import Owners
    from indexes.picture import Vectors

GATHER = 1024  # pictures: up to here a scope keeps an index of its own, and the rest of the gallery costs it nothing


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Belongs to the gallery that made it (`gallery`: its version)."""

    gallery: str
    products: NDArray[np.int32]  # what may be shown, rising
    allowed: NDArray[np.bool_] | None  # (all products,); None: everything
    pictures: int  # how many the products have
    bitmap: NDArray[np.uint8] | None = None  # one bit a picture, lowest first; None: everything
    few: FaissIndex | None = None  # of the allowed pictures alone

    def __len__(self) -> int:
        return len(self.products)


def everything(gallery: str, products: int, pictures: int) -> Scope:
    return Scope(gallery, np.arange(products, dtype=np.int32), None, pictures)


def only(gallery: str, allowed: NDArray[np.bool_], owners: Owners, embeddings: Vectors) -> Scope:
    """`allowed`: a flag per product; `owners` and `embeddings`: of every picture in the gallery."""
    inside = allowed[owners]
    rows = np.flatnonzero(inside)
    few = FaissIndex.build(embeddings[rows], owners[rows]) if len(rows) <= GATHER else None
    products = np.flatnonzero(allowed).astype(np.int32)
    return Scope(gallery, products, allowed, len(rows), np.packbits(inside, bitorder="little"), few)
