"""Encoders on a processor, in one run on one machine: torch eager, and ONNX Runtime as the product uses it.

    python -m benchmarks.bench_encoders --model ViT-B-32 --threads 1,2

Random weights, batch 1, the same prepared input for all, the engines by turns so that a busy moment hits them
alike. The figure of each is the median; `ratio` is how many times faster than torch eager, `cpu_ratio` the same in
processor time, which a busy machine spoils less. `ranks` is the share of each picture's ten nearest that stay the
same when this engine's vectors search what torch's vectors filled. Needs the extra `models`; OpenVINO is measured
where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from benchmarks.machine import facts
from benchmarks.random_bundle import make_random_bundle, random_model
from engines.manifest import FRAME, read_manifest
from engines.onnx import open_session
from engines.parity import sample_pictures
from engines.preprocess import Preparer
from engines.ranks import agreement

if TYPE_CHECKING:
    from engines.towers import Tower

Input = NDArray[np.float32]  # (1, 3, size, size)
Vectors = NDArray[np.float32]  # (1, dim), unit length
Run = Callable[[Input], Vectors]
PICTURES = 64
WARM_UP = 3


def by_torch(tower: Tower, threads: int) -> Run:
    def run(image: Input) -> Vectors:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            vectors: Vectors = tower(torch.from_numpy(image))[0].numpy()
        return vectors

    return run


def by_session(session: ort.InferenceSession) -> Run:
    def run(image: Input) -> Vectors:
        vectors: Vectors = session.run(["embedding", "patches"], {"image": image})[0]
        return vectors

    return run


def by_defaults(folder: Path) -> Run:
    return by_session(ort.InferenceSession(str(folder / FRAME), providers=["CPUExecutionProvider"]))


def ours(folder: Path, threads: int) -> Run:
    return by_session(open_session(folder, read_manifest(folder), threads))


def by_openvino(folder: Path, threads: int) -> Run:
    import openvino  # type: ignore[import-not-found]

    core = openvino.Core()
    model = core.compile_model(
        core.read_model(str(folder / FRAME)), "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    )

    def run(image: Input) -> Vectors:
        return np.array(model({"image": image})["embedding"])

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--threads", default="1,2", type=lambda text: [int(each) for each in text.split(",")])
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        tower = make_random_bundle(random_model(given.model), given.model, Path(work) / "fp32")
        make_random_bundle(random_model(given.model), given.model, Path(work) / "int8", int8=True)
        inputs = _inputs(Path(work) / "fp32")
        print(json.dumps({"model": given.model, "rounds": given.rounds, "pictures": PICTURES} | facts()))
        for threads in given.threads:
            for line in _measured(_engines(tower, Path(work), threads), inputs, given.rounds):
                print(json.dumps({"threads": threads} | line), flush=True)


def _engines(tower: Tower, work: Path, threads: int) -> dict[str, Run]:
    engines = {
        "torch eager": by_torch(tower, threads),
        "ours, fp32": ours(work / "fp32", threads),
        "ours, int8": ours(work / "int8", threads),
    }
    if threads == facts()["cores"]:
        engines["onnxruntime, defaults"] = by_defaults(work / "fp32")
    if importlib.util.find_spec("openvino") is not None:
        engines["openvino"] = by_openvino(work / "fp32", threads)
    return engines


def _inputs(folder: Path) -> list[Input]:
    how = read_manifest(folder).preprocess
    preparer, pictures = Preparer(how), sample_pictures(PICTURES)
    inputs = [np.empty((1, 3, how.size, how.size), np.float32) for _ in pictures]
    for picture, room in zip(pictures, inputs, strict=True):
        preparer.prepare(picture, room[0])
    return inputs


def _measured(
    engines: dict[str, Run],
    inputs: list[Input],
    rounds: int,
) -> list[dict[str, str | float]]:
    vectors = {name: np.concatenate([run(image) for image in inputs]) for name, run in engines.items()}
    times: dict[str, list[float]] = {name: [] for name in engines}
    cores: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(WARM_UP + rounds):
        for name, run in engines.items():
            started, worked = time.perf_counter(), time.process_time()
            run(inputs[turn % len(inputs)])
            if turn >= WARM_UP:
                times[name].append(time.perf_counter() - started)
                cores[name].append(time.process_time() - worked)
    reference = vectors["torch eager"]
    base, work = (float(np.median(each["torch eager"])) for each in (times, cores))
    return [
        {
            "engine": name,
            "ms": round(float(np.median(taken)) * 1000, 1),
            "cpu_ms": round(float(np.median(cores[name])) * 1000, 1),
            "ratio": round(base / float(np.median(taken)), 2),
            "cpu_ratio": round(work / float(np.median(cores[name])), 2),
            "cosine": round(float(np.min(np.sum(vectors[name] * reference, axis=1))), 6),
            "ranks": round(agreement(reference, vectors[name]), 4),
        }
        for name, taken in times.items()
    ]


if __name__ == "__main__":
    main()
