"""The same promises of the gallery's search on a real GPU, with a build of FAISS that knows one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexes import faiss_gpu
from indexes.errors import GpuError
from indexes.faiss_cpu import FaissIndex
from indexes.faiss_gpu import LEAST, Room, open_on_gpu, usable
from indexes.gpu_copy import FAISS
from indexes.gpu_memory import free_bytes
from indexes.segment import inside

if TYPE_CHECKING:
    from indexes.exact import Owners, Ranked
    from indexes.faiss_gpu import GpuIndex
    from indexes.gpu_copy import Kind
    from indexes.picture import Vectors

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

PICTURES, DIM, K = 60_000, 64, 12


@pytest.fixture(scope="module", autouse=True)
def _gpu() -> None:
    try:
        usable(FAISS)
    except GpuError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def world() -> tuple[Vectors, Owners]:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((PICTURES, DIM)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, np.repeat(np.arange(PICTURES // 3), 3).astype(np.int32)


def never(why: str) -> None:
    raise AssertionError(f"lost: {why}")


def opened(world: tuple[Vectors, Owners], kind: Kind, monkeypatch: pytest.MonkeyPatch) -> tuple[GpuIndex, FaissIndex]:
    cpu = FaissIndex.build(*world)
    monkeypatch.setattr(faiss_gpu, "plan_room", lambda *_, **__: Room(kind, 0, 0))
    return open_on_gpu(cpu, *world, on_lost=never), cpu


def share(found: Ranked, right: Ranked) -> float:
    return len({i for i, _ in found} & {i for i, _ in right}) / len(right)


@pytest.mark.parametrize(("kind", "least"), [("flat", 1.0), ("cells", 0.95)])
def test_a_gpu_finds_what_the_processor_finds_and_nothing_outside_its_scope(
    world: tuple[Vectors, Owners], kind: Kind, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu, _ = opened(world, kind, monkeypatch)
    vectors, owners = world
    oracle = FaissIndex.build(vectors, owners, flat_up_to=PICTURES)
    for every in (1, 2, 7, 40):
        allowed = np.arange(int(owners.max()) + 1) % every == 0
        part = inside(allowed, owners)
        shares = []
        for query in vectors[:40]:
            found = gpu.nearest(query, K, bitmap=part.bitmap, pictures=part.pictures)
            assert {i for i, _ in found} <= set(np.flatnonzero(allowed).tolist())
            shares.append(share(found, oracle.nearest(query, K, bitmap=part.bitmap, pictures=part.pictures)))
        assert np.mean(shares) >= least


def test_threads_may_ask_at_once(world: tuple[Vectors, Owners], monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, _ = opened(world, "flat", monkeypatch)
    alone = [gpu.nearest(query, K) for query in world[0][:200]]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda query: gpu.nearest(query, K), world[0][:200])) == alone


def test_it_holds_no_more_memory_than_it_says(world: tuple[Vectors, Owners]) -> None:
    assert len(world[0]) >= LEAST
    before = free_bytes()
    gpu = open_on_gpu(FaissIndex.build(*world), *world, on_lost=never)
    assert before - free_bytes() <= gpu.room.peak + (512 << 20)  # CUDA itself, and cuBLAS
