"""Look-alikes told apart: what counts as said, as right, as a group."""

from __future__ import annotations

import pytest

from benchmarks.liveshop.evaluate.joining import Telling
from benchmarks.liveshop.score import Span
from benchmarks.liveshop.scoring.variants import Variant, telling_words, variants_of
from benchmarks.liveshop.truth import Shown, Truth, Word

pytestmark = pytest.mark.unit

TITLES = {"honey": "Oat Crunch Honey, 375 g", "cocoa": "Oat Crunch Cocoa, 375 g", "tea": "Green Tea Mint"}
GROUPS = {"honey": "oats", "cocoa": "oats", "tea": "teas"}
HONEY = Shown("honey", "oats", listed=True, shown_at=10.0, hidden_at=20.0, covered_s=0.0)
TEA = Shown("tea", "teas", listed=True, shown_at=30.0, hidden_at=40.0, covered_s=0.0)
SAYS = (Word(11.0, 11.4, "crunch", "honey"), Word(11.4, 12.0, "Honey,", "honey"), Word(11.4, 12.0, "cocoa"))


def only(spans: list[Span], tellings: list[Telling] | None = None, words: tuple[Word, ...] = SAYS) -> Variant:
    [one] = variants_of(Truth("t", 0, 60.0, (HONEY, TEA), words), TITLES, GROUPS, spans, tellings or [])
    return one


def test_words_that_tell_are_those_that_no_look_alike_has() -> None:
    assert telling_words("honey", TITLES, ["honey", "cocoa"]) == {"honey"}


def test_a_product_without_look_alikes_is_no_variant() -> None:
    assert only([]).product_id == "honey"


def test_what_is_said_in_time_counts_from_the_end_of_the_word() -> None:
    assert only([]).said_at == 12.0


@pytest.mark.parametrize(
    "words",
    [(), SAYS[:1], (Word(11.4, 12.0, "honey"),), (Word(25.0, 25.4, "honey", "honey"),)],
    ids=["silence", "a word they share", "not of this one", "too late"],
)
def test_what_does_not_tell_them_apart_was_not_said(words: tuple[Word, ...]) -> None:
    assert only([], [], words).said_at is None


@pytest.mark.parametrize(
    ("spans", "became"),
    [
        ([], "untold"),
        ([Span("honey", 10.5, 20.0, 2.0)], "right"),
        ([Span("cocoa", 10.5, 20.0, 2.0)], "wrong"),
        ([Span("cocoa", 10.5, 20.0, 2.0, could_be=("honey",))], "group"),
        ([Span("honey", 10.5, 14.0, 2.0), Span("cocoa", 14.0, 20.5, 2.0)], "wrong"),
        ([Span("tea", 10.5, 20.0, 2.0)], "untold"),
        ([Span("honey", 19.8, 25.0, 2.0)], "untold"),
    ],
)
def test_what_the_event_came_to_is_what_became_of_it(spans: list[Span], became: str) -> None:
    assert only(spans).became == became


CORRECTED = [Telling("cocoa", 12.5, 14.0, decided=True), Telling("honey", 14.0, 20.5, decided=True)]


def test_the_effect_is_when_the_right_one_was_told_for_good() -> None:
    one = only([Span("honey", 10.5, 20.0, 2.0)], CORRECTED)
    assert (one.told_at, one.wrong_s, one.in_time) == (14.0, 1.5, True)


@pytest.mark.parametrize(
    ("tellings", "in_time"),
    [
        ([], False),
        (CORRECTED, True),
        (CORRECTED[::-1], True),
        ([Telling("honey", 12.5, 20.5, decided=False)], False),
        ([Telling("honey", 12.5, 14.0, decided=True), Telling("cocoa", 14.0, 20.5, decided=True)], False),
        ([Telling("cocoa", 12.5, 19.8, decided=False), Telling("honey", 19.8, 22.0, decided=True)], False),
    ],
)
def test_in_time_is_what_was_told_last_in_view(tellings: list[Telling], in_time: bool) -> None:
    assert only([Span("honey", 10.5, 20.0, 2.0)], tellings).in_time == in_time


def test_told_when_it_had_just_left_the_view_is_right_and_not_in_time() -> None:
    one = only([Span("honey", 10.5, 20.0, 2.0)], [Telling("honey", 19.8, 22.0, decided=True)])
    assert (one.became, one.told_at, one.in_time) == ("right", 19.8, False)


def test_two_look_alikes_side_by_side_are_marked() -> None:
    both = (HONEY, Shown("cocoa", "oats", listed=True, shown_at=15.0, hidden_at=25.0, covered_s=0.0))
    found = variants_of(Truth("t", 0, 60.0, both, SAYS), TITLES, GROUPS, [], [])
    assert [one.beside for one in found] == [True, True]
    assert not only([]).beside
