"""Exact search by inner product: the oracle the others are tested against. Knows vectors and owners, no gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from indexes.picture import Embedding, Vectors

Owners = NDArray[np.int32]  # (pictures,): the product each picture belongs to

Ranked = list[tuple[int, float]]  # product index and the score of its best picture, best first


def nearest(embeddings: Vectors, owners: Owners, query: Embedding, k: int) -> Ranked:
    """The `k` products with the likest picture. Equal scores: the lower index first."""
    return best_of(owners, np.asarray(embeddings @ query, np.float32), k)


def best_of(owners: Owners, scores: NDArray[np.float32], k: int) -> Ranked:
    """Scores of pictures to scores of products: a product is as like as its likest picture."""
    order = np.lexsort((owners, -scores))
    _, first = np.unique(owners[order], return_index=True)
    best = order[np.sort(first)[: max(k, 0)]]
    return [(int(owner), float(score)) for owner, score in zip(owners[best], scores[best], strict=True)]
