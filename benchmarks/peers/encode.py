"""ViT-B/32, one picture at a time, against torch eager, ONNX Runtime as it comes, and OpenVINO."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.roofline import gemm_gflops, vit_gflop
from benchmarks.peers.table import OURS, Floor, Measure, Work
from benchmarks.peers.turns import ONE_THREAD, Entrant, Result, play
from engines.ranks import agreement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.peers.options import Options

Vectors = NDArray[np.float32]  # (pictures, dim), unit length

MODEL = "ViT-B-32"
GFLOP = vit_gflop(width=768, depth=12, tokens=50, patch=32, dim=512)
PICTURES, FEW = 64, 12  # that everybody's vectors are compared on; few where it only has to run
REFERENCE = "torch eager"
MEASURES = (
    Measure("ms", "ms", -1, 1),
    Measure("cpu_ms", "CPU ms", -1, 1),
    Measure("ranks", "ranks kept", 1, 3),
    Measure("cosine", "lowest cosine", 0, 5),
)
WORKS = {1: ("encode-1", "ViT-B/32, one thread"), 0: ("encode-all", "ViT-B/32, as many threads as each takes")}


def run(options: Options, folder: Path) -> list[Work]:
    try:
        make_bundles(folder, quick=options.quick)
    except ImportError as error:
        absent = [Result(OURS, absent=f"{error}: install the extra `models`")]
        return [Work(name, title, MEASURES, absent) for name, title in WORKS.values()]
    gflops = gemm_gflops()
    floor = Floor(f"{GFLOP:.1f} GFLOP at numpy's {gflops:.0f} GFLOP/s", {"cpu_ms": 1000 * GFLOP / gflops})
    return [
        Work(name, title, MEASURES, _results(options, folder, threads), floor if threads else None)
        for threads, (name, title) in WORKS.items()
        if threads or not options.quick
    ]


def make_bundles(folder: Path, *, quick: bool) -> None:
    """Random weights: as fast as the real ones, and nothing to download."""
    from benchmarks.random_bundle import make_random_bundle, random_model
    from engines.manifest import read_manifest
    from engines.parity import sample_pictures
    from engines.preprocess import Preparer

    make_random_bundle(random_model(MODEL), MODEL, folder / "fp32")
    if not quick:
        make_random_bundle(random_model(MODEL), MODEL, folder / "int8", int8=True)
    count = FEW if quick else PICTURES
    how = read_manifest(folder / "fp32").preprocess
    inputs = np.empty((count, 3, how.size, how.size), np.float32)
    preparer = Preparer(how)
    for picture, room in zip(sample_pictures(count), inputs, strict=True):
        preparer.prepare(picture, room)
    np.save(folder / "inputs.npy", inputs)


def _results(options: Options, folder: Path, threads: int) -> list[Result]:
    entered = entrants(options, folder, threads)
    results = play(entered, 1 if options.quick else 3 * options.rounds)
    paths = {entrant.who: Path(entrant.settings["vectors"]) for entrant in entered}
    compare(results, {who: np.load(path) for who, path in paths.items() if path.exists()})
    return results


def compare(results: Sequence[Result], vectors: dict[str, Vectors]) -> None:
    """Adds how well everybody's vectors find what torch's find."""
    if (reference := vectors.get(REFERENCE)) is None:
        return
    for result in results:
        if (theirs := vectors.get(result.who)) is not None:
            result.figures["ranks"] = agreement(reference, theirs)
            result.figures["cosine"] = float(np.min(np.sum(reference * theirs, axis=1)))


# Who, seat, bundle, and what else its seat is told.
ENTERED: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (OURS, "ours", "fp32", {}),
    (f"{OURS}, int8", "ours", "int8", {}),
    (REFERENCE, "torch", "fp32", {}),
    ("ONNX Runtime, its defaults", "onnxruntime", "fp32", {}),
    ("OpenVINO, single precision", "openvino", "fp32", {"precision": "f32"}),
    ("OpenVINO, its defaults", "openvino", "fp32", {}),
)


def entrants(options: Options, folder: Path, threads: int) -> list[Entrant]:
    """`threads` of 0: as many as each takes by itself; ours is always told, so it gets the machine's."""
    cores = len(os.sched_getaffinity(0))
    made = []
    for number, (who, seat, bundle, more) in enumerate(ENTERED):
        if not (folder / bundle).exists():
            continue
        settings = {
            "folder": str(folder / bundle),
            "inputs": str(folder / "inputs.npy"),
            "vectors": str(folder / f"{threads}-{number}.npy"),
            "threads": str(threads or (cores if seat == "ours" else 0)),
            "model": MODEL,
        }
        python = options.peers if seat == "openvino" else options.python
        made.append(Entrant(who, "encode", seat, settings | more, python, ONE_THREAD if threads else {}))
    return made
