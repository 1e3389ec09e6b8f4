"""Nothing is claimed to be unheard that an ear may hear after all, and what surely is has its reason and cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text import ProductWords
from stream.nameless import nothing_to_hear, unheard

if TYPE_CHECKING:
    from engines.speech.base import Mode

pytestmark = pytest.mark.unit


def products(*titles: str) -> list[ProductWords]:
    return [ProductWords(f"{i}", title) for i, title in enumerate(titles)]


@pytest.mark.parametrize("mode", ["phrases", "sounds", "free"])
@pytest.mark.parametrize(
    ("titles", "heard"),
    [
        (["有机绿茶", "Brelvo Tea"], True),
        (["Café Français"], True),
        (["华为 Watch GT"], True),
        (["有机绿茶 400 ml", "🫒🫒", "501"], False),
        (["Ёлка большая", "شاي أخضر"], False),
    ],
)
def test_an_english_ear_hears_what_is_written_in_english_letters(mode: Mode, titles: list[str], heard: bool) -> None:
    why = nothing_to_hear(products(*titles), mode, english=True)
    assert bool(why) is not heard
    assert heard or ("in English letters" in why and "aliases" in why)


@pytest.mark.parametrize(("mode", "heard"), [("phrases", False), ("sounds", True), ("free", True)])
def test_who_writes_whatever_is_said_may_write_a_name_that_is_too_short_to_listen_for(
    mode: Mode, heard: bool
) -> None:
    assert bool(nothing_to_hear(products("LG 55"), mode, english=True)) is not heard


def test_an_alias_or_a_brand_is_enough() -> None:
    named = [ProductWords("a", "有机绿茶", aliases=("organic green tea",)), ProductWords("b", "绿茶", brand="Brelvo")]
    for product in named:
        assert not nothing_to_hear([product], "phrases", english=True)


def test_who_hears_other_languages_hears_whatever_has_letters_or_figures() -> None:
    assert not nothing_to_hear(products("🫒", "501"), "free", english=False)
    assert not nothing_to_hear(products("有机绿茶"), "free", english=False)
    why = nothing_to_hear(products("🫒", "☕"), "free", english=False)
    assert "all 2 products" in why
    assert "English" not in why


def test_those_are_named_that_nobody_can_hear_of() -> None:
    some = products("有机绿茶", "Brelvo Tea", "🫒", "Watch 华为")
    assert (unheard(some, english=True), unheard(some, english=False)) == (["0", "2"], ["2"])


@given(st.lists(st.text(max_size=12), max_size=4), st.booleans())
def test_who_is_never_heard_of_alone_is_never_heard_of_among_others(titles: list[str], english: bool) -> None:
    mine = products(*titles)
    alone = [one.product_id for one in mine if unheard([one], english=english)]
    assert unheard(mine, english=english) == alone
    assert bool(nothing_to_hear(mine, "free", english=english)) is (len(alone) == len(mine))


def test_of_no_product_nothing_is_heard() -> None:
    assert "no product is in scope" in nothing_to_hear([], "free", english=False)
