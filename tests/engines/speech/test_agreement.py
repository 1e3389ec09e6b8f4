"""Two readings that agree make a word certain; nothing certain is taken back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.agreement import Agreement
from engines.speech.base import Word

pytestmark = pytest.mark.unit

spans = st.tuples(st.floats(0, 20), st.floats(0.01, 1), st.sampled_from(["honey", "oat", "tea"]))
readings = st.lists(
    st.lists(spans, max_size=6).map(lambda many: sorted(Word(s, s + d, t, 1.0) for s, d, t in many)), max_size=6
)


def said(text: str, first: float = 0.0) -> list[Word]:
    return [Word(first + i, first + i + 0.8, word, 1.0) for i, word in enumerate(text.split())]


def test_a_word_is_certain_at_its_second_reading() -> None:
    ear = Agreement()
    assert ear.push(said("honey oak")) == []
    assert [word.text for word in ear.push(said("honey oat crunch"))] == ["honey"]
    assert [word.text for word in ear.push(said("honey oat crunch"))] == ["oat", "crunch"]


def test_settling_gives_what_is_left_and_nothing_twice() -> None:
    ear = Agreement()
    ear.push(said("green tea"))
    ear.push(said("green tree"))
    assert [word.text for word in ear.settle(said("green tea"))] == ["tea"]
    assert ear.settle(said("green tea")) == []


def test_the_same_word_at_another_place_is_no_agreement() -> None:
    ear = Agreement()
    ear.push(said("tea", first=1.0))
    assert ear.push(said("tea", first=3.0)) == []


@given(readings)
def test_committed_words_never_overlap_nor_go_back(many: list[list[Word]]) -> None:
    ear = Agreement()
    out = [word for reading in many for word in ear.push(reading)]
    out += ear.settle(many[-1] if many else [])
    assert all(word.start <= word.end for word in out)
    assert all(a.end <= b.start for a, b in pairwise(out))


def test_a_name_that_is_sure_takes_along_what_was_read_before_it() -> None:
    ear = Agreement()
    ear.push(said("next i pissed wenfen tea"))
    reading = said("next up is wenfen tea")
    assert [word.text for word in ear.push(reading, names=reading[3:4])] == ["next", "up", "is", "wenfen"]
    assert [word.text for word in ear.settle(said("next up is wenfen tea"))] == ["tea"]


def test_a_name_that_was_not_read_twice_waits() -> None:
    ear = Agreement()
    ear.push(said("next up is when"))
    reading = [word._replace(confidence=0.8) for word in said("next i is wenfen")]
    assert [word.text for word in ear.push(reading, names=reading[3:])] == ["next"]


def test_a_name_understood_late_is_given_where_other_words_were() -> None:
    ear = Agreement()
    for _ in range(2):
        ear.push(said("here is al c gummy"))
    name = [Word(2.0, 3.1, "elifen", 1.0), Word(3.1, 4.7, "honey", 1.0), Word(4.8, 5.5, "oat", 1.0)]
    assert [word.text for word in ear.settle([*said("here is"), *name], name)] == ["honey", "oat"]


def test_a_name_that_was_read_as_such_before_it_was_heard_by_its_sounds_is_no_news() -> None:
    ear = Agreement()
    reading = [word._replace(start=word.start / 2, end=word.start / 2 + 0.4) for word in said("green tea is nice")]
    ear.push(reading)
    assert [word.text for word in ear.push(reading)] == ["green", "tea", "is", "nice"]
    assert ear.push(reading, reading[:2]) == []
    assert ear.settle(reading, reading[:2]) == []


def test_a_name_is_given_once_however_its_borders_move() -> None:
    ear = Agreement()
    first = [Word(0.0, 1.0, "green", 1.0), Word(1.0, 2.0, "tea", 1.0)]
    moved = [Word(0.1, 1.1, "green", 1.0), Word(1.1, 2.2, "tea", 1.0)]
    assert [word.text for word in ear.push(first, first)] == ["green", "tea"]
    assert ear.push(moved, moved) == []
    assert ear.settle(first, first) == []


@given(readings)
def test_names_never_overlap_nor_go_back_either(many: list[list[Word]]) -> None:
    ear = Agreement()
    out = [word for reading in many for word in ear.push(reading, reading[1::2])]
    out += ear.settle(many[-1] if many else [], many[-1][::2] if many else [])
    assert all(word.start <= word.end for word in out)
    assert all(a.end <= b.start for a, b in pairwise(out))


def test_a_word_is_not_given_again_where_its_borders_move_a_lot() -> None:
    ear = Agreement()
    tea = [Word(1.0, 1.1, "tea", 1.0)]
    longer = [Word(1.02, 1.4, "tea", 1.0), Word(1.4, 1.8, "ginger", 1.0)]
    assert [word.text for word in ear.push(tea, tea)] == ["tea"]
    assert [word.text for word in ear.push(longer, longer)] == ["ginger"]
