"""All patches of one picture with all of another: numpy's own product, whatever their number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.classic.patchwise import Vectors, likeness

pytestmark = pytest.mark.unit

counts = st.integers(0, 70)


def vectors(rng: np.random.Generator, count: int, *, half: bool) -> Vectors:
    found = rng.normal(size=(count, 64))
    return found.astype(np.float16) if half else found.astype(np.float32)


@given(counts, counts, st.booleans(), st.booleans())
def test_every_pair_is_numpy_s_product(ones: int, twos: int, half: bool, other: bool) -> None:
    rng = np.random.default_rng(ones * 100 + twos)
    one, two = vectors(rng, ones, half=half), vectors(rng, twos, half=other)
    told = likeness(one, two)
    assert told.shape == (ones, twos)
    assert told.dtype == np.float32
    assert told == pytest.approx(one.astype(np.float64) @ two.astype(np.float64).T, abs=1e-4)


def test_it_changes_nothing_that_it_is_given_and_keeps_what_it_told() -> None:
    one = np.eye(3, 64, dtype=np.float32)
    first = likeness(one, one)
    likeness(2 * one, one)
    assert (first == np.eye(3)).all()
    assert (one == np.eye(3, 64)).all()
