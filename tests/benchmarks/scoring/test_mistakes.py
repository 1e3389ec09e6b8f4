"""Every mistake by its name, drawn as timelines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.scoring import mistakes
from benchmarks.liveshop.scoring.measure import measure

if TYPE_CHECKING:
    from tests.drawn import Draw

pytestmark = pytest.mark.unit


def only(draw: Draw, truth: str, told: str) -> str:
    wrong = [mistake for mistake in measure([draw.live(truth, told)]).mistakes if mistake.told is not None]
    assert len(wrong) == 1
    return wrong[0].kind


def test_a_span_is_called_by_what_was_presented_where_it_began(draw: Draw) -> None:
    truth = "........AAAAAAAA......XXXXXXXX......"
    assert only(draw, truth, "..BBBB..............................") == mistakes.NOTHING
    assert only(draw, truth, ".........BBBB.......................") == mistakes.ANOTHER
    assert only(draw, truth, "........................BBBB........") == mistakes.UNKNOWN


def test_a_right_product_is_called_by_its_ends(draw: Draw) -> None:
    truth = "....AAAAAAAAAA............"
    assert only(draw, truth, "....AAAAAAAAAAAAAAAAAA....") == mistakes.LINGERED
    assert only(draw, truth, "........AAAAAA............") == mistakes.ENDS


def test_a_variant_told_instead_is_a_look_alike_as_truth_or_catalogue_say(draw: Draw) -> None:
    truth = draw.truth("....AAAAAAAA....", groups={"A": "tea"})
    live = draw.live(truth, draw.told("....BBBBBBBB...."))
    assert measure([live]).mistakes[0].kind == mistakes.ANOTHER
    shop = replace(live, groups={"A": "tea", "B": "tea"})
    (found,) = [mistake for mistake in measure([shop]).mistakes if mistake.told]
    assert (found.kind, found.told, found.true, found.cost_s) == (mistakes.LOOK_ALIKE, "B", "A", 4.0)


def test_a_product_that_merely_lies_there_is_called_so(draw: Draw) -> None:
    truth = draw.truth("............AAAAAA....", lying="BBBBBBBBBBBBBBBBBBBBBB")
    (found,) = [m for m in measure([draw.live(truth, draw.told("..BBBB............AAAA"))]).mistakes if m.told == "B"]
    assert found.kind == "lying about"


def test_an_introduction_of_which_nothing_was_told_is_missed_and_costs_its_length(draw: Draw) -> None:
    (found,) = measure([draw.live("....AAAAAA....", "..............")]).mistakes
    assert (found.kind, found.told, found.true, found.cost_s) == (mistakes.MISSED, None, "A", 3.0)


def test_the_costliest_comes_first(draw: Draw) -> None:
    found = measure([draw.live("........................AAAA....", "BB....BBBBBBBB..................")]).mistakes
    assert [mistake.cost_s for mistake in found] == [4.0, 2.0, 1.0]
