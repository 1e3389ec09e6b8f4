"""Words over the loud parts of a piece: in order, inside it, none in a pause."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.base import RATE
from engines.speech.spread import spread

pytestmark = pytest.mark.unit


@given(
    words=st.lists(st.text("abcdé'.,?", min_size=1, max_size=12), max_size=20),
    levels=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    extra=st.integers(0, 2000),
)
def test_words_lie_in_the_piece_one_after_the_other(words: list[str], levels: list[float], extra: int) -> None:
    noise = np.random.default_rng(1).normal(size=len(levels) * 1600 + extra).astype(np.float32)
    loudness = np.concatenate([np.repeat(np.asarray(levels, np.float32), 1600), np.zeros(extra, np.float32)])
    placed = spread(" ".join(words), noise * loudness, 0.7)
    assert len(placed) <= len(words)
    assert all(0 <= word.start < word.end <= len(noise) / RATE for word in placed)
    assert all(before.end <= after.start for before, after in pairwise(placed))
    assert all(word.text.strip(".,?") and word.confidence == 0.7 for word in placed)


def test_nothing_is_said_in_a_pause() -> None:
    loud, still = np.full(RATE, 0.1, np.float32), np.zeros(2 * RATE, np.float32)
    first, second = spread("here there", np.concatenate([loud, still, loud]), 1.0)
    assert first.start == pytest.approx(0, abs=0.05)
    assert first.end == pytest.approx(1.0, abs=0.3)
    assert second.start >= 0.8
    assert second.end == pytest.approx(4.0, abs=0.05)


def test_what_is_too_short_for_a_word_says_none() -> None:
    assert spread("yes", np.zeros(100, np.float32), 1.0) == ()
    assert spread("  ", np.zeros(RATE, np.float32), 1.0) == ()
