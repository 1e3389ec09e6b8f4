"""Real bundles for tests: small ones with random weights."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def _small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="writing a graph needs the extra `models`")
    from benchmarks.small_bundle import make_small_bundle

    folder = tmp_path_factory.mktemp("bundles") / "small"
    return make_small_bundle(folder, dim=16, patch_dim=8, size=64, width=16)


@pytest.fixture
def small_bundle(_small_bundle: Path, tmp_path: Path) -> Path:
    """A bundle of one's own, to be damaged at will."""
    return shutil.copytree(_small_bundle, tmp_path / "small")
