"""A gallery's pictures copied to a GPU, and asked for the likest there. Knows no product, and not who asks.

FAISS' resources serve one thread at a time, and belong to the index that was made with them: every copy has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, cast

import faiss
import numpy as np

from indexes.faiss_cpu import run
from indexes.selectors import CELLS, DIM, keeps_to_selectors, sample_cells, sample_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from indexes.faiss_cpu import Bitmap
    from indexes.picture import Embedding, Vectors

Kind = Literal["flat", "cells"]

TEMPORARY = 256 << 20  # bytes that FAISS may use while it searches; unless told it takes up to 1.5 GiB
ADD_ROWS = 131_072  # copied there at once


class Faiss(Protocol):
    """What a build of FAISS for GPUs has, and the one for processors has not."""

    get_num_gpus: Callable[[], int]
    StandardGpuResources: Callable[[], Resources]
    GpuIndexFlatConfig: Callable[[], FlatConfig]
    GpuIndexFlatIP: Callable[[Resources, int, FlatConfig], faiss.Index]
    GpuClonerOptions: Callable[[], object]
    index_cpu_to_gpu: Callable[[Resources, int, faiss.Index, object], faiss.Index]


class Resources(Protocol):
    def setTempMemory(self, size: int) -> None: ...  # noqa: N802  its name


class FlatConfig(Protocol):
    useFloat16: bool  # noqa: N815  its name


FAISS = cast("Faiss", faiss)


class Copy(Protocol):
    """`selects`: whether it keeps to bitmaps. RuntimeError is what CUDA says; no call after one is answered."""

    selects: bool

    def find(self, query: Embedding, want: int, bitmap: Bitmap | None, probes: int | None) -> NDArray[np.int64]: ...


if TYPE_CHECKING:
    Place = Callable[[Kind, faiss.Index | None, Vectors], Copy]


class Here:
    """In this very process, which FAISS may end."""

    def __init__(self, api: Faiss, kind: Kind, dim: int, cells: faiss.Index | None) -> None:
        if api.get_num_gpus() < 1:
            raise RuntimeError("faiss sees no GPU")
        self._resources = api.StandardGpuResources()  # must outlive the index
        self._resources.setTempMemory(TEMPORARY)
        self.selects = selects_there(api, self._resources, kind)
        self._index = (
            _flat(api, self._resources, dim)
            if cells is None
            else api.index_cpu_to_gpu(self._resources, 0, cells, api.GpuClonerOptions())
        )

    def add(self, rows: Vectors) -> None:
        self._index.add(np.ascontiguousarray(rows, np.float32))

    def find(self, query: Embedding, want: int, bitmap: Bitmap | None, probes: int | None) -> NDArray[np.int64]:
        how = None if probes is None else _probing(probes)
        return run(self._index, query, want, bitmap, how)[1]


def here(api: Faiss) -> Place:
    def place(kind: Kind, cells: faiss.Index | None, embeddings: Vectors) -> Copy:
        copy = Here(api, kind, embeddings.shape[1], cells)
        if cells is None:
            for start in range(0, len(embeddings), ADD_ROWS):
                copy.add(embeddings[start : start + ADD_ROWS])
        return copy

    return place


def selects_there(api: Faiss, resources: Resources, kind: Kind) -> bool:
    """Whether this build keeps to selectors on this GPU, tried out on a few rows."""
    if kind == "flat":
        index = _flat(api, resources, DIM)
        index.add(sample_rows())
        return keeps_to_selectors(index, faiss.SearchParameters)
    index = api.index_cpu_to_gpu(resources, 0, sample_cells(), api.GpuClonerOptions())
    return keeps_to_selectors(index, lambda: _probing(CELLS))


def _flat(api: Faiss, resources: Resources, dim: int) -> faiss.Index:
    config = api.GpuIndexFlatConfig()
    config.useFloat16 = True
    return api.GpuIndexFlatIP(resources, dim, config)


def _probing(cells: int) -> faiss.SearchParameters:
    return faiss.SearchParametersIVF(nprobe=cells)  # type: ignore[call-arg]
