"""Words get the times of their sounds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.placing import HALF_S, placed
from engines.speech.sounding import Sounded
from engines.text.phones import PHONES, heard_as
from engines.text.sounding import Sounds

pytestmark = pytest.mark.unit


def said(words: str, at: list[float]) -> Sounded:
    phones = b"".join(heard_as(word) or b"" for word in words.split())
    against = np.full((len(PHONES), len(phones)), -6.0, np.float32)
    against[np.frombuffer(phones, np.uint8), np.arange(len(phones))] = 4.5
    return Sounded(np.array(at[: len(phones)]), Sounds(against, np.full(len(phones), -6.0, np.float32)))


def test_each_word_is_where_its_sounds_are() -> None:
    heard = said("green tea", [1.0, 1.1, 1.2, 1.3, 2.0, 2.1])
    green, tea = placed("Green tea!", heard, 3.0, 0.8)
    assert (green.text, tea.text) == ("green", "tea!")
    assert (green.start, green.end) == pytest.approx((1.0 - HALF_S, 1.3 + HALF_S))
    assert (tea.start, tea.end) == pytest.approx((2.0 - HALF_S, 2.1 + HALF_S))
    assert green.confidence == 0.8


def test_a_sentence_does_not_end_where_a_piece_was_cut_in_the_midst() -> None:
    heard = said("green tea", [1.0, 1.1, 1.2, 1.3, 2.0, 2.1])
    assert [word.text for word in placed("Green tea.", heard, 2.2, 1.0)] == ["green", "tea"]
    assert [word.text for word in placed("Green tea.", heard, 2.5, 1.0)] == ["green", "tea."]


def test_a_number_has_whatever_sounds_are_left_to_it() -> None:
    heard = said("only twenty euros", [i / 10 for i in range(20)])
    words = placed("only 20 euros", heard, 2.5, 1.0)
    assert [word.text for word in words] == ["only", "20", "euros"]
    assert words[1].end - words[1].start > 0.2


def test_what_sounds_behind_the_end_of_a_short_piece_is_within_it() -> None:
    """A piece of less than half a second is filled up with silence before it is heard."""
    (tea,) = placed("tea", said("tea", [0.35, 0.45]), 0.2, 1.0)
    assert (tea.start, tea.end) == (0.2, 0.2)


def test_words_without_any_sound_have_no_length() -> None:
    assert [(word.start, word.end) for word in placed("thank you", said("", []), 1.0, 1.0)] == [(0.0, 0.0)] * 2
    assert placed("- ...", said("tea", [0.1, 0.2]), 1.0, 1.0) == ()


def test_what_is_no_english_letter_is_no_word() -> None:
    heard = said("tea", [0.1, 0.2])
    assert [word.text for word in placed("2-3ตวบน café 绿茶 €5 it’s", heard, 1.0, 1.0)] == ["café", "€5", "it’s"]


@given(st.lists(st.sampled_from(["green", "tea", "wenfen", "20", "26.95", "the"]), min_size=1, max_size=6), st.data())
def test_words_follow_one_another_within_the_piece(words: list[str], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.sampled_from(["green", "tea", "shampoo", "only"]), max_size=5))
    heard = said(" ".join(other), [i / 12 for i in range(40)])
    told = placed(" ".join(words), heard, 3.5, 0.5)
    assert [word.text for word in told] == words
    assert all(word.start <= word.end <= 3.5 for word in told)
    assert all(a.end <= b.start for a, b in pairwise(told))


def test_what_sounds_behind_a_cut_is_no_word_of_this_piece() -> None:
    heard = said("green tea", [1.0, 1.1, 1.2, 1.3, 2.0, 2.1])
    (tea,) = placed("tea", heard, 3.0, 0.8, begun_s=1.5)
    assert (tea.start, tea.end) == pytest.approx((2.0 - HALF_S, 2.1 + HALF_S))
    assert placed("tea", said("", []), 3.0, 0.8, begun_s=1.5)[0].start == 1.5
