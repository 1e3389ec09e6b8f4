"""Names among sounds: made-up sounds as the network would tell them, from how words are said."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.speech.sounding import Sounded
from engines.speech.spotting import Spotting
from engines.text.phones import PHONES, heard_as
from engines.text.sounding import Sounds

pytestmark = pytest.mark.unit

PHRASES = (
    "camra", "camra almond shampoo", "camra walnut shampoo", "almond shampoo", "shampoo", "wenfen green tea",
    "green tea", "in jasmine", "jasmine", "better than the",
)  # fmt: skip
RIGHT, WRONG, NONE = 4.5, -6.0, -6.0  # bits
APART_S = 0.08


def sounded(text: str, blurred: float = 0.0, seed: int = 0) -> Sounded:
    """As it is said, a sound every 80 ms; so large a share of them is heard as something else."""
    phones = [phone for word in text.split() for phone in heard_as(word) or b""]
    rng = np.random.default_rng(seed)
    against = np.full((len(PHONES), len(phones)), WRONG, np.float32)
    for place, phone in enumerate(phones):
        heard = int(rng.integers(len(PHONES))) if rng.random() < blurred else phone
        against[heard, place] = RIGHT
    return Sounded(
        np.arange(len(phones)) * np.float64(APART_S), Sounds(against, np.full(len(phones), NONE, np.float32))
    )


def named(text: str, phrases: tuple[str, ...] = PHRASES, blurred: float = 0.0, seed: int = 0) -> str:
    return " ".join(word.text for word in Spotting(phrases).names(sounded(text, blurred, seed)))


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("next up is the camra almond shampoo for you", "camra almond shampoo"),
        ("i like it better than the wenfen green tea in jasmine", "better than the wenfen green tea in jasmine"),
        ("just look at how nicely this is made", ""),
        ("welcome everybody so nice to see you all", ""),
    ],
)
def test_names_are_found_in_talk_and_talk_is_none(said: str, names: str) -> None:
    assert named(said) == names


def test_a_name_of_which_a_part_is_misheard_is_still_that_name() -> None:
    found = [named("here i have the camra almond shampoo for you", blurred=0.15, seed=seed) for seed in range(20)]
    assert sum("almond shampoo" in names for names in found) >= 15
    assert not any("walnut" in names for names in found)


def test_what_could_as_well_be_another_is_told_as_neither() -> None:
    both = Spotting(("balora", "balola"))
    heard = sounded("here i have the balora for you")
    assert [word.text for word in both.names(heard)] == ["balora"]
    other = sounded("here i have the balola for you")
    unsure = Sounds(np.maximum(heard.heard.against, other.heard.against), heard.heard.added)
    assert both.names(heard._replace(heard=unsure)) == []


def test_a_word_of_which_nothing_was_heard_is_not_added() -> None:
    assert named("and now the green tea everybody") == "green tea"


def test_words_are_where_their_sounds_are() -> None:
    words = Spotting(PHRASES).names(sounded("here i have the camra almond shampoo for you"))
    before = len(b"".join(heard_as(word) or b"" for word in ("here", "i", "have", "the")))
    assert words[0].start == pytest.approx(before * APART_S, abs=0.06)
    assert all(a.end == b.start for a, b in pairwise(words))
    assert all(word.confidence > 0.9 for word in words)


def test_of_no_sounds_and_of_no_phrases_nothing_comes() -> None:
    assert named("") == ""
    assert named("green tea", ()) == ""


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*PHRASES, "look at this", "today", "everybody"]), max_size=6), st.integers(0, 9))
def test_names_never_overlap_and_are_phrases(said: list[str], seed: int) -> None:
    heard = sounded(" ".join(said), blurred=0.2, seed=seed)
    words = Spotting(PHRASES).names(heard)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(words))
    assert {word.text for word in words} <= {word for phrase in PHRASES for word in phrase.split()}
    assert all(0 <= word.start <= word.end and 0 < word.confidence <= 1 for word in words)


def test_prices_and_sizes_are_talk_however_they_are_heard() -> None:
    said = "that is one hundred grams"
    assert not any(named(said, ("hand cream", "hundred creams"), blurred=0.15, seed=seed) for seed in range(30))
