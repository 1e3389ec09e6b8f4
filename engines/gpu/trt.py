"""The only door to TensorRT: a graph to a plan, a plan to something that runs. Memory and streams are numbers here.

Written for TensorRT 11 (strongly typed: the precision of a plan is that of its graph, see `cast`). Knows no torch.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tensorrt as trt

from engines.errors import DeviceError, PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engines.manifest import Manifest

MAJOR = "11."
TENSORS = ("image", "embedding", "patches")
KEPT = 32  # errors and warnings remembered of one build; the first ones are the telling ones
SAID = 5  # of them in a message
GIB = 1 << 30
LOUD = (trt.ILogger.Severity.INTERNAL_ERROR, trt.ILogger.Severity.ERROR)
BUILDER_CURE = "check the GPU with nvidia-smi, and that its driver is new enough for this TensorRT"


class Complaints(trt.IErrorRecorder):
    """TensorRT reports here from its own threads, instead of raising."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._kept: list[tuple[trt.ErrorCodeTRT, str]] = []
        self._all = 0

    def report_error(self, arg0: trt.ErrorCodeTRT, arg1: str) -> bool:
        with self._lock:
            self._all += 1
            if len(self._kept) < KEPT:
                self._kept.append((arg0, arg1))
        return False  # not to be treated as fatal by TensorRT itself: whoever called us raises

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._all = 0

    def num_errors(self) -> int:
        with self._lock:
            return len(self._kept)

    def has_overflowed(self) -> bool:
        with self._lock:
            return self._all > len(self._kept)

    def get_error_code(self, arg0: int) -> trt.ErrorCodeTRT:
        with self._lock:
            return self._kept[arg0][0]

    def get_error_desc(self, arg0: int) -> str:
        with self._lock:
            return self._kept[arg0][1]

    def error(self, what: str, cure: str) -> DeviceError | PlanError:
        """What happened, as one of ours. Memory is the machine's trouble, all else the plan's."""
        with self._lock:
            kept = list(self._kept)
        why = "; ".join(" ".join(text.split())[:300] for _, text in kept[:SAID]) or "it gives no reason"
        if any(code is trt.ErrorCodeTRT.FAILED_ALLOCATION for code, _ in kept):
            return DeviceError(f"{what}: too little GPU memory ({why}): free the GPU, or serve a smaller model")
        return PlanError(f"{what}: {why}: {cure}")


class Listener(trt.ILogger):
    """Errors that TensorRT only logs are kept as if they had been reported; the rest is chatter."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__()
        self._complaints = complaints

    def log(self, severity: trt.ILogger.Severity, msg: str) -> None:
        if severity in LOUD:
            self._complaints.report_error(trt.ErrorCodeTRT.UNSPECIFIED_ERROR, msg)


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How hard to look for fast kernels. Part of a plan's key."""

    level: int = 3  # 0 to 5: seconds to many minutes; 3 is TensorRT's own default
    workspace: int = 4 * GIB  # bytes a kernel may use as scratch

    @property
    def flags(self) -> tuple[str, ...]:
        return f"level {self.level}", f"workspace {self.workspace}", "no tf32", "one stream"


@dataclass(frozen=True, slots=True)
class Built:
    plan: bytes
    timing: bytes  # what was learned about kernels, for the next build on this GPU


def version() -> str:
    """TensorRT's version, if it is one that this was written for."""
    if not trt.__version__.startswith(MAJOR):
        raise DeviceError(
            f"TensorRT {trt.__version__} is installed and {MAJOR}x is needed: pip install 'tensorrt-cu13>=11.4,<12'"
        )
    return trt.__version__


def build(graph: bytes, size: int, buckets: Sequence[int], how: BuildSettings, timing: bytes = b"") -> Built:
    """Takes minutes and one GPU. The graph carries its weights and its precision."""
    complaints = Complaints()
    logger = Listener(complaints)
    builder = _builder(logger)
    builder.error_recorder = complaints
    network = builder.create_network(0)
    _parse(graph, network, logger)
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, how.workspace)
    config.builder_optimization_level = how.level
    config.max_aux_streams = 0  # side streams would have to be joined within every CUDA graph
    config.clear_flag(trt.BuilderFlag.TF32)  # what stays in fp32 stays so because it needs its digits
    config.set_timing_cache(config.create_timing_cache(timing), ignore_mismatch=False)
    for bucket in buckets:
        shape = trt.Dims((bucket, 3, size, size))
        profile = builder.create_optimization_profile()
        profile.set_shape("image", shape, shape, shape)
        if config.add_optimization_profile(profile) < 0:
            raise complaints.error(f"TensorRT refuses batches of {bucket}", "export the bundle again")
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise complaints.error("TensorRT cannot build this model", "set engine to torch-cuda in the config")
    learned = config.get_timing_cache()
    return Built(bytes(memoryview(plan)), b"" if learned is None else bytes(memoryview(learned.serialize())))


class Plan:
    """A plan on the GPU: its weights once, and one context for each bucket. One caller thread."""

    def __init__(self, plan: bytes, manifest: Manifest, buckets: Sequence[int]) -> None:
        self._complaints = Complaints()
        self._logger = Listener(self._complaints)  # TensorRT keeps a bare pointer to it
        self._runtime = _runtime(self._logger)
        self._runtime.error_recorder = self._complaints
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise self._complaints.error("TensorRT cannot load this plan", "run `nowshowing bundle compile` again")
        self._engine = engine
        _check(engine, manifest, buckets)

    @property
    def scratch_bytes(self) -> int:
        """GPU memory that all contexts together need, because they never run at the same time."""
        return self._engine.device_memory_size_v2

    def context(self, number: int, shape: Sequence[int], addresses: Mapping[str, int], stream: int) -> Context:
        """Ready to run bucket `number` on GPU memory that the caller keeps alive and in place.

        `addresses`: of the tensors by name, and of `scratch`.
        """
        context = self._engine.create_execution_context(trt.ExecutionContextAllocationStrategy.USER_MANAGED)
        if context is None:
            raise self._complaints.error("TensorRT cannot prepare this plan", "free the GPU")
        context.set_device_memory(addresses["scratch"], self.scratch_bytes)
        done = [
            context.set_optimization_profile_async(number, stream),
            context.set_input_shape("image", trt.Dims(shape)),
            *(context.set_tensor_address(name, at) for name, at in addresses.items() if name in TENSORS),
        ]
        if not all(done) or context.infer_shapes():
            raise self._complaints.error(
                f"TensorRT refuses batches of {shape[0]}", "run `nowshowing bundle compile` again"
            )
        return Context(context, self._complaints)


class Context:
    """One bucket, bound to its memory. Every call does the same, so a CUDA graph may record it."""

    def __init__(self, context: trt.IExecutionContext, complaints: Complaints) -> None:
        self._context = context
        self._complaints = complaints

    def enqueue(self, stream: int) -> None:
        if not self._context.execute_async_v3(stream):
            raise DeviceError(str(self._complaints.error("TensorRT failed on a batch", "restart the worker")))


def _builder(logger: trt.ILogger) -> trt.Builder:
    try:
        return trt.Builder(logger)
    except TypeError as error:  # how the bindings say that the library gave nothing
        raise DeviceError(f"TensorRT {trt.__version__} cannot start: {BUILDER_CURE}") from error


def _runtime(logger: trt.ILogger) -> trt.Runtime:
    try:
        return trt.Runtime(logger)
    except TypeError as error:
        raise DeviceError(f"TensorRT {trt.__version__} cannot start: {BUILDER_CURE}") from error


def _parse(graph: bytes, network: trt.INetworkDefinition, logger: trt.ILogger) -> None:
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph):
        found = "; ".join(_problems(parser)) or "it gives no reason"
        raise PlanError(
            f"TensorRT {trt.__version__} cannot read this graph: {found}: serve it with torch-cuda instead"
        )


def _problems(parser: trt.OnnxParser) -> Iterator[str]:
    for index in range(min(parser.num_errors, SAID)):
        error = parser.get_error(index)
        where = f"{error.node_operator()} {error.node_name()}".strip()
        yield f"{where or 'graph'}: {' '.join(error.desc().split())[:200]}"


def _check(engine: trt.ICudaEngine, manifest: Manifest, buckets: Sequence[int]) -> None:
    """A plan is what its key says, or it would write where nothing is."""
    size, grid = manifest.preprocess.size, manifest.patch_grid
    expected = {
        "image": (trt.TensorIOMode.INPUT, (3, size, size)),
        "embedding": (trt.TensorIOMode.OUTPUT, (manifest.dim,)),
        "patches": (trt.TensorIOMode.OUTPUT, (grid[0] * grid[1], manifest.patch_dim)),
    }
    names = {engine.get_tensor_name(index) for index in range(engine.num_io_tensors)}
    if names != set(expected) or engine.num_optimization_profiles != len(buckets):
        raise PlanError(
            f"plan with {sorted(names)} and {engine.num_optimization_profiles} batch sizes, where {sorted(expected)} "
            f"and {len(buckets)} are needed: run `nowshowing bundle compile` again"
        )
    for name, (mode, shape) in expected.items():
        have = engine.get_tensor_mode(name), tuple(engine.get_tensor_shape(name))[1:], engine.get_tensor_dtype(name)
        if have != (mode, shape, trt.DataType.FLOAT):
            raise PlanError(
                f"plan with {name} as {have}, bundle.json says {shape}: run `nowshowing bundle compile` again"
            )
    for number, bucket in enumerate(buckets):
        if any(each[0] != bucket for each in engine.get_tensor_profile_shape("image", number)):
            raise PlanError(f"plan whose batch {number} is not {bucket}: run `nowshowing bundle compile` again")
