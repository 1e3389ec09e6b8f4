"""Many strings laid along a text abreast: what laying each by itself tells, to the last quarter of a bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.text.abreast import Abreast
from engines.text.fitting import FAR, fitted, strings_of
from engines.text.mishearing import BARRIER, STEP, mishearing
from engines.text.sounding import spelt

pytestmark = pytest.mark.unit

STRINGS = st.lists(st.lists(st.integers(0, BARRIER - 1), max_size=12).map(bytes), min_size=1, max_size=12)
HEARD = st.lists(st.integers(0, BARRIER), max_size=40).map(lambda sounds: np.array(sounds, np.intp))
BORDERS = st.lists(st.integers(0, 40), max_size=8)


@settings(deadline=None)
@given(STRINGS, HEARD, BORDERS, BORDERS)
def test_it_tells_what_each_string_by_itself_comes_to(
    strings: list[bytes], heard: np.ndarray, begins: list[int], ends: list[int]
) -> None:
    starts = np.full(len(heard) + 1, -(10**6))
    starts[[0, *(begin for begin in begins if begin <= len(heard))]] = 0
    starts[-1] += 12
    starts[0] = 0
    at = np.array(sorted(end for end in ends if end <= len(heard)), np.intp)
    known = fitted(
        strings_of(strings),
        spelt(heard),
        np.where(starts < -1000, FAR, starts * STEP).astype(np.float32),
        mishearing().dropped,
    )
    assert (Abreast(strings).ends(heard, starts, at) * STEP == known[:, at]).all()


@settings(deadline=None)
@given(STRINGS, HEARD)
def test_what_travels_along_tells_the_first_of_the_best_beginnings(strings: list[bytes], heard: np.ndarray) -> None:
    borders = np.arange(len(heard) + 1)
    count = len(borders)
    ends = Abreast(strings).ends(heard, count - 1 - borders, borders, scale=count)
    firsts = count - 1 - ends % count
    for begin in borders.tolist():
        alone = np.full(count, -(10**6))
        alone[begin] = 0
        if begin:
            alone = alone[begin:]
        got = Abreast(strings).ends(heard[begin:], alone, np.arange(count - begin))
        best = (ends // count)[:, begin:]
        assert (got <= best).all()
        assert ((firsts[:, begin:] <= begin) | (got < best)).all()
        assert ((firsts[:, begin:] != begin) | (got == best)).all()


def test_a_text_that_is_long_takes_larger_numbers() -> None:
    strings = [bytes([3, 7, 20] * 4), bytes([5])]
    heard = np.array([3, 7, 20, BARRIER] * 500, np.intp)
    starts, at = np.zeros(len(heard) + 1, np.int64), np.arange(len(heard) + 1)
    anywhere = np.zeros(len(at), np.float32)
    known = fitted(strings_of(strings), spelt(heard), anywhere, mishearing().dropped)
    assert (Abreast(strings).ends(heard, starts, at) * STEP == known).all()


def test_many_strings_are_laid_in_several_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    strings = [bytes(rng.integers(0, BARRIER, rng.integers(1, 20)).tolist()) for _ in range(50)]
    heard, starts = rng.integers(0, BARRIER, 30), np.zeros(31, np.int64)
    at = np.arange(31)
    together = Abreast(strings).ends(heard, starts, at)
    monkeypatch.setattr("engines.text.abreast.CELLS", 60)
    assert (Abreast(strings).ends(heard, starts, at) == together).all()
