"""Strings of sounds laid against text: many at once as one alone, and as by the book."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.text.fitting import fitted, strings_of, traced
from engines.text.mishearing import BARRIER, mishearing
from engines.text.sounding import spelt

pytestmark = pytest.mark.unit

SOUNDS = st.binary(min_size=1, max_size=7).map(lambda raw: bytes(byte % BARRIER for byte in raw))
NOWHERE_ELSE = -1e6


def laid(said: bytes, heard: bytes) -> float:
    """All of one against all of the other, cell by cell."""
    table = mishearing()
    best = np.full((len(said) + 1, len(heard) + 1), -np.inf)
    best[0, 0] = 0.0
    for i in range(len(said) + 1):
        for j in range(len(heard) + 1):
            if i and j:
                best[i, j] = max(best[i, j], best[i - 1, j - 1] + table.swapped[said[i - 1], heard[j - 1]])
            if i:
                best[i, j] = max(best[i, j], best[i - 1, j] + table.dropped[said[i - 1]])
            if j:
                best[i, j] = max(best[i, j], best[i, j - 1] + table.added[heard[j - 1]])
    return float(best[-1, -1])


def numbers(heard: bytes) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.frombuffer(heard, np.uint8).astype(np.intp)


@settings(max_examples=60)
@given(st.lists(SOUNDS, min_size=1, max_size=5), SOUNDS)
def test_all_at_once_are_as_each_by_the_book(said: list[bytes], heard: bytes) -> None:
    starts = np.full(len(heard) + 1, NOWHERE_ELSE, np.float32)
    starts[0] = 0.0
    together = fitted(strings_of(said), spelt(numbers(heard)), starts, mishearing().dropped)
    for row, string in zip(together, said, strict=True):
        assert row[-1] == pytest.approx(laid(string, heard), abs=1e-2)


@settings(max_examples=60)
@given(SOUNDS, SOUNDS, SOUNDS)
def test_a_string_is_found_wherever_it_is(before: bytes, said: bytes, after: bytes) -> None:
    heard = before + said + after
    anywhere = np.zeros(len(heard) + 1, np.float32)
    scores = fitted(strings_of([said]), spelt(numbers(heard)), anywhere, mishearing().dropped)[0]
    assert scores[len(before) + len(said)] >= laid(said, said) - 1e-2


@settings(max_examples=60)
@given(SOUNDS, SOUNDS)
def test_what_each_sound_explains_adds_up(said: bytes, heard: bytes) -> None:
    bits, owners = traced(said, spelt(numbers(heard)), mishearing().dropped)
    assert sum(bits) == pytest.approx(laid(said, heard), abs=1e-2)
    assert owners == sorted(owners)
    assert len(owners) == len(heard)


def test_a_sound_is_likeliest_heard_as_itself() -> None:
    swapped = mishearing().swapped[:, :BARRIER]
    assert (np.diag(swapped) > 0).all()
    assert (swapped.argmax(axis=1) == np.arange(BARRIER)).all()


def test_nothing_goes_over_a_barrier() -> None:
    table = mishearing()
    assert table.swapped[:, BARRIER].max() < -20
    assert table.added[BARRIER] < -20
