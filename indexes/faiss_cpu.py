"""Nearest products by FAISS on the CPU. Immutable once built; searching is re-entrant. Knows no gallery."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.errors import GalleryError
from indexes.exact import best_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexes.exact import Owners, Ranked
    from indexes.picture import Embedding, Vectors

FLAT_UP_TO = 50_000  # pictures: looking at each of so many, 512 numbers long, takes 4 ms; a graph of them 0.7 ms
ADD_ROWS = 16_384  # copied into the index at once
LINKS = 32  # of the graph, per picture
BUILD_EFFORT = 100
SEARCH_EFFORT = 128
GRAPH_SHARE = 0.2  # a scope smaller than this share of the pictures is scanned: the graph would wander outside it

Bitmap = NDArray[np.uint8]  # one bit a picture, lowest first


class FaissIndex:
    def __init__(self, index: faiss.Index, owners: Owners) -> None:
        self._index = index
        self._owners = owners

    @classmethod
    def build(cls, embeddings: Vectors, owners: Owners, *, flat_up_to: int = FLAT_UP_TO) -> FaissIndex:
        count, dim = embeddings.shape
        index: faiss.Index = faiss.IndexFlatIP(dim)
        if count > flat_up_to:
            graph = faiss.IndexHNSWFlat(dim, LINKS, faiss.METRIC_INNER_PRODUCT)
            graph.hnsw.efConstruction = BUILD_EFFORT
            index = graph
        for start in range(0, count, ADD_ROWS):
            index.add(np.ascontiguousarray(embeddings[start : start + ADD_ROWS], np.float32))
        return cls(index, owners)

    def save(self, path: Path) -> None:
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise GalleryError(f"index {path}: cannot be written: {error}: is the disk full?") from error

    @classmethod
    def load(cls, path: Path, owners: Owners) -> FaissIndex:
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise GalleryError(f"index {path}: is damaged: build the gallery again") from error
        if index.ntotal != len(owners):
            raise GalleryError(
                f"index {path}: {index.ntotal} pictures instead of {len(owners)}: build the gallery again"
            )
        return cls(index, owners)

    def nearest(
        self, query: Embedding, k: int, *, bitmap: Bitmap | None = None, pictures: int | None = None
    ) -> Ranked:
        """The `k` products with the likest picture; `pictures` says how many the bitmap allows.

        Products have several pictures, so more are asked for until `k` products are among them.
        """
        there = len(self._owners) if pictures is None else pictures
        ask = min(2 * k, there)
        while ask > 0 and k > 0:
            scores, rows = self._search(query, ask, bitmap, there)
            found = rows >= 0
            ranked = best_of(self._owners[rows[found]], scores[found], k)
            if len(ranked) >= k or ask >= there:
                return ranked
            ask = min(4 * ask, there)
        return []

    def _search(
        self, query: Embedding, ask: int, bitmap: Bitmap | None, there: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        index, params = self._index, faiss.SearchParameters()
        if isinstance(index, faiss.IndexHNSW):
            if there >= GRAPH_SHARE * len(self._owners):
                params = faiss.SearchParametersHNSW()  # type: ignore[attr-defined]  # its stubs forgot it
                params.efSearch = max(SEARCH_EFFORT, 2 * ask)
            else:
                index = index.storage
        selector = None
        if bitmap is not None:  # kept in a name: the parameters hold a bare pointer to it
            selector = faiss.IDSelectorBitmap(len(bitmap), faiss.swig_ptr(bitmap))
            params.sel = selector
        with one_thread():
            scores, rows = index.search(np.ascontiguousarray(query[None], np.float32), ask, params=params)
        del selector
        return scores[0], rows[0]


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS in this block keeps to the calling thread.

    For a single query its thread pool costs more than it brings, and the pool's threads spin on the cores that decode
    video: 0.6 ms instead of 9 ms for 10,000 pictures on two cores. The setting is the calling thread's own.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
