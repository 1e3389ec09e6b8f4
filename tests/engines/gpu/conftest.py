"""TensorRT on the processor: the fake in the real one's place, as if it were installed."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from tests import trt_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture
def trt(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`engines.gpu.trt` over the fake; gone again afterwards, so that no other test finds TensorRT."""
    monkeypatch.setitem(sys.modules, "tensorrt", trt_fake)
    monkeypatch.setattr(trt_fake, "faults", trt_fake.Faults())
    yield importlib.import_module("engines.gpu.trt")
    sys.modules.pop("engines.gpu.trt", None)
    package = sys.modules["engines.gpu"]
    if hasattr(package, "trt"):
        delattr(package, "trt")
