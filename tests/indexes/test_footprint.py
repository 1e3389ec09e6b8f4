"""The memory that is said beforehand is what the files and the indexes then take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.faiss_cpu import FaissIndex
from indexes.footprint import footprint, footprint_of, in_words, likeness, on_gpu, votes
from indexes.manifest import read_manifest
from indexes.voting import PatchIndex

if TYPE_CHECKING:
    from pathlib import Path

    from tests.indexes.conftest import Shop

pytestmark = pytest.mark.unit


def unit(count: int, dim: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    vectors = np.random.default_rng(1).standard_normal((count, dim)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("pictures", [3000, 52_000])
def test_likeness_takes_what_was_said(tmp_path: Path, pictures: int) -> None:
    """An index written to a file is its memory, a few bytes of head aside."""
    vectors = unit(pictures, 16)
    FaissIndex.build(vectors, np.arange(pictures, dtype=np.int32)).save(tmp_path / "cells")
    assert (tmp_path / "cells").stat().st_size == pytest.approx(likeness(pictures, 16), rel=0.01)


@pytest.mark.parametrize("patches", [500, 9000])
def test_votes_take_what_was_said(tmp_path: Path, patches: int) -> None:
    PatchIndex.build(unit(patches, 8).astype(np.float16), np.zeros(patches, np.int32)).save(tmp_path)
    there = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert there == pytest.approx(votes(patches, 8), rel=0.05)


def test_a_gallery_tells_its_own(shop: Shop) -> None:
    shop.write(30, pictures=2).build()
    manifest = read_manifest(shop.out)
    told = footprint_of(manifest)
    thumbs = manifest.files["thumbs.npy"].bytes
    said = footprint(
        pictures=manifest.pictures,
        dim=manifest.dim,
        patches=manifest.patches,
        patch_dim=manifest.patch_dim,
        voting=manifest.patches,
        thumbs=thumbs,
    )
    assert told.likeness == said.likeness
    assert told.votes == pytest.approx(said.votes, rel=0.1)
    assert said.mapped <= told.mapped <= said.mapped + 4096
    assert told.private == told.likeness + told.votes


@given(st.integers(1, 10**8), st.integers(1, 2048))
def test_more_pictures_never_take_less_but_where_they_go_into_cells(pictures: int, dim: int) -> None:
    assert likeness(pictures + 60_000, dim) > 0
    assert on_gpu(pictures, dim, half=True) < on_gpu(pictures, dim, half=False)
    assert on_gpu(pictures + 1, dim, half=True) > on_gpu(pictures, dim, half=True)


def test_a_million_pictures_of_512_numbers_take_half_a_gigabyte_here_and_one_on_a_gpu() -> None:
    assert in_words(likeness(1_000_000, 512)) == "503.9 MiB"
    assert in_words(on_gpu(1_000_000, 512, half=True)) == "980.4 MiB"
    assert in_words(12) == "12 bytes"
    assert in_words(3 * 2**30) == "3.0 GiB"
