"""Words as sounds, from the dictionary and from letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text.phones import PHONES, heard_as, is_listed, said_as

pytestmark = pytest.mark.unit


def spelt(phones: bytes) -> str:
    return " ".join(PHONES[phone] for phone in phones)


@pytest.mark.parametrize(
    ("word", "ways"),
    [
        ("read", ["R EH D", "R IY D"]),
        ("Shampoo", ["SH AE M P UW"]),
        ("'bout", ["B AW T"]),  # the first line of the dictionary
        ("zywicki", ["Z IH W IH K IY"]),
        ("c", ["S IY"]),
        ("7", ["S EH V AH N"]),
    ],
)
def test_the_dictionary_knows_how_a_word_is_said(word: str, ways: list[str]) -> None:
    assert [spelt(way) for way in said_as(word)] == ways


def test_a_made_up_name_is_said_by_its_letters_with_open_vowels_too() -> None:
    ways = [spelt(way) for way in said_as("bralane")]
    assert ways[:2] == ["B R AE L EY N", "B R AA L EY N"]


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("Elephant,", "EH L AH F AH N T"),
        ("l.i.b.", "EH L AY B IY"),
        ("t-sharp", "T IY SH AA R P"),
        ("o2", "OW T UW"),
        ("don't", "D OW N T"),
        ("don’t", "D OW N T"),
        ("...", ""),
        ("云朵", ""),
    ],
)
def test_a_heard_word_is_what_all_of_its_pieces_sound_like(text: str, sounds: str) -> None:
    heard = heard_as(text)
    assert heard is not None
    assert spelt(heard) == sounds


@pytest.mark.parametrize("text", ["27.99", "1,50", "500", "2024"])
def test_a_price_sounds_like_no_name(text: str) -> None:
    assert heard_as(text) is None


@given(st.text(max_size=12))
def test_whatever_is_written_has_sounds_or_none(text: str) -> None:
    for phones in (*said_as(text), heard_as(text) or b""):
        assert all(phone < len(PHONES) for phone in phones)


def test_a_word_that_people_say_is_told_from_one_that_was_made_up() -> None:
    assert is_listed("Definition")
    assert not is_listed("bralane")
    assert not is_listed("云朵")
    assert not is_listed("")
