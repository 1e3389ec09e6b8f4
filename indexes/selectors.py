"""Whether an index keeps to the rows it may find. Asked of each kind before it is trusted. Knows no gallery.

Builds of FAISS differ: the plain wheel for GPUs takes a selector and finds what it forbids, without a word.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import faiss
import numpy as np

from indexes.errors import GalleryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ROWS, DIM, CELLS = 64, 8, 2
EVERY = 3  # one row in so many is allowed


def sample_rows() -> NDArray[np.float32]:
    rows = np.random.default_rng(1).standard_normal((ROWS, DIM)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def sample_cells() -> faiss.Index:
    rows = sample_rows()
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(DIM), DIM, CELLS, kind, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1
    index.train(rows)
    index.add(rows)
    return index


def keeps_to_selectors(index: faiss.Index, how: Callable[[], faiss.SearchParameters]) -> bool:
    """`index` holds `sample_rows`. All that is allowed is found, and nothing else."""
    allowed = np.arange(0, ROWS, EVERY)
    bits = np.zeros(ROWS, np.bool_)
    bits[allowed] = True
    bitmap = np.packbits(bits, bitorder="little")
    selector = faiss.IDSelectorBitmap(len(bitmap), faiss.swig_ptr(bitmap))
    parameters = how()
    parameters.sel = selector
    try:
        _, found = index.search(sample_rows()[:4], len(allowed), params=parameters)
    except RuntimeError:  # FAISS' way to say that it does not know selectors here
        return False
    finally:
        del selector
    return all(set(row.tolist()) == set(allowed.tolist()) for row in found)


@lru_cache(1)
def check_processor() -> None:
    """Once a process. Raises GalleryError where products outside a livestream's scope could be found."""
    flat = faiss.IndexFlatIP(DIM)
    flat.add(sample_rows())
    cells = sample_cells()
    kinds = {"flat": (flat, faiss.SearchParameters), "cells": (cells, _all_cells)}
    for name, (index, how) in kinds.items():
        if not keeps_to_selectors(index, how):
            raise GalleryError(
                f"faiss {faiss.__version__}: searching a {name} index finds rows that a selector forbids: "
                "install another version of faiss-cpu"
            )


def _all_cells() -> faiss.SearchParameters:
    return faiss.SearchParametersIVF(nprobe=CELLS)  # type: ignore[call-arg]
