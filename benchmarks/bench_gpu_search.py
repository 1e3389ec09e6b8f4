"""Search on a GPU: a million and ten million pictures at half precision, all looked at; how soon, in what memory.

    python -m benchmarks.bench_gpu_search [--pictures 1000000,10000000] [--dim 512] [--queries 1000]

What a worker asks its GPU for: the 40 likest of all pictures, one query at a time, from the process that FAISS has to
itself. `p50_ms` and `p99_ms` are the whole question, `least_ms` what reading all pictures once takes at the speed
that the driver tells. Numbers are made up and repeat themselves, for a search that looks at everything takes as long
whatever they are; whether it finds the right ones is what `pytest -m gpu tests/indexes` asks. Lines of JSON. Needs
faiss-gpu in place of faiss-cpu.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, cast

import numpy as np

from benchmarks.machine import facts
from indexes.errors import GpuError
from indexes.faiss_cpu import AGAIN
from indexes.faiss_gpu import plan_room, usable
from indexes.gpu_apart import Apart
from indexes.gpu_copy import ADD_ROWS, FAISS
from indexes.gpu_memory import bytes_per_s, free_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexes.gpu_copy import Place
    from indexes.picture import Vectors

WANTED = 10
HALF = 2  # bytes a number
WARM_UP = 20


class Repeated:
    """As many embeddings as there are to be, of which one block is in memory: twenty gigabytes need not be."""

    def __init__(self, pictures: int, dim: int) -> None:
        block = np.random.default_rng(1).standard_normal((min(pictures, ADD_ROWS), dim), np.float32)
        self._block: Vectors = block / np.linalg.norm(block, axis=1, keepdims=True)
        self.shape = (pictures, dim)

    def __getitem__(self, rows: slice) -> Vectors:
        """Asked for block by block, as a copy is made."""
        return self._block[: min(rows.stop, self.shape[0]) - rows.start]


def measure(
    pictures: int,
    dim: int,
    queries: int,
    *,
    place: Place = Apart,
    free: Callable[[], int] = free_bytes,
    speed: Callable[[], float] = bytes_per_s,
) -> dict[str, object]:
    """Raises GpuError where they do not fit, before anything is copied."""
    before, fast = free(), speed()
    plan_room(pictures, dim, has_cells=False, free=before)
    started = perf_counter()
    copy = place("flat", None, cast("Vectors", Repeated(pictures, dim)))
    copied = perf_counter() - started
    asked = np.random.default_rng(2).standard_normal((WARM_UP + queries, dim), np.float32)
    times = [timed(partial(copy.find, query, AGAIN * WANTED, None, None)) for query in asked][WARM_UP:]
    p50, p99 = (round(1000 * float(np.percentile(times, q)), 3) for q in (50, 99))
    least = 1000 * pictures * dim * HALF / fast
    return {
        "pictures": pictures, "dim": dim, "copied_s": round(copied, 1), "gib": round((before - free()) / 2**30, 2),
        "p50_ms": p50, "p99_ms": p99, "least_ms": round(least, 3), "share": round(least / p50, 3),
        "selectors_kept": copy.selects,
    }  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", default="1000000,10000000")
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--queries", type=int, default=1000)
    given = parser.parse_args(arguments)
    try:
        usable(FAISS)
    except GpuError as error:
        print(f"no search on a GPU here: {error}", file=sys.stderr)
        return 1
    for pictures in map(int, given.pictures.split(",")):
        try:
            row = measure(pictures, given.dim, given.queries)
        except (GpuError, RuntimeError) as error:  # FAISS' word for whatever CUDA says
            row = {"pictures": pictures, "dim": given.dim, "left_out": str(error)}
        print(json.dumps(row | facts()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
