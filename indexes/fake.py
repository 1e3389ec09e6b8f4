"""A scope whose gallery nobody searches, and a GPU that is none: for tests and benchmarks."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import faiss
import numpy as np

from indexes.scope import Scope

if TYPE_CHECKING:
    from indexes.gallery import Gallery


@dataclass(frozen=True, slots=True)
class _Unsearched:
    version: str

    def find(self, _product_id: str) -> int:
        """A script tells of nothing but what is there."""
        return 0


def scripted_scope(products: int, version: str = "scripted") -> Scope:
    return Scope(cast("Gallery", _Unsearched(version)), np.arange(products, dtype=np.int32), ())


class CpuAsGpu:
    """What `gpu_copy` asks of FAISS, answered by the processor. Made by name, in whichever process."""

    GpuIndexFlatConfig = GpuClonerOptions = SimpleNamespace

    def get_num_gpus(self) -> int:
        return 1

    def StandardGpuResources(self) -> SimpleNamespace:  # noqa: N802  its name
        return SimpleNamespace(setTempMemory=lambda _: None)

    def GpuIndexFlatIP(self, _resources: object, dim: int, _config: object) -> faiss.Index:  # noqa: N802  its name
        return faiss.IndexFlatIP(dim)

    def index_cpu_to_gpu(self, _resources: object, _device: int, index: faiss.Index, _how: object) -> faiss.Index:
        return index


class HungGpu(CpuAsGpu):
    def get_num_gpus(self) -> int:
        return int(threading.Event().wait())  # for ever


class FullGpu(CpuAsGpu):
    def GpuIndexFlatIP(self, *_: object) -> faiss.Index:  # noqa: N802  its name
        raise RuntimeError("CUDA error 2 out of memory\nand where it came from")
