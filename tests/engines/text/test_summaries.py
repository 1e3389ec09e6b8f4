"""Talk to a name and its features; and a summary's text back to when it was said."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text import Heard, Hearing, ProductWords, extract, retold

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = Callable[..., list[Heard]]

pytestmark = pytest.mark.unit


def texts(words: list[Heard]) -> str:
    return " ".join(word.text for word in words)


def named(hearing: Hearing, words: list[Heard]) -> set[str]:
    return {mention.product_id for mention in hearing.mentions(words)}


def test_half_titles_that_were_sentences_apart_come_together(shop: tuple[ProductWords, ...], said: Said) -> None:
    words = said("And now something from Quissa. Just look how nicely it is made. The one in ginger, back in stock.")
    hearing = Hearing(shop)
    assert texts(extract(hearing, words)) == "Quissa ginger."
    assert named(hearing, extract(hearing, words)) == {"tea-ginger"}


def test_a_look_alike_taken_up_after_another_is_no_part_of_it() -> None:
    pair = [ProductWords(f, f"Velkko Oat Crunch {f}", "Velkko", group="oats") for f in ("Honey", "Cocoa")]
    hearing = Hearing(pair)

    def heard(text: str, start: float) -> list[Heard]:
        return [Heard(start + i * 0.4, start + i * 0.4 + 0.3, word) for i, word in enumerate(text.split())]

    both = [*heard("Velkko crunch honey", 2.0), *heard("Velkko crunch cocoa", 5.0)]
    assert named(hearing, extract(hearing, both)) == {"Honey", "Cocoa"}
    later = [*heard("the one in honey", 2.0), *heard("Velkko crunch", 12.0)]
    assert texts(extract(hearing, later)) == "honey. Velkko crunch."


def test_rivals_past_and_coming_products_go(shop: tuple[ProductWords, ...], said: Said) -> None:
    words = said("That was the Bravo soap. Unlike the Velxi serum this Fjondo oil is mild. Later we come to Nosto.")
    assert texts(extract(Hearing(shop), words)) == "Fjondo oil."


def test_sizes_and_prices_of_the_product_stay(shop: tuple[ProductWords, ...], said: Said) -> None:
    words = said("The Fjondo oil, five hundred millilitres, for only 12.95 euros, wow")
    assert texts(extract(Hearing(shop), words)) == "Fjondo oil five hundred millilitres 12.95 euros."


def test_one_product_after_another_stay_two(shop: tuple[ProductWords, ...], said: Said) -> None:
    words = said("Here is the Bravo soap. | And here is the Fjondo oil. | Such a Fjondo olive oil!")
    hearing = Hearing(shop)
    assert texts(extract(hearing, words)) == "Bravo soap. Fjondo oil olive."
    assert named(hearing, extract(hearing, words)) == {"soap", "oil"}


def test_talk_leaves_nothing(shop: tuple[ProductWords, ...], said: Said) -> None:
    assert extract(Hearing(shop), said("Thank you for all the hearts, you are great.")) == []


def test_times_stay_those_of_the_words(shop: tuple[ProductWords, ...], said: Said) -> None:
    words = said("now Fjondo | | oil", start=5.0)
    (first, last) = extract(Hearing(shop), words[:1] + words[1:2] + [words[2]._replace(start=6.2, end=6.5)])
    assert (first.start, first.end, last.start, last.end) == (5.35, 6.2, 6.2, 6.5)


def test_a_summary_s_words_are_where_they_were_heard(shop: tuple[ProductWords, ...], said: Said) -> None:
    words = said("and now the fee on do olive oil for you")
    (name, kind, form) = retold("Fjondo olive oil", words)
    assert (name.start, round(kind.start, 2), round(form.start, 2)) == (words[3].start, 2.1, 2.45)
    assert named(Hearing(shop), [name, kind, form]) == {"oil"}


def test_what_nobody_said_is_trusted_little(said: Said) -> None:
    words = retold("Fjondo marmalade", said("look at this fjondo one"))
    assert [word.confidence for word in words] == [1.0, 0.3]
    assert words[1].start == words[0].start


def test_a_first_word_that_nobody_said_may_be_anywhere_in_the_window(said: Said) -> None:
    (word,) = retold("Marmalade", said("look at this"))
    assert (word.start, round(word.end, 2)) == (0.0, 1.0)


def test_a_summary_of_nothing_and_one_without_words_are_empty(said: Said) -> None:
    assert retold("Fjondo", []) == []
    assert retold("— ! …", said("look at this")) == []


@given(
    st.text(max_size=200),
    st.lists(st.sampled_from(["Fjondo", "oil", "the", "500", "ml", "茶", "."]), min_size=1, max_size=9),
)
def test_any_summary_can_be_retold(summary: str, heard: list[str]) -> None:
    words = [Heard(i * 0.4, i * 0.4 + 0.3, text, 0.8) for i, text in enumerate(heard)]
    told = retold(summary, words)
    assert len(told) <= 32
    assert all(words[0].start <= word.start <= word.end <= words[-1].end for word in told)
    assert all(two.start - one.end <= 0 for one, two in pairwise(told))
