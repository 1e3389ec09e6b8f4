"""Which patches of a view are new: what lies still is not, whatever the camera does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Patches
from stream.moved import moved

pytestmark = pytest.mark.unit

DIM = 32
NO_THUMB = np.zeros((0, 0, 3), np.uint8)


def patches(places: list[tuple[float, float]], seeds: list[int]) -> Patches:
    """A patch a seed: the same seed looks the same anywhere."""
    vectors = np.array([np.random.default_rng(seed).normal(size=DIM) for seed in seeds]).reshape(-1, DIM)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    there = np.array([(x, y, 0.1, 0.0) for x, y in places], np.float32).reshape(-1, 4)
    return Patches(vectors.astype(np.float16), there, NO_THUMB)


TABLE = [(0.1 + 0.03 * n, 0.8 - 0.01 * n) for n in range(24)]
SEEDS = list(range(24))


def shifted(x: float, y: float) -> list[tuple[float, float]]:
    return [(a + x, b + y) for a, b in TABLE]


def test_what_lies_where_it_lay_has_not_moved() -> None:
    assert not moved(patches(TABLE, SEEDS), patches(TABLE, SEEDS)).any()


def test_what_a_hand_brings_has_moved_and_the_table_has_not() -> None:
    now = patches([*TABLE, (0.5, 0.3)], [*SEEDS, 99])
    assert moved(now, patches(TABLE, SEEDS)).tolist() == [False] * 24 + [True]


def test_what_is_taken_from_the_table_has_moved() -> None:
    now = patches([(0.5, 0.3), *TABLE[1:]], SEEDS)
    assert moved(now, patches(TABLE, SEEDS)).tolist() == [True] + [False] * 23


@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_the_camera_moves_everything_alike_and_nothing_is_new(x: float, y: float) -> None:
    assert not moved(patches(shifted(x, y), SEEDS), patches(TABLE, SEEDS)).any()


def test_few_patches_do_not_tell_what_the_camera_did() -> None:
    now, before = patches([(0.6, 0.3)], [7]), patches([(0.5, 0.3)], [7])
    assert moved(now, before).tolist() == [True]


def test_beside_an_empty_view_all_is_new_and_an_empty_view_has_nothing() -> None:
    nothing = patches([], [])
    assert moved(patches(TABLE, SEEDS), nothing).all()
    assert moved(nothing, patches(TABLE, SEEDS)).shape == (0,)
