"""Real bundles for tests: small ones with random weights; and TensorRT on the processor, as if it were installed."""

from __future__ import annotations

import importlib
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests import trt_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType


@pytest.fixture(scope="session")
def _small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="writing a graph needs the extra `models`")
    from benchmarks.small_bundle import make_small_bundle

    folder = tmp_path_factory.mktemp("bundles") / "small"
    return make_small_bundle(folder, dim=16, patch_dim=8, size=64, width=16)


@pytest.fixture(scope="session")
def _small_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="writing a graph needs the extra `models`")
    from benchmarks.small_bundle import make_small_bundle

    folder = tmp_path_factory.mktemp("bundles") / "blocks"
    return make_small_bundle(folder, name="blocks", dim=64, patch_dim=64, size=64, width=32, blocks=2)


@pytest.fixture
def small_transformer(_small_transformer: Path, tmp_path: Path) -> Path:
    """One with blocks such as eight bits are for, to be damaged at will."""
    return shutil.copytree(_small_transformer, tmp_path / "blocks")


@pytest.fixture
def small_bundle(_small_bundle: Path, tmp_path: Path) -> Path:
    """A bundle of one's own, to be damaged at will."""
    return shutil.copytree(_small_bundle, tmp_path / "small")


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
