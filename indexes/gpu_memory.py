"""Whether FAISS may be let near a GPU, how much of its memory is free and how fast that is. Knows no index.

FAISS ends the process (it calls abort) where CUDA answers with anything but memory that is short, also when it is
only asked how many GPUs there are. So the driver is asked first.
"""

from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, Protocol

from indexes.errors import GpuError

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVER = "libcuda.so.1"
LEAST_CUDA = 12  # of the plain wheel, faiss-gpu: its CUDA library starts with no driver that serves less
NO_DEVICE = 100
CLOCK, BUS = 36, 37  # of its memory, in kHz and bits: CUdevice_attribute


class Driver(Protocol):
    """The driver's C functions that we ask; each gives 0 where all is well."""

    cuInit: Callable[..., int]  # noqa: N815  their names
    cuDriverGetVersion: Callable[..., int]  # noqa: N815
    cuDeviceGetCount: Callable[..., int]  # noqa: N815
    cuDeviceGet: Callable[..., int]  # noqa: N815
    cuDevicePrimaryCtxRetain: Callable[..., int]  # noqa: N815
    cuDevicePrimaryCtxRelease_v2: Callable[..., int]  # noqa: N815
    cuCtxPushCurrent_v2: Callable[..., int]  # noqa: N815
    cuCtxPopCurrent_v2: Callable[..., int]  # noqa: N815
    cuMemGetInfo_v2: Callable[..., int]  # noqa: N815
    cuDeviceGetAttribute: Callable[..., int]  # noqa: N815


def check_driver(load: Callable[[str], Driver] = ctypes.CDLL) -> None:  # type: ignore[assignment]
    """Raises GpuError where FAISS would find no GPU, or end the process."""
    driver = _loaded(load)
    started = driver.cuInit(0)
    version, count = ctypes.c_int(), ctypes.c_int()
    if started != NO_DEVICE:
        _ask(started, "start")
        _ask(driver.cuDriverGetVersion(ctypes.byref(version)), "tell its version")
        _ask(driver.cuDeviceGetCount(ctypes.byref(count)), "count GPUs")
    if not count.value:
        raise GpuError("the NVIDIA driver sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES", expected=True)
    major, minor = version.value // 1000, version.value % 1000 // 10
    if major < LEAST_CUDA:
        raise GpuError(
            f"the driver serves CUDA {major}.{minor}, faiss-gpu needs CUDA {LEAST_CUDA}: update the NVIDIA driver"
        )


def free_bytes(load: Callable[[str], Driver] = ctypes.CDLL) -> int:  # type: ignore[assignment]
    """Of the first GPU, as CUDA_VISIBLE_DEVICES orders them. Raises GpuError."""
    driver = _loaded(load)
    device, context = ctypes.c_int(), ctypes.c_void_p()
    _ask(driver.cuInit(0), "start")
    _ask(driver.cuDeviceGet(ctypes.byref(device), 0), "find the first GPU")
    _ask(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device), "open the first GPU")
    try:
        _ask(driver.cuCtxPushCurrent_v2(context), "open the first GPU")
        try:
            return _free(driver)
        finally:
            driver.cuCtxPopCurrent_v2(ctypes.byref(context))
    finally:
        driver.cuDevicePrimaryCtxRelease_v2(device)


def bytes_per_s(load: Callable[[str], Driver] = ctypes.CDLL) -> float:  # type: ignore[assignment]
    """How fast the first GPU reads its memory, at most; infinity where the driver does not say. Raises GpuError."""
    driver = _loaded(load)
    device, clock, bus = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    _ask(driver.cuInit(0), "start")
    _ask(driver.cuDeviceGet(ctypes.byref(device), 0), "find the first GPU")
    asked = [
        driver.cuDeviceGetAttribute(ctypes.byref(out), what, device) for out, what in ((clock, CLOCK), (bus, BUS))
    ]
    known = not any(asked) and clock.value > 0 and bus.value > 0
    return 2 * 1000.0 * clock.value * bus.value / 8 if known else math.inf  # twice: on both edges of its clock


def _loaded(load: Callable[[str], Driver]) -> Driver:
    try:
        return load(DRIVER)
    except OSError as error:
        why = f"no NVIDIA driver here ({DRIVER} is not found): search on the processor"
        raise GpuError(why, expected=True) from error


def _free(driver: Driver) -> int:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    _ask(driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)), "tell its free memory")
    return free.value


def _ask(status: int, what: str) -> None:
    if status:
        raise GpuError(f"the NVIDIA driver cannot {what} (CUDA error {status}): check nvidia-smi")
