"""Galleries that take part: the ten likest pictures to one at a time, on one thread. Settings: `folder`, `rounds`.

The folder holds `embeddings.npy`, `queries.npy` and `right.npy`, the exact answers. Peers have graphs as large as
the ones they are known for; what they keep in memory is counted beside the file of embeddings.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.seats.seat import percentile, resident_mb, take_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.peers.seats.seat import Figures, Open, Settings, Turn

Vectors: TypeAlias = NDArray[np.float32]  # (pictures, dim), or one of them; unit length

K = 10
LINKS, BUILD_EFFORT, SEARCH_EFFORT = 32, 100, 128


class Index(Protocol):
    def nearest(self, query: Vectors) -> Sequence[int]: ...


class Ours:
    def __init__(self, embeddings: Vectors) -> None:
        from indexes.faiss_cpu import FaissIndex

        self._index = FaissIndex.build(embeddings, np.arange(len(embeddings), dtype=np.int32))

    def nearest(self, query: Vectors) -> Sequence[int]:
        return [row for row, _ in self._index.nearest(query, K)]


class Hnswlib:
    def __init__(self, embeddings: Vectors) -> None:
        self._index = import_module("hnswlib").Index(space="ip", dim=embeddings.shape[1])
        self._index.init_index(max_elements=len(embeddings), M=LINKS, ef_construction=BUILD_EFFORT)
        self._index.add_items(embeddings)
        self._index.set_ef(SEARCH_EFFORT)

    def nearest(self, query: Vectors) -> Sequence[int]:
        return list(self._index.knn_query(query[None], k=K, num_threads=1)[0][0].tolist())


class Usearch:
    def __init__(self, embeddings: Vectors) -> None:
        graph = {"connectivity": LINKS, "expansion_add": BUILD_EFFORT, "expansion_search": SEARCH_EFFORT}
        self._index = import_module("usearch.index").Index(
            ndim=embeddings.shape[1], metric="ip", dtype="f16", **graph
        )
        self._index.add(np.arange(len(embeddings)), embeddings)

    def nearest(self, query: Vectors) -> Sequence[int]:
        return list(self._index.search(query, K, threads=1).keys.tolist())


class Numpy:
    """Compares with everything."""

    def __init__(self, embeddings: Vectors) -> None:
        self._embeddings = np.array(embeddings)

    def nearest(self, query: Vectors) -> Sequence[int]:
        scores = self._embeddings @ query
        best = np.argpartition(-scores, K)[:K]
        return list(best[np.argsort(-scores[best])].tolist())


def seat(build: Callable[[Vectors], Index]) -> Open:
    def opened(settings: Settings) -> tuple[Figures, Turn]:
        folder = Path(settings["folder"])
        embeddings = np.load(folder / "embeddings.npy", mmap_mode="r")
        queries, right = np.load(folder / "queries.npy"), np.load(folder / "right.npy")
        before, began = resident_mb(), time.perf_counter()
        index = build(embeddings)
        figures = {"build_s": time.perf_counter() - began, "memory_mb": resident_mb() - before}
        for query in queries:  # the pages of the file that it reads are in memory from then on
            index.nearest(query)
        return figures, lambda: asked(index, queries, right)

    return opened


def asked(index: Index, queries: Vectors, right: NDArray[np.int64]) -> Figures:
    """One query after the other."""
    times, hits, began = [], 0, time.process_time()
    for query, wanted in zip(queries, right.tolist(), strict=True):
        start = time.perf_counter()
        found = index.nearest(query)
        times.append(1000 * (time.perf_counter() - start))
        hits += len(set(found) & set(wanted))
    cpu_ms = 1000 * (time.process_time() - began) / len(queries)
    figures = {"p50_ms": percentile(times, 50), "p99_ms": percentile(times, 99)}
    return figures | {"cpu_ms": cpu_ms, "recall": hits / right.size}


SEATS = {"ours": seat(Ours), "hnswlib": seat(Hnswlib), "usearch": seat(Usearch), "numpy": seat(Numpy)}

if __name__ == "__main__":
    take_part(SEATS)
