"""How much memory of the first GPU is free, asked of the driver alone. Knows no index."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Protocol

from indexes.errors import GpuError

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVER = "libcuda.so.1"


class Driver(Protocol):
    """The driver's C functions that we ask; each gives 0 where all is well."""

    cuInit: Callable[..., int]  # noqa: N815  their names
    cuDeviceGet: Callable[..., int]  # noqa: N815
    cuDevicePrimaryCtxRetain: Callable[..., int]  # noqa: N815
    cuDevicePrimaryCtxRelease_v2: Callable[..., int]  # noqa: N815
    cuCtxPushCurrent_v2: Callable[..., int]  # noqa: N815
    cuCtxPopCurrent_v2: Callable[..., int]  # noqa: N815
    cuMemGetInfo_v2: Callable[..., int]  # noqa: N815


def free_bytes(load: Callable[[str], Driver] = ctypes.CDLL) -> int:  # type: ignore[assignment]
    """Of the first GPU, as CUDA_VISIBLE_DEVICES orders them. Raises GpuError."""
    try:
        driver = load(DRIVER)
    except OSError as error:
        raise GpuError(f"no NVIDIA driver here ({DRIVER} is not found): search on the processor") from error
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


def _free(driver: Driver) -> int:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    _ask(driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)), "tell its free memory")
    return free.value


def _ask(status: int, what: str) -> None:
    if status:
        raise GpuError(f"the NVIDIA driver cannot {what} (CUDA error {status}): check nvidia-smi")
