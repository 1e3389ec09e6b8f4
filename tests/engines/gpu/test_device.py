"""What the driver says, and what we say of it, with a driver that is scripted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from engines.errors import DeviceError
from engines.gpu.device import Gpu, find_gpu, need_cuda

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable

pytestmark = pytest.mark.unit


class ByReference(Protocol):
    _obj: ctypes.c_int


class Scripted:
    """The driver's functions as ctypes would call them."""

    def __init__(
        self, *, init: int = 0, count: int = 1, cuda: int = 13020, capability: tuple[int, int] = (9, 0)
    ) -> None:
        self._facts = {75: capability[0], 76: capability[1]}
        self.cuInit: Callable[..., int] = lambda flags: init
        self.cuDriverGetVersion: Callable[..., int] = lambda out: self._put(out, cuda)
        self.cuDeviceGetCount: Callable[..., int] = lambda out: self._put(out, count)
        self.cuDeviceGet: Callable[..., int] = self._put
        self.cuDeviceGetAttribute: Callable[..., int] = lambda out, which, _: self._put(out, self._facts[which])
        self.cuDeviceTotalMem_v2: Callable[..., int] = lambda out, _: self._put(out, 80 << 30)
        self.cuDeviceGetName: Callable[..., int] = self._name

    def _put(self, out: ByReference, value: int) -> int:
        out._obj.value = value
        return 0

    def _name(self, out: ctypes.Array[ctypes.c_char], limit: int, device: ctypes.c_int) -> int:
        out.value = b"NVIDIA H100 80GB HBM3"
        return 0


def missing(name: str) -> Scripted:
    raise OSError(f"{name}: cannot open shared object file")


def test_a_gpu_is_found_with_all_that_a_plan_depends_on() -> None:
    assert find_gpu(lambda _: Scripted()) == Gpu("NVIDIA H100 80GB HBM3", (9, 0), 80 << 30, (13, 2))


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        (Scripted(init=100), "sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES"),
        (Scripted(count=0), "sees no GPU"),
        (Scripted(init=803), "do not fit together"),
        (Scripted(init=999), r"cannot start \(CUDA error 999\)"),
        (Scripted(capability=(6, 1)), "compute capability 6.1, 7.5 is the least"),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(driver: Scripted, said: str) -> None:
    with pytest.raises(DeviceError, match=said):
        find_gpu(lambda _: driver)


def test_no_driver_is_the_usual_case_on_a_processor() -> None:
    with pytest.raises(DeviceError, match="no NVIDIA driver here"):
        find_gpu(missing)


def test_an_old_driver_is_told_apart_from_a_library_without_cuda() -> None:
    old = find_gpu(lambda _: Scripted(cuda=12040))
    with pytest.raises(DeviceError, match=r"driver serves CUDA 12.4, torch 2.15 needs CUDA 13.2: update"):
        need_cuda(old, "torch 2.15", "13.2")
    with pytest.raises(DeviceError, match="built without CUDA"):
        need_cuda(old, "torch 2.15", "none")
    need_cuda(old, "torch 2.7", "12.8")  # a driver serves later minor versions of its own major one
    need_cuda(find_gpu(lambda _: Scripted()), "torch 2.7", "12.8")
