"""Search in a gallery, against hnswlib, usearch and comparing with everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.bench_gallery import exact, make
from benchmarks.peers.roofline import read_gb_per_s, scan_ms
from benchmarks.peers.table import OURS, Floor, Measure, Work
from benchmarks.peers.turns import ONE_THREAD, Entrant, play

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.options import Options

NAME = "gallery"
DIM = 512
MEASURES = (
    Measure("recall", "recall@10", 1, 3),
    Measure("p50_ms", "p50 ms", -1),
    Measure("p99_ms", "p99 ms", -1),
    Measure("cpu_ms", "CPU ms", -1),
    Measure("build_s", "built in s", -1, 1),
    Measure("memory_mb", "MB", -1, 0),
)


def run(options: Options, folder: Path) -> list[Work]:
    pictures, queries = (20_000, 100) if options.quick else (options.pictures, 400)
    embeddings, asked = make(pictures, DIM, queries, folder / "embeddings.npy")
    np.save(folder / "queries.npy", asked)
    np.save(folder / "right.npy", exact(embeddings, asked))
    results = play(entrants(options, folder), 1 if options.quick else options.rounds)
    gb_per_s = read_gb_per_s()
    floor = Floor(f"reading all of it once at {gb_per_s:.0f} GB/s", {"p50_ms": scan_ms(pictures, DIM, gb_per_s)})
    return [Work(NAME, f"search {pictures:,} x {DIM}, one thread", MEASURES, results, floor)]


def entrants(options: Options, folder: Path) -> list[Entrant]:
    """Builders may use all cores, as they do by themselves; searches keep to one thread."""
    settings = {"folder": str(folder)}
    return [
        Entrant(OURS, "gallery", "ours", settings, options.python),
        Entrant("hnswlib", "gallery", "hnswlib", settings, options.peers),
        Entrant("usearch (half precision)", "gallery", "usearch", settings, options.peers),
        Entrant("numpy, exact", "gallery", "numpy", settings, options.python, ONE_THREAD),
    ]
