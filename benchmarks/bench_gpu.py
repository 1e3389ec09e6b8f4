"""What a GPU does with an encoder: images a second, latency, share of its peak, memory. One call, one model.

    python -m benchmarks.bench_gpu --model ViT-B-32 [--backend torch-cuda] [--within 150]

Random weights of a published architecture. For each back end that runs here (torch, and TensorRT where it is
installed) and each batch of 1 to 256: `images_s` of the recorded pass alone, and `share`, its matrix arithmetic as a
share of what the GPU reached just before on one large product in bf16; `whole_ms`, p50 and p99 of a call with frames
of 640 x 360, from the processor's memory to vectors in it, which is what a worker waits for; `gib`, what opening it
took of the GPU's memory. `livestreams` at two frames a second is arithmetic from whole calls of batch 64, null where
the wait would be over 50 ms; `bench_gpu_streams` runs them.

By torch every batch is opened by itself and `passes` is 1: one graph of that very size, also beyond 64, where a
worker's buckets end unless its `max_batch` is larger. A plan of TensorRT has buckets up to 64, and a larger batch is
so many `passes` of it. `--within` seconds: batches are begun, the telling ones first, as long as the one before says
that there is time; the others are named under `left_out`. Lines of JSON; the first names the machine. Needs the
extras `models` and `gpu`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.machine import facts
from benchmarks.random_bundle import make_random_bundle, random_model
from engines.backends import ON_GPU, Settings, compile_bundle, open_on_gpu
from engines.bundle import OnnxBundle
from engines.errors import EngineError
from engines.gpu.device import find_gpu
from engines.gpu.encoder import GpuEncoder
from engines.gpu.lowering import lowered
from engines.gpu.opening import CUDA
from engines.gpu.operators import load_graph
from engines.gpu.programs import TorchProgram, device_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engines.base import Image
    from engines.gpu.plans import Real
    from engines.towers import Tower

BATCHES = (64, 8, 1, 256, 128, 32, 16, 4, 2)  # the telling ones first: a limit of time may leave out the last
SERVED = 64  # livestreams are counted at
SIDE = 8192  # of the product whose speed stands for the GPU's peak: large enough to fill the largest chip
FRAME = (360, 640, 3)
STREAM_FPS = 2.0
LIMIT_MS = 50.0  # encode p99 that livestreams are counted at


@dataclass(frozen=True, slots=True)
class Asked:
    precision: Real
    seconds: float  # a measurement takes
    ends: float = float("inf")  # by `now`: nothing is begun that would last longer
    device: torch.device = CUDA
    compiled: bool = True
    now: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Yardstick:
    flops: int  # of one picture
    peak: float  # a second


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="ViT-B-32", help="an architecture that open_clip knows")
    parser.add_argument("--precision", default="fp16", choices=("bf16", "fp16", "fp32"))
    parser.add_argument("--backend", default=",".join(ON_GPU), help="of %(default)s")
    parser.add_argument("--seconds", type=float, default=2.0, help="each measurement takes")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds in which to be done")
    given = parser.parse_args(arguments)
    asked = Asked(given.precision, given.seconds, time.monotonic() + given.within)
    try:
        gpu = find_gpu()
    except EngineError as error:
        print(f"nothing to measure: {error}", file=sys.stderr)
        return 1
    peak = peak_flops(asked)
    about: dict[str, object] = {
        "gpu": gpu.name,
        "memory_gib": round(gpu.memory / 2**30, 1),
        "torch": torch.__version__,
    }
    say(about | facts() | {"precision": asked.precision, "peak_bf16_tflops": round(peak / 1e12, 1)})
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = work  # plans of random weights are not for keeping
        tower = make_random_bundle(random_model(given.model), given.model, Path(work) / "bundle")
        bundle = OnnxBundle(Path(work) / "bundle")
        yardstick = Yardstick(flops_of(tower, bundle.info.image_size), peak)
        for backend in given.backend.split(","):
            for line in measured(bundle, backend, yardstick, asked):
                say({"model": given.model, "backend": backend} | line)
    return 0


class Backend(Protocol):
    @property
    def how(self) -> str: ...

    def open(self, batch: int) -> tuple[GpuEncoder, int]:
        """An encoder, and its bucket that pictures of this batch go through, in one pass or in several."""
        ...


class ByTorch:
    """Weights are loaded once; each batch is traced, compiled and recorded when it is asked for."""

    def __init__(self, bundle: OnnxBundle, asked: Asked) -> None:
        self._manifest, self._device = bundle.manifest, asked.device
        model = lowered(load_graph(bundle.directory, bundle.manifest), asked.precision)
        with device_errors(bundle.name, "loading its weights"):
            self._program = TorchProgram(
                model, bundle.name, asked.device, precision=asked.precision, compiled=asked.compiled
            )

    @property
    def how(self) -> str:
        return self._program.how

    def open(self, batch: int) -> tuple[GpuEncoder, int]:
        return GpuEncoder(self._program, self._manifest, (batch,), self._device), batch


class ByPlan:
    """One encoder for all: what a plan is compiled for ends at its largest bucket."""

    def __init__(self, bundle: OnnxBundle, asked: Asked) -> None:
        compile_bundle(bundle, asked.precision, lambda _: None)
        encoder, self.how = open_on_gpu(bundle, "tensorrt", Settings(precision=asked.precision, max_batch=SERVED))
        assert isinstance(encoder, GpuEncoder)
        self._encoder = encoder

    def open(self, batch: int) -> tuple[GpuEncoder, int]:
        return self._encoder, min(batch, SERVED)


def measured(bundle: OnnxBundle, name: str, yardstick: Yardstick, asked: Asked) -> Iterator[dict[str, object]]:
    free, started = free_bytes(asked), time.perf_counter()
    try:
        backend: Backend = ByPlan(bundle, asked) if name == "tensorrt" else ByTorch(bundle, asked)
    except EngineError as error:
        yield {"not_here": str(error)}
        return
    yield {"loaded_s": round(time.perf_counter() - started, 1), "loaded_gib": gib(free - free_bytes(asked))}
    left, longest = list(BATCHES), 0.0
    while left and asked.now() + longest < asked.ends:
        began = asked.now()
        yield {"batch": left[0]} | of_batch(backend, left.pop(0), yardstick, asked)
        longest = max(longest, asked.now() - began)
    if left:
        yield {"left_out": f"batches of {', '.join(map(str, left))}: no time"}


def of_batch(backend: Backend, batch: int, yardstick: Yardstick, asked: Asked) -> dict[str, object]:
    free, started = free_bytes(asked), time.perf_counter()
    try:
        encoder, bucket = backend.open(batch)
        opened_s, taken = time.perf_counter() - started, free - free_bytes(asked)
        found = of_encoder(encoder, batch, bucket, yardstick, asked)
    except EngineError as error:
        return {"not_here": str(error)}
    return {"how": backend.how, "opened_s": round(opened_s, 1), "gib": gib(taken)} | found


def of_encoder(encoder: GpuEncoder, batch: int, bucket: int, yardstick: Yardstick, asked: Asked) -> dict[str, object]:
    passes = batch // bucket

    def again() -> None:
        for _ in range(passes):
            encoder.run_again(bucket)

    frames = [frame(seed) for seed in range(batch)]
    rate = batch / float(np.median(times(again, asked.seconds)))
    whole = times(lambda: encoder.encode(frames), asked.seconds)
    p50, p99 = (float(np.percentile(whole, each)) * 1000 for each in (50, 99))
    found: dict[str, object] = {
        "passes": passes,
        "images_s": round(rate),
        "share": round(rate * yardstick.flops / yardstick.peak, 3),
        "whole_ms": [round(p50, 2), round(p99, 2)],
    }
    if batch == SERVED:
        # A frame waits for the batch under way and is then in the next one: two calls at most.
        found["livestreams"] = round(batch / (p50 / 1000) / STREAM_FPS) if 2 * p99 <= LIMIT_MS else None
    return found


def free_bytes(asked: Asked) -> int:
    """What nobody has; what was freed is given back first, or it would count as taken."""
    if asked.device.type != "cuda":
        return 0
    torch.cuda.empty_cache()
    return int(torch.cuda.mem_get_info()[0])


def gib(size: int) -> float:
    return round(size / 2**30, 2)


def times(work: Callable[[], object], seconds: float) -> list[float]:
    for _ in range(5):
        work()
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while not taken or time.perf_counter() < end:
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return taken


def peak_flops(asked: Asked) -> float:
    left = torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16)
    right = torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16)

    def product() -> None:
        torch.matmul(left, right)
        torch.cuda.synchronize()

    return 2 * SIDE**3 / float(np.median(times(product, asked.seconds)))


def flops_of(tower: Tower, size: int) -> int:
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        tower(torch.zeros(1, 3, size, size))
    return int(counter.get_total_flops())


def frame(seed: int) -> Image:
    image: Image = np.random.default_rng(seed).integers(0, 256, FRAME).astype(np.uint8)
    return image


def say(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
