"""TensorRT as far as we use it, on the processor: a plan is the graph itself, addresses are those of host memory.

Stands in for the module `tensorrt`; a test holds its signatures to the stubs, and the stubs to the real bindings.
`faults` makes it fail where and as the real one does.
"""

from __future__ import annotations

import ctypes
import json
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from typing_extensions import Buffer

__version__ = "11.4.0.106"
Dims = tuple[int, ...]


@dataclass
class Faults:
    no_gpu: bool = False
    parse: list[tuple[str, str, str]] = field(default_factory=list)  # operator, node, what
    build: tuple[str, str] | None = None  # code, what
    load: str | None = None
    context: bool = False
    run: str | None = None
    built: int = 0


faults = Faults()


class DataType(Enum):
    FLOAT = auto()
    HALF = auto()
    BF16 = auto()
    UINT8 = auto()


class TensorIOMode(Enum):
    NONE = auto()
    INPUT = auto()
    OUTPUT = auto()


class BuilderFlag(Enum):
    TF32 = auto()


class MemoryPoolType(Enum):
    WORKSPACE = auto()


class ExecutionContextAllocationStrategy(Enum):
    USER_MANAGED = auto()


class ErrorCodeTRT(Enum):
    SUCCESS = auto()
    UNSPECIFIED_ERROR = auto()
    FAILED_ALLOCATION = auto()
    FAILED_EXECUTION = auto()


class ILogger:
    class Severity(Enum):
        INTERNAL_ERROR = auto()
        ERROR = auto()
        WARNING = auto()
        INFO = auto()
        VERBOSE = auto()

    def __init__(self) -> None: ...

    def log(self, severity: Severity, msg: str) -> None:
        raise NotImplementedError


class IErrorRecorder:
    def __init__(self) -> None: ...

    def clear(self) -> None:
        raise NotImplementedError

    def get_error_code(self, arg0: int) -> ErrorCodeTRT:
        raise NotImplementedError

    def get_error_desc(self, arg0: int) -> str:
        raise NotImplementedError

    def has_overflowed(self) -> bool:
        raise NotImplementedError

    def num_errors(self) -> int:
        raise NotImplementedError

    def report_error(self, arg0: ErrorCodeTRT, arg1: str) -> bool:
        raise NotImplementedError


class ITimingCache:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def serialize(self) -> Buffer:
        return self._content + b"."


class IOptimizationProfile:
    def __init__(self) -> None:
        self.shapes: dict[str, tuple[Sequence[int], ...]] = {}

    def set_shape(self, input: str, min: Sequence[int], opt: Sequence[int], max: Sequence[int]) -> None:  # noqa: A002
        self.shapes[input] = (min, opt, max)


class IBuilderConfig:
    def __init__(self) -> None:
        self.builder_optimization_level = 3
        self.max_aux_streams = -1
        self.profiles: list[IOptimizationProfile] = []
        self.pools: dict[MemoryPoolType, int] = {}
        self.flags = {BuilderFlag.TF32}
        self._timing: ITimingCache | None = None

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int) -> None:
        self.pools[pool] = pool_size

    def clear_flag(self, flag: BuilderFlag) -> None:
        self.flags.discard(flag)

    def create_timing_cache(self, serialized_timing_cache: Buffer) -> ITimingCache:
        return ITimingCache(bytes(memoryview(serialized_timing_cache)))

    def set_timing_cache(self, cache: ITimingCache, ignore_mismatch: bool) -> bool:
        self._timing = cache
        return True

    def get_timing_cache(self) -> ITimingCache | None:
        return self._timing

    def add_optimization_profile(self, profile: IOptimizationProfile) -> int:
        self.profiles.append(profile)
        return len(self.profiles) - 1


class INetworkDefinition:
    graph = b""


class ParserError:
    def __init__(self, operator: str, node: str, what: str) -> None:
        self._told = operator, node, what

    def node_operator(self) -> str:
        return self._told[0]

    def node_name(self) -> str:
        return self._told[1]

    def desc(self) -> str:
        return self._told[2]


class OnnxParser:
    def __init__(self, network: INetworkDefinition, logger: ILogger) -> None:
        self._network = network

    @property
    def num_errors(self) -> int:
        return len(faults.parse)

    def parse(self, model: Buffer, path: str | None = None) -> bool:
        self._network.graph = bytes(memoryview(model))
        return not faults.parse

    def get_error(self, index: int) -> ParserError:
        return ParserError(*faults.parse[index])


class Builder:
    error_recorder: IErrorRecorder

    def __init__(self, logger: ILogger) -> None:
        _need_gpu()

    def create_network(self, flags: int = 0) -> INetworkDefinition:
        return INetworkDefinition()

    def create_builder_config(self) -> IBuilderConfig:
        return IBuilderConfig()

    def create_optimization_profile(self) -> IOptimizationProfile:
        return IOptimizationProfile()

    def build_serialized_network(self, network: INetworkDefinition, config: IBuilderConfig) -> Buffer | None:
        faults.built += 1
        if faults.build is not None:
            code, what = faults.build
            self.error_recorder.report_error(ErrorCodeTRT[code], what)
            return None
        assert BuilderFlag.TF32 not in config.flags
        head = json.dumps([each.shapes["image"] for each in config.profiles]).encode()
        return head + b"\n" + network.graph


class Runtime:
    error_recorder: IErrorRecorder

    def __init__(self, logger: ILogger) -> None:
        _need_gpu()
        self._logger = logger

    def deserialize_cuda_engine(self, serialized_engine: Buffer) -> ICudaEngine | None:
        if faults.load is not None:
            self._logger.log(ILogger.Severity.ERROR, faults.load)
            return None
        head, _, graph = bytes(memoryview(serialized_engine)).partition(b"\n")
        return ICudaEngine(json.loads(head), graph)


class ICudaEngine:
    error_recorder: IErrorRecorder

    def __init__(self, profiles: list[list[list[int]]], graph: bytes) -> None:
        self.profiles = profiles
        options = ort.SessionOptions()
        # With all of its optimisations ONNX Runtime 1.31 breaks down on a transformer in fp16 (a segmentation fault).
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self.session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._tensors = {each.name: (TensorIOMode.INPUT, each) for each in self.session.get_inputs()}
        self._tensors |= {each.name: (TensorIOMode.OUTPUT, each) for each in self.session.get_outputs()}

    @property
    def num_io_tensors(self) -> int:
        return len(self._tensors)

    @property
    def num_optimization_profiles(self) -> int:
        return len(self.profiles)

    @property
    def device_memory_size_v2(self) -> int:
        return 1024

    def get_tensor_name(self, index: int) -> str:
        return str(list(self._tensors)[index])

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return self._tensors[name][0]

    def get_tensor_dtype(self, name: str) -> DataType:
        return DataType.FLOAT if self._tensors[name][1].type == "tensor(float)" else DataType.HALF

    def get_tensor_shape(self, name: str) -> Sequence[int]:
        return tuple(each if isinstance(each, int) else -1 for each in self._tensors[name][1].shape)

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> list[Sequence[int]]:
        return list(self.profiles[profile_index])

    def create_execution_context(self, strategy: ExecutionContextAllocationStrategy) -> IExecutionContext | None:
        return None if faults.context else IExecutionContext(self)


class IExecutionContext:
    error_recorder: IErrorRecorder

    def __init__(self, engine: ICudaEngine) -> None:
        self._engine = engine
        self._at: dict[str, int] = {}
        self._shape: Sequence[int] = ()
        self._profile: list[list[int]] = []

    def set_device_memory(self, memory: int, size: int) -> None:
        assert memory
        assert size >= self._engine.device_memory_size_v2

    def set_optimization_profile_async(self, profile_index: int, stream_handle: int) -> bool:
        self._profile = self._engine.profiles[profile_index]
        return True

    def set_input_shape(self, name: str, shape: Sequence[int]) -> bool:
        self._shape = shape
        return list(shape) == self._profile[0]

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._at[name] = memory
        return True

    def infer_shapes(self) -> list[str]:
        return [] if self._shape else ["image"]

    def execute_async_v3(self, stream_handle: int) -> bool:
        if faults.run is not None:
            return False
        image = _array(self._at["image"], self._shape)
        names = [name for name in self._at if name != "image"]
        for name, value in zip(names, self._engine.session.run(names, {"image": image}), strict=True):
            _array(self._at[name], value.shape)[:] = value
        return True


def _array(at: int, shape: Sequence[int]) -> NDArray[np.float32]:
    memory = (ctypes.c_float * int(np.prod(shape))).from_address(at)
    values: NDArray[np.float32] = np.ctypeslib.as_array(memory)
    return values.reshape(tuple(shape))


def _need_gpu() -> None:
    if faults.no_gpu:
        raise TypeError("pybind11::init(): factory function returned nullptr")
