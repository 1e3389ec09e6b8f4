"""A picture that stands still is known as such, whatever runs over a tenth of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Encoded, Patches
from stream.matching import FROZEN, FROZEN_SHARE, Query, is_frozen
from stream.types import View

if TYPE_CHECKING:
    from indexes.scope import Scope
    from stream.types import Image

pytestmark = pytest.mark.unit


def view(thumb: Image) -> View:
    nothing = Patches(np.zeros((0, 2), np.float16), np.zeros((0, 4), np.float32), thumb)
    return View(at=0.0, encoded=Encoded(np.ones(2, np.float32), nothing), wall=0.0)


def frozen(before: Image, now: Image) -> bool:
    return is_frozen(Query(view(now), [view(before)], cast("Scope", None)))


@given(st.integers(0, 10_000), st.floats(0, 0.2))
def test_a_picture_is_frozen_where_numpy_says_that_a_tenth_at_most_changed(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 256, (30, 40, 3), np.uint8)
    now = np.clip(before + rng.integers(-3, 4, before.shape), 0, 255).astype(np.uint8)
    other = rng.random((30, 40)) < share
    now[other] = rng.integers(0, 256, (int(other.sum()), 3))
    changed = np.sort(np.abs(before.astype(np.int16) - now).mean(axis=2).ravel())
    enough = int(np.ceil(FROZEN_SHARE * changed.size))
    assert frozen(before, now) == (changed[enough - 1] <= FROZEN)


def test_a_picture_of_another_shape_is_another_picture() -> None:
    assert not frozen(np.zeros((30, 40, 3), np.uint8), np.zeros((40, 30, 3), np.uint8))
    assert frozen(np.zeros((30, 40, 3), np.uint8), np.zeros((30, 40, 3), np.uint8))
