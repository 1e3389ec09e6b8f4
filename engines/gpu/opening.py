"""A bundle to an encoder on this machine's GPU, by torch or by a plan; a bundle to a plan. Needs torch and onnx."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engines.errors import BundleError, DeviceError, PlanError
from engines.gpu.cache import PlanCache, default_folder
from engines.gpu.device import find_gpu, need_cuda
from engines.gpu.eighths import need_arithmetic
from engines.gpu.encoder import GpuEncoder
from engines.gpu.lowering import lowered
from engines.gpu.operators import FOR_PROCESSORS, QUANTISED, check_graph, load_graph
from engines.gpu.plans import BUCKETS, PlanKey, Precision, Real, buckets_up_to, graph_digest
from engines.gpu.programs import PlanProgram, TorchProgram, device_errors
from engines.manifest import GOLDEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import onnx

    from engines.gpu.device import Gpu
    from engines.gpu.trt import BuildSettings
    from engines.manifest import Manifest

CUDA = torch.device("cuda", 0)


@dataclass(frozen=True, slots=True)
class Wish:
    """`device` is for tests: any that torch knows. `compiled`: let torch fuse kernels, which takes time at start."""

    max_batch: int = 8
    precision: Precision = "fp16"
    compiled: bool = True
    device: torch.device = CUDA


def open_torch(directory: Path, manifest: Manifest, wish: Wish, find: Callable[[], Gpu] = find_gpu) -> GpuEncoder:
    """By torch: whatever the driver and the GPU's memory cannot do is a DeviceError, and said before it is tried."""
    _refuse_int8(manifest)
    precision = _real(wish.precision)
    if wish.device.type == "cuda":
        need_cuda(find(), f"torch {torch.__version__}", torch.version.cuda or "none")
    model = lowered(load_graph(directory, manifest), precision)
    _refuse_too_large(model.ByteSize(), manifest, wish)
    with device_errors(manifest.name, "loading its weights"):
        program = TorchProgram(model, manifest.name, wish.device, precision=precision, compiled=wish.compiled)
    return GpuEncoder(program, manifest, buckets_up_to(wish.max_batch), wish.device)


def open_plan(
    manifest: Manifest, wish: Wish, cache: PlanCache | None = None, find: Callable[[], Gpu] = find_gpu
) -> GpuEncoder:
    """By TensorRT, from a plan that `compile_plan` made on this very GPU."""
    from engines.gpu import trt  # noqa: PLC0415  only whoever has TensorRT

    _refuse_int8(manifest)
    gpu = find()
    need_arithmetic(gpu, wish.precision)
    key = plan_key(manifest, wish, trt.version(), trt.BuildSettings(), gpu)
    plan = (cache or our_cache()).find(key)
    if plan is None:
        raise PlanError(
            f"bundle {manifest.name}: no plan for {key.gpu}, TensorRT {key.tensorrt} and {key.precision}: "
            f"run `nowshowing bundle compile {_options(wish.precision)}` on this machine"
        )
    loaded = trt.Plan(plan, manifest, key.buckets)
    used = tuple(each for each in key.buckets if each // 2 < wish.max_batch)  # the first ones, up to what is needed
    _refuse_too_large(len(plan) + loaded.scratch_bytes, manifest, wish)
    program = PlanProgram(loaded, wish.device, f"TensorRT {key.tensorrt}, {key.precision}")
    return GpuEncoder(program, manifest, used, wish.device)


@dataclass(frozen=True, slots=True)
class Compiled:
    key: PlanKey
    plan: bytes
    timing: bytes


def compile_plan(
    directory: Path,
    manifest: Manifest,
    wish: Wish,
    cache: PlanCache,
    find: Callable[[], Gpu] = find_gpu,
    graph: onnx.ModelProto | None = None,
) -> Compiled:
    """Takes minutes. Not kept yet: whoever asked compares it with the original first.

    `graph`: what is to run, where more than the bundle decides that (see `engines.gpu.eighths`).
    """
    from engines.gpu import trt  # noqa: PLC0415

    _refuse_int8(manifest)
    gpu, how = find(), trt.BuildSettings()
    key = plan_key(manifest, wish, trt.version(), how, gpu)
    if graph is None:
        model = load_graph(directory, manifest)
        check_graph(model, manifest.name)
        graph = lowered(model, _real(wish.precision))
    check_graph(graph, manifest.name, QUANTISED)
    size = manifest.preprocess.size
    built = trt.build(graph.SerializeToString(), size, key.buckets, how, cache.timing(_timing_name(key)))
    return Compiled(key, built.plan, built.timing)


def keep(compiled: Compiled, cache: PlanCache) -> Path:
    cache.keep_timing(_timing_name(compiled.key), compiled.timing)
    return cache.keep(compiled.key, compiled.plan)


def load_compiled(compiled: Compiled, manifest: Manifest, wish: Wish) -> GpuEncoder:
    """Straight from memory, to be looked at before it is kept."""
    from engines.gpu import trt  # noqa: PLC0415

    plan = trt.Plan(compiled.plan, manifest, compiled.key.buckets)
    program = PlanProgram(plan, wish.device, f"TensorRT {compiled.key.tensorrt}, {compiled.key.precision}")
    return GpuEncoder(program, manifest, compiled.key.buckets, wish.device)


def plan_key(manifest: Manifest, wish: Wish, tensorrt: str, how: BuildSettings, gpu: Gpu) -> PlanKey:
    return PlanKey(
        graph_digest(manifest, GOLDEN),
        tensorrt,
        gpu.name,
        gpu.capability,
        wish.precision,
        BUCKETS,  # whatever max_batch is: one plan serves every worker of this machine
        how.flags,
    )


def our_cache() -> PlanCache:
    return PlanCache(default_folder(os.environ))


def _timing_name(key: PlanKey) -> str:
    return f"{key.tensorrt} {key.gpu} {key.capability}"


def _options(precision: Precision) -> str:
    return f"--precision {precision}{' --images DIR' if precision in {'int8', 'fp8'} else ''}"


def _real(precision: Precision) -> Real:
    """What needs no calibration."""
    if precision in {"fp16", "bf16", "fp32"}:
        return precision
    raise PlanError(
        f"{precision} comes from a calibrated plan of TensorRT alone: compile one with --images, or set the "
        "precision to fp16"
    )


def _refuse_int8(manifest: Manifest) -> None:
    if manifest.precision == "int8":
        raise BundleError(f"bundle {manifest.name}: int8: {FOR_PROCESSORS}")


def _refuse_too_large(weights: int, manifest: Manifest, wish: Wish) -> None:
    """Said in figures beforehand. What a pass needs beside this only its first run shows."""
    size, patches = manifest.preprocess.size, manifest.patch_grid[0] * manifest.patch_grid[1]
    row = 3 * size * size * 4 + manifest.dim * 4 + patches * manifest.patch_dim * 6
    needed = weights + wish.max_batch * row
    if wish.device.type != "cuda":
        return
    with device_errors(manifest.name, "asking for its memory"):
        free, _ = torch.cuda.mem_get_info(wish.device)
    if needed > free:
        raise DeviceError(
            f"bundle {manifest.name}: at least {needed / 2**20:.0f} MiB of GPU memory for batches of "
            f"{wish.max_batch}, {free / 2**20:.0f} MiB are free: lower max_batch, or free the GPU"
        )
