"""Nearest products by FAISS on the CPU. Immutable once built; searching is re-entrant. Knows no gallery.

Few pictures are looked at one by one. Many are put into cells, at a byte a number, and what is found in the nearest
cells is looked at again in the embeddings themselves. A graph of the pictures finds as much as soon, but takes twice
as long to build and thrice the memory (80,000 pictures, 512 numbers: 50 s and 157 MB for 28 s and 45 MB).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.errors import GalleryError
from indexes.exact import best_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indexes.exact import Owners, Ranked
    from indexes.picture import Embedding, Vectors

FLAT_UP_TO = 50_000  # pictures: looking at each of so many, 512 numbers long, takes 4 ms
ADD_ROWS = 16_384  # copied into the index at once
NARROW = 0.2  # a scope smaller than this share of the pictures is sought in all cells: the nearest hold too few of it
TRAINED_ON = 40  # pictures a cell
PROBES = 160  # cells that are searched: 99.6% of the ten likest are there, of 80,000 pictures in 1,024 cells
AGAIN = 4  # times as many pictures are looked at again as are asked for

Bitmap = NDArray[np.uint8]  # one bit a picture, lowest first
Found = tuple[NDArray[np.float32], NDArray[np.int64]]  # scores and rows of pictures, likest first; a row of -1: none


class FaissIndex:
    """`embeddings` may lie in a file: only few of them are read for a search."""

    def __init__(self, index: faiss.Index, embeddings: Vectors, owners: Owners) -> None:
        self._index = index
        self._embeddings = embeddings
        self._owners = owners

    @classmethod
    def build(
        cls,
        embeddings: Vectors,
        owners: Owners,
        *,
        flat_up_to: int = FLAT_UP_TO,
    ) -> FaissIndex:
        count, dim = embeddings.shape
        index = _cells(embeddings) if count > flat_up_to else faiss.IndexFlatIP(dim)
        for start in range(0, count, ADD_ROWS):
            index.add(np.ascontiguousarray(embeddings[start : start + ADD_ROWS], np.float32))
        return cls(index, embeddings, owners)

    def save(self, path: Path) -> None:
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise GalleryError(f"index {path}: cannot be written: {error}: is the disk full?") from error

    @classmethod
    def load(cls, path: Path, embeddings: Vectors, owners: Owners) -> FaissIndex:
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise GalleryError(f"index {path}: is damaged: build the gallery again") from error
        if index.ntotal != len(owners):
            raise GalleryError(
                f"index {path}: {index.ntotal} pictures instead of {len(owners)}: build the gallery again"
            )
        return cls(index, embeddings, owners)

    def nearest(
        self, query: Embedding, k: int, *, bitmap: Bitmap | None = None, pictures: int | None = None
    ) -> Ranked:
        """The `k` products with the likest picture; `pictures` says how many the bitmap allows."""
        there = len(self._owners) if pictures is None else pictures
        return widening(lambda ask: self._search(query, ask, bitmap, there), self._owners, k, there)

    def _search(self, query: Embedding, ask: int, bitmap: Bitmap | None, there: int) -> Found:
        if not isinstance(self._index, faiss.IndexIVF):
            return run(self._index, query, ask, bitmap)
        narrow = there < NARROW * len(self._owners)
        how = faiss.SearchParametersIVF(nprobe=self._index.nlist if narrow else PROBES)  # type: ignore[call-arg]
        _, rows = run(self._index, query, min(AGAIN * ask, there), bitmap, how)
        return again(self._embeddings, query, rows[rows >= 0], ask)

    def __str__(self) -> str:
        return f"processor, {'flat' if self.cells is None else 'cells'}"

    @property
    def cells(self) -> faiss.Index | None:
        """The index itself, where its pictures lie in cells."""
        return self._index if isinstance(self._index, faiss.IndexIVF) else None


def widening(search: Callable[[int], Found], owners: Owners, k: int, there: int) -> Ranked:
    """`search(n)` finds the `n` likest pictures, of `there`: more are asked for until `k` products are among them."""
    ask = min(2 * k, there)
    while ask > 0 and k > 0:
        scores, rows = search(ask)
        found = rows >= 0
        ranked = best_of(owners[rows[found]], scores[found], k)
        if len(ranked) >= k or ask >= there:
            return ranked
        ask = min(4 * ask, there)
    return []


def again(embeddings: Vectors, query: Embedding, rows: NDArray[np.int64], ask: int) -> Found:
    """With all their digits. In the order in which they lie, as a file is read best."""
    rows = np.sort(rows)
    scores = np.asarray(embeddings[rows] @ query, np.float32)
    best = np.argsort(-scores, kind="stable")[:ask]
    return scores[best], rows[best]


def run(
    index: faiss.Index, query: Embedding, ask: int, bitmap: Bitmap | None, how: faiss.SearchParameters | None = None
) -> Found:
    selector = None
    if bitmap is not None:  # kept in a name: the parameters hold a bare pointer to it
        selector = faiss.IDSelectorBitmap(len(bitmap), faiss.swig_ptr(bitmap))
        how = how or faiss.SearchParameters()
        how.sel = selector
    with one_thread():
        scores, rows = index.search(np.ascontiguousarray(query[None], np.float32), ask, params=how)
    del selector
    return scores[0], rows[0]


def cells_of(pictures: int) -> int:
    return min(int(2 ** np.round(np.log2(4 * pictures**0.5))), pictures)


def _cells(embeddings: Vectors) -> faiss.Index:
    """Trained, and empty. Every so manieth picture is learnt from, so that all of the catalogue has a say."""
    count, dim = embeddings.shape
    cells = cells_of(count)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed, index.cp.niter, index.cp.min_points_per_centroid = 1, 10, 1
    index.train(np.ascontiguousarray(embeddings[:: max(1, count // (TRAINED_ON * cells))], np.float32))
    return index


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
