"""What a GPU does with an encoder: images a second, latency, share of its peak, memory. One call, one model.

    python -m benchmarks.bench_gpu --model ViT-B-32

Random weights of a published architecture. For each back end that runs here (torch, and TensorRT where it is
installed) and each batch: `images_s` of the recorded pass alone, and `share`, its matrix arithmetic as a share of
what the GPU reached just before on one large product of the same precision; `whole_ms`, p50 and p99 of a call with
frames of 640 x 360, from the processor's memory to vectors in it, which is what a worker waits for. `livestreams`
at two frames a second is arithmetic from whole calls of batch 64, not a run of so many streams; null where the wait
would be over 50 ms. Lines of JSON; the first names the machine. Needs the extras `models` and `gpu`.
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
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engines.base import Image
    from engines.gpu.plans import Precision
    from engines.towers import Tower

BATCHES = (1, 2, 4, 8, 16, 32, 64)
SIDE = 8192  # of the product whose speed stands for the GPU's peak: large enough to fill the largest chip
FRAME = (360, 640, 3)
STREAM_FPS = 2.0
LIMIT_MS = 50.0  # encode p99 that livestreams are counted at
DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


@dataclass(frozen=True, slots=True)
class Asked:
    precision: Precision
    seconds: float  # a measurement takes


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="ViT-B-32", help="an architecture that open_clip knows")
    parser.add_argument("--precision", default="fp16", choices=sorted(DTYPES))
    parser.add_argument("--seconds", type=float, default=2.0, help="each measurement takes")
    given = parser.parse_args(arguments)
    asked = Asked(given.precision, given.seconds)
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
    say(about | facts() | {"precision": asked.precision, "peak_tflops": round(peak / 1e12, 1)})
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = work  # plans of random weights are not for keeping
        tower = make_random_bundle(random_model(given.model), given.model, Path(work) / "bundle")
        bundle = OnnxBundle(Path(work) / "bundle")
        for line in measured(bundle, flops_of(tower, bundle.info.image_size), peak, asked):
            say({"model": given.model} | line)
    return 0


def measured(bundle: OnnxBundle, flops: int, peak: float, asked: Asked) -> Iterator[dict[str, object]]:
    for backend in ON_GPU:
        torch.cuda.empty_cache()
        free = torch.cuda.mem_get_info()[0]
        started = time.perf_counter()
        try:
            if backend == "tensorrt":
                compile_bundle(bundle, asked.precision, lambda _: None)
            settings = Settings(precision=asked.precision, max_batch=BATCHES[-1])
            encoder, how = open_on_gpu(bundle, backend, settings)
        except EngineError as error:
            yield {"backend": backend, "not_here": str(error)}
            continue
        assert isinstance(encoder, GpuEncoder)
        used = (free - torch.cuda.mem_get_info()[0]) / 2**30
        yield {
            "backend": backend,
            "how": how,
            "opened_s": round(time.perf_counter() - started, 1),
            "gib": round(used, 2),
        }
        for batch in BATCHES:
            yield {"backend": backend} | of_batch(encoder, batch, flops, peak, asked)


def of_batch(encoder: GpuEncoder, batch: int, flops: int, peak: float, asked: Asked) -> dict[str, object]:
    passes = times(lambda: encoder.run_again(batch), asked.seconds)
    frames = [frame(seed) for seed in range(batch)]
    whole = times(lambda: encoder.encode(frames), asked.seconds)
    rate = batch / float(np.median(passes))
    p50, p99 = (float(np.percentile(whole, each)) * 1000 for each in (50, 99))
    found: dict[str, object] = {
        "batch": batch,
        "images_s": round(rate),
        "share": round(rate * flops / peak, 3),
        "whole_ms": [round(p50, 2), round(p99, 2)],
    }
    if batch == BATCHES[-1]:
        # A frame waits for the batch under way and is then in the next one: two calls at most.
        found["livestreams"] = round(batch / (p50 / 1000) / STREAM_FPS) if 2 * p99 <= LIMIT_MS else None
    return found


def times(work: Callable[[], object], seconds: float) -> list[float]:
    for _ in range(5):
        work()
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return taken


def peak_flops(asked: Asked) -> float:
    left = torch.randn(SIDE, SIDE, device="cuda", dtype=DTYPES[asked.precision])
    right = torch.randn(SIDE, SIDE, device="cuda", dtype=DTYPES[asked.precision])

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
