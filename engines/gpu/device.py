"""Is there a GPU that we can use, and which? Asks the driver alone: where there is none, torch is never loaded."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engines.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVER = "libcuda.so.1"
CAPABILITY_MAJOR, CAPABILITY_MINOR = 75, 76  # CUdevice_attribute
NAME_LIMIT = 256
LEAST_CAPABILITY = (7, 5)  # Turing: the oldest that TensorRT 11 and torch 2.13 or later still serve
NO_DEVICE, SYSTEM_MISMATCH, UNSUPPORTED_DRIVER = 100, 803, 804


class Driver(Protocol):
    """The driver's C functions that we ask; each gives 0 where all is well."""

    cuInit: Callable[..., int]  # noqa: N815  their names
    cuDriverGetVersion: Callable[..., int]  # noqa: N815
    cuDeviceGetCount: Callable[..., int]  # noqa: N815
    cuDeviceGet: Callable[..., int]  # noqa: N815
    cuDeviceGetName: Callable[..., int]  # noqa: N815
    cuDeviceGetAttribute: Callable[..., int]  # noqa: N815
    cuDeviceTotalMem_v2: Callable[..., int]  # noqa: N815


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    capability: tuple[int, int]
    memory: int  # bytes
    cuda: tuple[int, int]  # the newest CUDA that the driver serves


def find_gpu(load: Callable[[str], Driver] = ctypes.CDLL) -> Gpu:  # type: ignore[assignment]
    """The first GPU, as CUDA_VISIBLE_DEVICES orders them. None usable is a DeviceError that says why."""
    try:
        driver = load(DRIVER)
    except OSError as error:
        raise DeviceError(
            f"no NVIDIA driver here ({DRIVER} is not found): install one, or serve on the processor"
        ) from error
    _ask(driver.cuInit(0), "start")
    cuda = _number(driver.cuDriverGetVersion)
    if not _number(driver.cuDeviceGetCount):
        raise DeviceError("the NVIDIA driver sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES")
    device = ctypes.c_int()
    _ask(driver.cuDeviceGet(ctypes.byref(device), 0), "find the first GPU")
    name = ctypes.create_string_buffer(NAME_LIMIT)
    _ask(driver.cuDeviceGetName(name, NAME_LIMIT, device), "name the GPU")
    memory = ctypes.c_size_t()
    _ask(driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device), "tell the GPU's memory")
    capability = (_attribute(driver, CAPABILITY_MAJOR, device), _attribute(driver, CAPABILITY_MINOR, device))
    found = Gpu(name.value.decode("utf-8", "replace"), capability, memory.value, (cuda // 1000, cuda % 1000 // 10))
    return _checked(found)


def need_cuda(gpu: Gpu, who: str, built_for: str) -> None:
    """`built_for`: the CUDA version of a library. A driver serves its own major version and those before."""
    major = built_for.partition(".")[0]
    if not major.isdigit():
        raise DeviceError(f"{who} is built without CUDA: install one that is (see https://pytorch.org)")
    if gpu.cuda[0] < int(major):
        raise DeviceError(
            f"the driver serves CUDA {gpu.cuda[0]}.{gpu.cuda[1]}, {who} needs CUDA {built_for}: update the NVIDIA "
            f"driver, or install {who.partition(' ')[0]} for CUDA {gpu.cuda[0]}"
        )


def _checked(gpu: Gpu) -> Gpu:
    if gpu.capability < LEAST_CAPABILITY:
        have, least = (".".join(map(str, each)) for each in (gpu.capability, LEAST_CAPABILITY))
        raise DeviceError(f"{gpu.name} has compute capability {have}, {least} is the least: serve on the processor")
    return gpu


def _number(function: Callable[..., int]) -> int:
    value = ctypes.c_int()
    _ask(function(ctypes.byref(value)), "answer")
    return value.value


def _attribute(driver: Driver, which: int, device: ctypes.c_int) -> int:
    value = ctypes.c_int()
    _ask(driver.cuDeviceGetAttribute(ctypes.byref(value), which, device), "tell what the GPU can do")
    return value.value


def _ask(code: int, what: str) -> None:
    if code == NO_DEVICE:
        raise DeviceError("the NVIDIA driver sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES")
    if code in {SYSTEM_MISMATCH, UNSUPPORTED_DRIVER}:
        raise DeviceError(
            f"the NVIDIA driver and its library {DRIVER} do not fit together (CUDA error {code}): restart the "
            "machine after an update of the driver; in a container, remove its own libcuda"
        )
    if code:
        raise DeviceError(f"the NVIDIA driver cannot {what} (CUDA error {code}): check nvidia-smi")
