"""Searching on a GPU, with a fake of the few functions of FAISS that it takes: what is decided, what never leaks."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes import faiss_gpu
from indexes.errors import GalleryError, GpuError
from indexes.faiss_cpu import FaissIndex
from indexes.faiss_gpu import MOST, open_on_gpu, plan_room, usable
from indexes.gpu_apart import Apart
from indexes.gpu_copy import TEMPORARY, here
from indexes.gpu_memory import bytes_per_s, check_driver, free_bytes
from indexes.segment import inside
from indexes.selectors import check_processor, keeps_to_selectors, sample_rows

if TYPE_CHECKING:
    from indexes.exact import Owners, Ranked
    from indexes.faiss_gpu import GpuIndex
    from indexes.gpu_copy import Faiss
    from indexes.picture import Vectors

pytestmark = pytest.mark.unit

PLENTY = 1 << 40


class FakeIndex:
    """As on a GPU: half precision, no more than 2048 at once, and selectors ignored unless told."""

    def __init__(self, inner: faiss.Index, api: FakeFaiss) -> None:
        self._inner, self._api = inner, api
        self.asked: list[int] = []

    def add(self, rows: Vectors) -> None:
        if self._api.broken:
            raise RuntimeError("CUDA error 719\nand a long list of where it came from")
        self._inner.add(rows.astype(np.float16).astype(np.float32))

    def search(
        self, query: Vectors, k: int, *, params: faiss.SearchParameters | None
    ) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], np.ndarray[tuple[int, int], np.dtype[np.int64]]]:
        if self._api.broken:
            raise RuntimeError("CUDA error 719\nand a long list of where it came from")
        assert k <= MOST
        self.asked.append(k)
        if params is not None and not self._api.selects:
            params.sel = None
        scores, rows = self._inner.search(query, k, params=params)
        return scores, rows


class FakeResources:
    temporary = 0

    def setTempMemory(self, size: int) -> None:
        self.temporary = size


@dataclass
class FakeConfig:
    useFloat16: bool = False  # noqa: N815  its name


@dataclass
class FakeFaiss:
    selects: bool = False
    gpus: int = 1
    broken: bool = False
    made: list[FakeIndex] = field(default_factory=list)
    resources: list[FakeResources] = field(default_factory=list)

    def get_num_gpus(self) -> int:
        return self.gpus

    def StandardGpuResources(self) -> FakeResources:
        self.resources.append(FakeResources())
        return self.resources[-1]

    def GpuIndexFlatConfig(self) -> FakeConfig:
        return FakeConfig()

    def GpuIndexFlatIP(self, resources: FakeResources, dim: int, config: FakeConfig) -> FakeIndex:
        assert config.useFloat16
        assert resources.temporary == TEMPORARY
        return self._keep(FakeIndex(faiss.IndexFlatIP(dim), self))

    def GpuClonerOptions(self) -> object:
        return object()

    def index_cpu_to_gpu(self, resources: FakeResources, device: int, index: faiss.Index, how: object) -> FakeIndex:
        return self._keep(FakeIndex(index, self))

    def _keep(self, index: FakeIndex) -> FakeIndex:
        self.made.append(index)
        return index


def world(seed: int, pictures: int, dim: int = 12) -> tuple[Vectors, Owners]:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((pictures, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = np.repeat(np.arange(pictures), rng.integers(1, 5, pictures))[:pictures].astype(np.int32)
    return vectors, owners


def opened(
    api: FakeFaiss,
    vectors: Vectors,
    owners: Owners,
    *,
    free: int = PLENTY,
    cells: bool = False,
    lost: list[str] | None,
) -> tuple[GpuIndex, FaissIndex]:
    cpu = FaissIndex.build(vectors, owners, flat_up_to=0 if cells else 10**9)
    heard = lost if lost is not None else []
    gpu = open_on_gpu(
        cpu, vectors, owners, on_lost=heard.append, api=cast("Faiss", api), driver=lambda: None,
        free=lambda: free, speed=lambda: 1e12, place=here(cast("Faiss", api)),
    )  # fmt: skip
    return gpu, cpu


def same(one: Ranked, other: Ranked) -> bool:
    return [i for i, _ in one] == [i for i, _ in other] and bool(
        np.allclose([score for _, score in one], [score for _, score in other], atol=1e-6)
    )


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_gpu, "LEAST", 1)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    pictures=st.integers(1, 400),
    k=st.integers(1, 20),
    share=st.sampled_from((0.02, 0.3, 1.0)),
    selects=st.booleans(),
)
def test_it_answers_as_the_processor_in_any_scope_whether_selectors_are_kept_to_or_not(
    seed: int, pictures: int, k: int, share: float, selects: bool
) -> None:
    vectors, owners = world(seed, pictures)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faiss_gpu, "LEAST", 1)
        gpu, cpu = opened(FakeFaiss(selects=selects), vectors, owners, lost=None)
    assert gpu.selects == selects
    allowed = np.random.default_rng(seed).random(int(owners.max()) + 1) < share
    part = inside(allowed, owners)
    query = world(seed + 1, 1)[0][0]
    found = gpu.nearest(query, k, bitmap=part.bitmap, pictures=part.pictures)
    assert same(found, cpu.nearest(query, k, bitmap=part.bitmap, pictures=part.pictures))
    assert {product for product, _ in found} <= set(np.flatnonzero(allowed).tolist())
    assert same(gpu.nearest(query, k), cpu.nearest(query, k))


def test_what_a_scope_leaves_too_little_of_is_the_processors_to_answer() -> None:
    vectors, owners = world(2, 6000)
    api = FakeFaiss()
    gpu, cpu = opened(api, vectors, owners, lost=None)
    allowed = np.zeros(int(owners.max()) + 1, np.bool_)
    allowed[::50] = True
    part = inside(allowed, owners)
    worst = -vectors[np.flatnonzero(allowed)[0]]  # what is allowed lies anywhere
    found = gpu.nearest(worst, 20, bitmap=part.bitmap, pictures=part.pictures)
    assert same(found, cpu.nearest(worst, 20, bitmap=part.bitmap, pictures=part.pictures))
    assert max(api.made[-1].asked) <= MOST


def test_a_product_with_more_pictures_than_a_gpu_finds_at_once_does_not_crowd_out_the_others() -> None:
    vectors, _ = world(1, 3000)
    vectors[:2900] = vectors[0]
    owners = np.array([0] * 2900 + list(range(1, 101)), np.int32)
    gpu, cpu = opened(FakeFaiss(), vectors, owners, lost=None)
    assert same(gpu.nearest(vectors[0], 5), cpu.nearest(vectors[0], 5))


def test_memory_is_told_beforehand_and_refused_where_it_does_not_fit() -> None:
    million = 1_000_000
    assert plan_room(million, 512, has_cells=True, free=PLENTY).kind == "flat"
    assert plan_room(million, 512, has_cells=True, free=2 * 2**30).kind == "cells"
    for speed, kind in ((3.35e12, "flat"), (0.3e12, "cells"), (float("inf"), "flat")):  # an H100, an L4, nobody knows
        assert plan_room(10 * million, 512, has_cells=True, free=PLENTY, speed=speed).kind == kind
    assert plan_room(10 * million, 512, has_cells=False, free=PLENTY, speed=0.3e12).kind == "flat"
    with pytest.raises(GpuError, match=r"1000000 pictures of 512 numbers need 1.7 GiB .* 1.0 GiB are free"):
        plan_room(million, 512, has_cells=True, free=2**30)
    with pytest.raises(GpuError, match=r"need 2.7 GiB"):
        plan_room(million, 512, has_cells=False, free=2**30)


def test_cells_on_a_gpu_find_what_the_processors_find() -> None:
    vectors, owners = world(4, 4000)
    api = FakeFaiss(selects=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faiss_gpu, "plan_room", lambda *a, **k: faiss_gpu.Room("cells", 1, 1))
        gpu, cpu = opened(api, vectors, owners, cells=True, lost=None)
    part = inside(np.arange(int(owners.max()) + 1) % 3 == 0, owners)
    found = gpu.nearest(vectors[9], 10, bitmap=part.bitmap, pictures=part.pictures)
    assert same(found, cpu.nearest(vectors[9], 10, bitmap=part.bitmap, pictures=part.pictures))


def test_a_gpu_that_breaks_is_replaced_once_and_said() -> None:
    vectors, owners = world(5, 500)
    api, lost = FakeFaiss(), list[str]()
    gpu, cpu = opened(api, vectors, owners, lost=lost)
    api.broken = True
    assert same(gpu.nearest(vectors[3], 5), cpu.nearest(vectors[3], 5))
    api.broken = False
    assert same(gpu.nearest(vectors[3], 5), cpu.nearest(vectors[3], 5))
    assert lost == ["the GPU searches no more: CUDA error 719; the processor does"]
    assert str(gpu) == "processor, flat, in place of a GPU that was lost"


def test_every_index_has_resources_of_its_own() -> None:
    vectors, owners = world(5, 50)
    api = FakeFaiss()
    opened(api, vectors, owners, lost=None)
    opened(api, vectors, owners, lost=None)
    assert len(api.resources) == 2


def test_a_machine_without_a_gpu_says_what_is_missing() -> None:
    if not hasattr(faiss, "StandardGpuResources"):
        with pytest.raises(GpuError, match="install faiss-gpu"):
            usable(cast("Faiss", faiss))
    vectors, owners = world(5, 50)
    with pytest.raises(GpuError, match="faiss sees no GPU"):
        opened(FakeFaiss(gpus=0), vectors, owners, lost=None)
    with pytest.raises(GpuError, match="CUDA error 719"):
        opened(FakeFaiss(broken=True), vectors, owners, lost=None)


def test_few_pictures_stay_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_gpu, "LEAST", 51)
    vectors, owners = world(5, 50)
    with pytest.raises(GpuError, match="fewer than 51"):
        opened(FakeFaiss(), vectors, owners, lost=None)


def test_the_processor_keeps_to_selectors_and_one_that_does_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_processor()
    ignoring = FakeIndex(faiss.IndexFlatIP(8), FakeFaiss())
    ignoring.add(sample_rows())
    assert not keeps_to_selectors(cast("faiss.Index", ignoring), faiss.SearchParameters)
    check_processor.cache_clear()
    monkeypatch.setattr("indexes.selectors.keeps_to_selectors", lambda *_: False)
    with pytest.raises(GalleryError, match="a flat index finds rows that a selector forbids"):
        check_processor()
    check_processor.cache_clear()


class FakeDriver:
    """Answers zero to everything but what is broken, and tells how much is free."""

    def __init__(self, broken: str = "", code: int = 2, *, gpus: int = 1, cuda: int = 12_060) -> None:
        self.broken, self.code, self.calls = broken, code, list[str]()
        self.numbers = {"cuDeviceGetCount": gpus, "cuDriverGetVersion": cuda}

    def __getattr__(self, name: str) -> object:
        def call(*arguments: object) -> int:
            self.calls.append(name)
            if name == "cuMemGetInfo_v2":
                for at, size in zip(arguments, (7 << 30, 8 << 30), strict=True):
                    ctypes.cast(at, ctypes.POINTER(ctypes.c_size_t))[0] = size  # type: ignore[arg-type]
            if name in self.numbers:
                ctypes.cast(arguments[0], ctypes.POINTER(ctypes.c_int))[0] = self.numbers[name]  # type: ignore[arg-type]
            return self.code if name == self.broken else 0

        return call


def test_how_fast_its_memory_is_follows_from_clock_and_width() -> None:
    class L4(FakeDriver):
        def cuDeviceGetAttribute(self, out: object, what: int, _device: object) -> int:
            ctypes.cast(out, ctypes.POINTER(ctypes.c_int))[0] = {36: 6_251_000, 37: 192}[what]  # type: ignore[arg-type]
            return 0

    assert bytes_per_s(lambda _: L4()) == pytest.approx(300e9, rel=0.01)  # type: ignore[arg-type, return-value]
    silent = FakeDriver("cuDeviceGetAttribute")
    assert bytes_per_s(lambda _: silent) == float("inf")  # type: ignore[arg-type, return-value]


def test_free_memory_is_asked_of_the_driver_and_its_context_given_back() -> None:
    driver = FakeDriver()
    assert free_bytes(lambda _: driver) == 7 << 30  # type: ignore[arg-type, return-value]
    assert driver.calls[-2:] == ["cuCtxPopCurrent_v2", "cuDevicePrimaryCtxRelease_v2"]


@pytest.mark.parametrize("broken", ["cuInit", "cuDevicePrimaryCtxRetain", "cuMemGetInfo_v2"])
def test_a_driver_that_refuses_is_named(broken: str) -> None:
    with pytest.raises(GpuError, match="CUDA error 2"):
        free_bytes(lambda _: FakeDriver(broken))  # type: ignore[arg-type, return-value]


def test_no_driver_is_no_gpu() -> None:
    def load(name: str) -> FakeDriver:
        raise OSError(name)

    for ask in (free_bytes, check_driver):
        with pytest.raises(GpuError, match=r"no NVIDIA driver here \(libcuda.so.1 is not found\): search on") as told:
            ask(load)  # type: ignore[arg-type]
        assert told.value.expected


@pytest.mark.parametrize(
    ("driver", "said", "expected"),
    [
        (FakeDriver("cuInit", 803), "cannot start (CUDA error 803): check nvidia-smi", False),
        (FakeDriver("cuInit", 100), "sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES", True),
        (FakeDriver(gpus=0), "sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES", True),
        (FakeDriver("cuDeviceGetCount", 999), "cannot count GPUs (CUDA error 999)", False),
        (FakeDriver(cuda=11_040), "serves CUDA 11.4, faiss-gpu needs CUDA 12: update the NVIDIA driver", False),
    ],
)
def test_a_driver_that_would_make_faiss_end_the_process_is_told_before_it_is_asked(
    driver: FakeDriver, said: str, expected: bool
) -> None:
    never = FakeFaiss()
    never.get_num_gpus = pytest.fail  # type: ignore[method-assign]
    with pytest.raises(GpuError, match=re.escape(said)) as told:
        usable(cast("Faiss", never), driver=lambda: check_driver(lambda _: driver))  # type: ignore[arg-type, return-value]
    assert told.value.expected == expected


def test_a_driver_that_serves_is_let_through() -> None:
    usable(cast("Faiss", FakeFaiss()), driver=lambda: check_driver(lambda _: FakeDriver()))  # type: ignore[arg-type, return-value]


def apart(maker: str, vectors: Vectors, owners: Owners, lost: list[str], *, cells: bool = False) -> GpuIndex:
    """As a worker has it, but for the GPU."""
    cpu = FaissIndex.build(vectors, owners, flat_up_to=0 if cells else 10**9)
    return open_on_gpu(
        cpu, vectors, owners, on_lost=lost.append, api=cast("Faiss", FakeFaiss()), driver=lambda: None,
        free=lambda: PLENTY, speed=lambda: 1e12, place=partial(Apart, maker=f"indexes.fake:{maker}"),
    )  # fmt: skip


@pytest.mark.parametrize("cells", [False, True])
def test_a_process_of_its_own_finds_what_this_one_finds(cells: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if cells:
        monkeypatch.setattr(faiss_gpu, "plan_room", lambda *_, **__: faiss_gpu.Room("cells", 1, 1))
    monkeypatch.setattr("indexes.gpu_apart.ADD_ROWS", 300)
    vectors, owners = world(6, 1000)
    lost: list[str] = []
    gpu, cpu = apart("CpuAsGpu", vectors, owners, lost, cells=cells), FaissIndex.build(vectors, owners)
    part = inside(np.arange(int(owners.max()) + 1) % 3 == 0, owners)
    for query in vectors[:20]:
        assert same(gpu.nearest(query, 5), cpu.nearest(query, 5))
        found = gpu.nearest(query, 5, bitmap=part.bitmap, pictures=part.pictures)
        assert same(found, cpu.nearest(query, 5, bitmap=part.bitmap, pictures=part.pictures))
    assert not lost


def test_a_process_that_faiss_ends_costs_the_gpu_and_not_the_worker() -> None:
    vectors, owners = world(7, 400)
    lost: list[str] = []
    gpu, cpu = apart("CpuAsGpu", vectors, owners, lost), FaissIndex.build(vectors, owners)
    before = gpu.nearest(vectors[3], 5)
    os.kill(cast("Apart", gpu._copy).pid, signal.SIGKILL)
    assert gpu.nearest(vectors[3], 5) == gpu.nearest(vectors[3], 5) == cpu.nearest(vectors[3], 5)
    assert same(before, gpu.nearest(vectors[3], 5))
    (why,) = lost
    assert "the GPU searches no more: its process is gone" in why


def test_a_gpu_that_is_full_is_told_in_cudas_words_from_the_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.gpu_apart.ADD_ROWS", 100)
    vectors, owners = world(8, 1000)
    with pytest.raises(GpuError, match=r"^the GPU cannot hold 1000 pictures: CUDA error 2 out of memory$"):
        apart("FullGpu", vectors, owners, [])


def test_a_gpu_that_hangs_while_pictures_are_sent_there_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.gpu_apart.BUILT_S", 2.0)
    vectors, owners = world(9, 20_000)  # a megabyte, more than a pipe holds
    with pytest.raises(GpuError, match="the GPU cannot hold 20000 pictures: its process is gone"):
        apart("HungGpu", vectors, owners, [])


def test_the_other_process_ends_with_the_last_who_asks_it() -> None:
    vectors, owners = world(9, 100)
    gpu = apart("CpuAsGpu", vectors, owners, [])
    pid = cast("Apart", gpu._copy).pid
    del gpu
    for _ in range(10_000):
        if not Path(f"/proc/{pid}").exists():
            break
        threading.Event().wait(0.001)
    assert not Path(f"/proc/{pid}").exists()
