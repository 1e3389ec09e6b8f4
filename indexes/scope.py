"""Which products a livestream may show, worked out once and used for every frame. Knows no stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.faiss_cpu import FaissIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indexes.gallery import Gallery
    from indexes.segment import Part, Within

GATHER = 1024  # pictures: up to here a scope keeps an index of its own, and the rest of the gallery costs it nothing


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Belongs to the gallery that made it, and holds it: whoever has a scope searches one version and no other."""

    gallery: Gallery
    products: NDArray[np.int32]  # what may be shown, rising
    within: tuple[Within, ...]  # of each of the gallery's parts
    few: FaissIndex | None = None  # of the allowed pictures alone

    def __len__(self) -> int:
        return len(self.products)

    def has(self, product_id: str) -> bool:
        index = self.gallery.find(product_id)
        if index is None:
            return False
        at = int(np.searchsorted(self.products, index))
        return at < len(self.products) and int(self.products[at]) == index


def everything(gallery: Gallery, parts: Sequence[Part]) -> Scope:
    products = np.arange(parts[-1].stop, dtype=np.int32)
    return Scope(gallery, products, tuple(part.within(None) for part in parts))


def only(gallery: Gallery, allowed: NDArray[np.bool_], parts: Sequence[Part]) -> Scope:
    """`allowed`: a flag per product of the gallery."""
    within = tuple(part.within(allowed[part.start : part.stop]) for part in parts)
    few = _gathered(parts, within) if sum(each.pictures for each in within) <= GATHER else None
    return Scope(gallery, np.flatnonzero(allowed).astype(np.int32), within, few)


def _gathered(parts: Sequence[Part], within: Sequence[Within]) -> FaissIndex:
    embeddings, owners = [], []
    for part, inside in zip(parts, within, strict=True):
        stock = part.segment.stock
        rows = (
            np.arange(len(stock.owners)) if inside.allowed is None else np.flatnonzero(inside.allowed[stock.owners])
        )
        embeddings.append(stock.embeddings[rows])
        owners.append(part.numbered(stock.owners[rows]))
    return FaissIndex.build(np.concatenate(embeddings), np.concatenate(owners))
