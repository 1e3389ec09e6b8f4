"""What a speech engine is told to listen for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text import CUE_PHRASES, ProductWords, phrases_of
from engines.text.cues import find_cues
from engines.text.normalise import tokenise

if TYPE_CHECKING:
    from random import Random

pytestmark = pytest.mark.unit


def test_brands_and_what_tells_look_alikes_apart_come_first(shop: tuple[ProductWords, ...]) -> None:
    first = phrases_of(shop, most=12)
    assert {"bravo", "fjondo", "quissa", "nosto", "mint", "ginger"} <= set(first)
    assert "green tea" in phrases_of(shop)


def test_of_look_alikes_what_they_are_called_without_their_name_is_listened_for() -> None:
    pair = [ProductWords(f, f"Velkko Oat Crunch {f}, 375 g", "Velkko", group="oats") for f in ("Honey", "Dark Cocoa")]
    phrases = phrases_of(pair)
    assert {"in honey", "the honey one", "in dark cocoa", "the dark cocoa one"} <= {*phrases}
    assert not {"in velkko", "in oat", "in crunch"} & {*phrases}


def test_phrases_are_words_that_can_be_said(shop: tuple[ProductWords, ...]) -> None:
    phrases = phrases_of(shop)
    assert len(set(phrases)) == len(phrases)
    assert all(word.isalpha() and word == word.casefold() for phrase in phrases for word in phrase.split())
    assert all(len(phrase.split()) <= 4 for phrase in phrases)


def test_words_that_anybody_says_are_listened_for_only_with_others(shop: tuple[ProductWords, ...]) -> None:
    phrases = phrases_of(shop, most=1000)
    assert "day" not in phrases
    assert "serum day" in phrases
    assert "the ordinary" in phrases


def test_plurals_are_listened_for_as_they_are_said() -> None:
    assert "gummy bears" in phrases_of([ProductWords("bears", "Jobel Gummy Bears, 180 g", "Jobel")])


def test_chinese_phrases_are_whole_names_and_no_pieces(han_shop: tuple[ProductWords, ...]) -> None:
    phrases = phrases_of(han_shop)
    assert {"三只松鼠", "云朵", "蜂蜜", "可可", "茉莉绿茶"} <= set(phrases)
    assert "松鼠" not in phrases


def test_there_are_never_more_than_asked_for(shop: tuple[ProductWords, ...]) -> None:
    assert len(phrases_of(shop, most=5)) == 5
    assert phrases_of([], most=5) == ()


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_changes_no_phrase(random: Random) -> None:
    shop = [
        ProductWords(f"p{i}", f"Brand{'abc'[i % 3]} Tea {word}") for i, word in enumerate(("Mint", "Lime", "Rose"))
    ]
    shuffled = list(shop)
    random.shuffle(shuffled)
    assert phrases_of(shuffled) == phrases_of(shop)


def test_every_cue_to_listen_for_is_one_that_is_understood() -> None:
    for phrase in CUE_PHRASES:
        assert find_cues(tokenise(phrase.split())), phrase
