"""Search in a large gallery of embeddings: how soon, how right, how long to build and in how much memory.

    python -m benchmarks.bench_gallery [--pictures 1000000] [--dim 512] [--peers hnswlib,usearch] [--json]

Embeddings are made up the way encoders give them: products in families, four pictures each, and numbers whose spread
falls off as a power law, as that of CLIP's does; nothing here depends on what they mean. A query is a picture of a
product seen anew. Exact answers come from comparing with everything. One query at a time, as the search thread asks.
Peers get the same embeddings and the same queries, where they are installed; a GPU where there is one.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Protocol

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.machine import facts
from benchmarks.peers.seats.gallery import Hnswlib, Usearch
from benchmarks.peers.seats.seat import resident_mb
from indexes.errors import GpuError
from indexes.faiss_cpu import FaissIndex
from indexes.faiss_gpu import open_on_gpu, usable
from indexes.gpu_copy import FAISS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

PICTURES = 4  # of a product
FAMILIES = 2000
SPREAD = -0.5  # exponent of the power law
OWN, VIEW, SEEN = (
    0.7,
    0.35,
    0.35,
)  # how far products lie from their family, pictures from their product, queries from it
K = 10
CHUNK = 50_000


class Index(Protocol):
    def nearest(self, query: Vectors) -> Sequence[int]: ...


@dataclass(frozen=True, slots=True)
class Row:
    index: str
    pictures: int
    dim: int
    build_s: float
    memory_mb: float  # more than before it was built, the embeddings themselves aside
    p50_ms: float
    p99_ms: float
    recall: float  # of the ten likest pictures


def make(pictures: int, dim: int, queries: int, path: Path) -> tuple[Vectors, Vectors]:
    """The embeddings lie in a file, as a gallery's do."""
    dice = np.random.default_rng(1)
    scale = (np.arange(1, dim + 1, dtype=np.float32) ** SPREAD)[None]
    families = dice.standard_normal((FAMILIES, dim), np.float32) * scale
    out = np.lib.format.open_memmap(path, "w+", np.float32, (pictures, dim))
    for start in range(0, pictures, CHUNK):
        count = -(-min(CHUNK, pictures - start) // PICTURES)
        centres = (
            families[dice.integers(FAMILIES, size=count)]
            + OWN * dice.standard_normal((count, dim), np.float32) * scale
        )
        views = np.repeat(centres, PICTURES, axis=0)[: pictures - start]
        out[start : start + len(views)] = _unit(views + VIEW * dice.standard_normal(views.shape, np.float32) * scale)
    of = np.sort(dice.choice(pictures, queries, replace=False))
    seen = out[of] + SEEN * _unit(dice.standard_normal((queries, dim), np.float32) * scale)
    return out, _unit(seen)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def exact(embeddings: Vectors, queries: Vectors) -> Rows:
    best = np.full((len(queries), K), -np.inf, np.float32)
    rows = np.zeros((len(queries), K), np.int64)
    for start in range(0, len(embeddings), CHUNK):
        scores = np.concatenate([best, queries @ embeddings[start : start + CHUNK].T], axis=1)
        here = np.arange(start, start + scores.shape[1] - K)
        known = np.concatenate([rows, np.broadcast_to(here, (len(queries), len(here)))], axis=1)
        order = np.argpartition(-scores, K, axis=1)[:, :K]
        best, rows = np.take_along_axis(scores, order, 1), np.take_along_axis(known, order, 1)
    return rows


class Ours:
    def __init__(self, embeddings: Vectors) -> None:
        self._index = FaissIndex.build(embeddings, np.arange(len(embeddings), dtype=np.int32))

    def nearest(self, query: Vectors) -> Sequence[int]:
        return [row for row, _ in self._index.nearest(query, K)]


class OursOnGpu:
    def __init__(self, embeddings: Vectors) -> None:
        usable(FAISS)
        owners = np.arange(len(embeddings), dtype=np.int32)
        self._index = open_on_gpu(FaissIndex.build(embeddings, owners), embeddings, owners, on_lost=_lost)

    def nearest(self, query: Vectors) -> Sequence[int]:
        return [row for row, _ in self._index.nearest(query, K)]


def _lost(why: str) -> None:
    raise RuntimeError(why)


PEERS: dict[str, Callable[[Vectors], Index]] = {"hnswlib": Hnswlib, "usearch": Usearch}


def measure(name: str, build: Callable[[Vectors], Index], embeddings: Vectors, queries: Vectors, right: Rows) -> Row:
    before, start = resident_mb(), perf_counter()
    index = build(embeddings)
    built, memory = perf_counter() - start, resident_mb() - before
    index.nearest(queries[0])
    times, hits = [], 0
    for query, wanted in zip(queries, right.tolist(), strict=True):
        start = perf_counter()
        found = index.nearest(query)
        times.append(1000 * (perf_counter() - start))
        hits += len(set(found) & set(wanted))
    p50, p99 = (float(np.percentile(times, q)) for q in (50, 99))
    return Row(name, len(embeddings), embeddings.shape[1], built, memory, p50, p99, hits / right.size)


def main(
    pictures: Annotated[int, typer.Option(min=1000)] = 1_000_000,
    dim: Annotated[int, typer.Option(min=8)] = 512,
    queries: Annotated[int, typer.Option(min=10)] = 1000,
    peers: Annotated[str, typer.Option(help="of hnswlib, usearch; those not installed are said and left out")] = "",
    json_lines: Annotated[bool, typer.Option("--json", help="one JSON line an index")] = False,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        embeddings, asked = make(pictures, dim, queries, Path(folder) / "embeddings.npy")
        right = exact(embeddings, asked)
        builds: dict[str, Callable[[Vectors], Index]] = {"nowshowing": Ours, "nowshowing, GPU": OursOnGpu}
        builds |= {name: PEERS[name] for name in peers.split(",") if name}
        for name, build in builds.items():
            try:
                row = measure(name, build, embeddings, asked, right)
            except (ImportError, GpuError) as error:
                print(f"{name}: left out: {error}", flush=True)
                continue
            print(json.dumps(asdict(row) | facts()) if json_lines else _line(row), flush=True)


def _line(row: Row) -> str:
    return (
        f"{row.index}: {row.pictures} x {row.dim}, built in {row.build_s:.0f} s, {row.memory_mb:.0f} MB, "
        f"p50 {row.p50_ms:.2f} ms, p99 {row.p99_ms:.2f} ms, recall@{K} {row.recall:.4f}"
    )


if __name__ == "__main__":
    typer.run(main)
