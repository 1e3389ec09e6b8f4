"""Encoders that take part: one picture at a time through the same network.

Settings: `folder` (a bundle), `inputs` (prepared pictures, one .npy), `vectors` (where to put theirs, to be
compared), `threads` (0: as many as the engine takes by itself), `model`.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.seats.seat import Stopwatch, middle, take_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.peers.seats.seat import Figures, Open, Settings, Turn

Input: TypeAlias = NDArray[np.float32]  # (1, 3, size, size)
Vectors: TypeAlias = NDArray[np.float32]  # (1, dim), unit length
Run: TypeAlias = "Callable[[Input], Vectors]"

GRAPH = "frame.onnx"
EACH_TURN = 6  # pictures


def by_torch(settings: Settings) -> Run:
    import torch

    from benchmarks.random_bundle import random_model
    from engines.towers import Tower

    if threads := int(settings["threads"]):
        torch.set_num_threads(threads)
    tower = Tower(random_model(settings["model"]).visual)
    tower.eval()

    def run(image: Input) -> Vectors:
        with torch.inference_mode():
            vectors: Vectors = tower(torch.from_numpy(image))[0].numpy()
        return vectors

    return run


def ours(settings: Settings) -> Run:
    from engines.manifest import read_manifest
    from engines.onnx import open_session

    folder = Path(settings["folder"])
    session = open_session(folder, read_manifest(folder), int(settings["threads"]))

    def run(image: Input) -> Vectors:
        vectors: Vectors = session.run(["embedding", "patches"], {"image": image})[0]
        return vectors

    return run


def by_onnxruntime(settings: Settings) -> Run:
    """Nothing set but the threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if threads := int(settings["threads"]):
        options.intra_op_num_threads = threads
    graph = str(Path(settings["folder"]) / GRAPH)
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(image: Input) -> Vectors:
        vectors: Vectors = session.run(["embedding", "patches"], {"image": image})[0]
        return vectors

    return run


def by_openvino(settings: Settings) -> Run:
    core = import_module("openvino").Core()
    how: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY"}
    if threads := int(settings["threads"]):
        how["INFERENCE_NUM_THREADS"] = threads
    if precision := settings.get("precision"):
        how["INFERENCE_PRECISION_HINT"] = precision
    model = core.compile_model(core.read_model(str(Path(settings["folder"]) / GRAPH)), "CPU", how)

    def run(image: Input) -> Vectors:
        return np.array(model({"image": image})["embedding"])

    return run


def seat(open_engine: Callable[[Settings], Run]) -> Open:
    def opened(settings: Settings) -> tuple[Figures, Turn]:
        run = open_engine(settings)
        inputs = np.load(settings["inputs"])
        np.save(settings["vectors"], np.concatenate([run(image[None]) for image in inputs]))
        return {}, lambda: encoded(run, inputs[:EACH_TURN])

    return opened


def encoded(run: Run, inputs: Input) -> Figures:
    run(inputs[:1])
    watch, times = Stopwatch(), []
    for image in inputs:
        began = time.perf_counter()
        run(image[None])
        times.append(1000 * (time.perf_counter() - began))
    return {"ms": middle(times), "cpu_ms": 1000 * watch.cpu_s() / len(times)}


SEATS = {
    "ours": seat(ours),
    "torch": seat(by_torch),
    "onnxruntime": seat(by_onnxruntime),
    "openvino": seat(by_openvino),
}

if __name__ == "__main__":
    take_part(SEATS)
