"""Looks of one hop become one ranked sighting; nothing leaks into the next hop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.base import Box, Match
from engines.presence import Presence
from stream.fuse import FLOOR, PLACED, Fuser, Look, sigmoid
from stream.lately import LEAST
from stream.types import View, Window

pytestmark = pytest.mark.unit

ViewAt = Callable[[float], View]


def window(view: View) -> Window:
    return Window(view.at, view.at, (view,))


FULL = Box(0, 0, 1, 1)


def match(logit: float, box: Box | None = FULL) -> Match:
    return Match(logit=logit, visual=0.5, patches=0.6, box=box)


def test_the_surest_product_comes_first_and_keeps_its_evidence(view_at: ViewAt) -> None:
    fuser = Fuser()
    fuser.push(Look(0.0, {"weak": match(-1.0), "strong": match(3.0)}, search_s=0.01))
    sighting = fuser.close(window(view_at(0.0)))
    assert [c.product_id for c in sighting.ranked] == ["strong", "weak"]
    assert sighting.ranked[0].box == Box(0, 0, 1, 1)
    assert sighting.search_s == pytest.approx(0.01)


def test_a_view_that_missed_a_product_counts_against_it(view_at: ViewAt) -> None:
    fuser = Fuser()
    fuser.push(Look(0.0, {"A": match(4.0, None)}))
    fuser.push(Look(0.5, {}))
    ranked = fuser.close(window(view_at(0.5))).ranked
    assert ranked[0].probability == pytest.approx((sigmoid(4.0) + FLOOR) / 2)


def test_nothing_of_one_hop_or_of_before_a_reset_is_in_the_next(view_at: ViewAt) -> None:
    fuser = Fuser()
    fuser.push(Look(0.0, {"A": match(4.0)}))
    fuser.close(window(view_at(0.0)))
    assert fuser.close(window(view_at(0.5))).ranked == ()
    fuser.push(Look(1.0, {"A": match(4.0)}))
    fuser.reset()
    assert fuser.close(window(view_at(1.0))).ranked == ()


def test_a_product_that_lies_about_is_in_view_but_not_shown(view_at: ViewAt) -> None:
    fuser = Fuser()
    box = Box(0.1, 0.7, 0.1, 0.2)
    for n in range(6):
        fuser.push(Look(n / 2, {"A": match(6.0, box), "B": match(6.0, None)}))
        ranked = fuser.close(window(view_at(n / 2))).ranked
    assert [c.product_id for c in ranked] == ["B", "A"]
    assert ranked[0].probability > 0.99
    assert ranked[0].resting_since is None
    assert ranked[1].probability < 0.1
    assert ranked[1].resting_since == 0.0
    fuser.reset()
    fuser.push(Look(9.0, {"A": match(6.0, box)}))
    assert fuser.close(window(view_at(9.0))).ranked[0].resting_since is None


def test_a_product_that_is_put_down_is_followed_though_it_can_hardly_be_told_there(view_at: ViewAt) -> None:
    fuser = Fuser()
    for n in range(12):
        held = n < 4
        box = Box(0.1 + 0.02 * n, 0.4, 0.1, 0.3) if held else Box(0.2, 0.6, 0.09, 0.25)
        fuser.push(Look(n / 2, {"A": match(3.0 if held else PLACED - 1, box)}))
        ranked = fuser.close(window(view_at(n / 2))).ranked
    assert ranked[0].resting_since == 2.0


def test_the_place_of_a_product_that_is_hardly_there_is_not_believed(view_at: ViewAt) -> None:
    fuser = Fuser()
    for n in range(6):
        fuser.push(Look(n / 2, {"A": match(PLACED - 0.1, Box(0.1, 0.7, 0.1, 0.2))}))
        ranked = fuser.close(window(view_at(n / 2))).ranked
    assert ranked[0].resting_since is None


@pytest.mark.parametrize(("likelier", "is_followed"), [(0.0, True), (8.0, False)])
def test_a_faint_match_in_the_place_of_a_product_that_is_far_likelier_is_that_one(
    view_at: ViewAt, likelier: float, is_followed: bool
) -> None:
    """It lies at the left; what it resembles is held up at the right, and is not it taken up."""
    fuser, lies = Fuser(), Box(0.1, 0.7, 0.1, 0.2)
    for n in range(12):
        held = Box(0.6 + 0.02 * n, 0.3, 0.11, 0.22)
        looks = {"A": match(3.0, lies) if n < 6 else match(PLACED - 2, held)}
        fuser.push(Look(n / 2, looks | {"B": match(PLACED - 2 + likelier, held)}))
        ranked = fuser.close(window(view_at(n / 2))).ranked
    rests = next(c.resting_since for c in ranked if c.product_id == "A")
    assert (rests is None) == is_followed


@given(st.floats(-800, 800))
def test_sigmoid_is_a_probability_everywhere(logit: float) -> None:
    assert 0.0 <= sigmoid(logit) <= 1.0
    assert sigmoid(logit) + sigmoid(-logit) == pytest.approx(1.0)


def test_a_bundle_says_how_much_the_views_before_count(view_at: ViewAt) -> None:
    fuser = Fuser(Presence(constant=1.0, now=1.0, lately=0.5, resting=0.0, held=1.0))
    probabilities = []
    for n in range(3):
        fuser.push(Look(n / 2, {"A": match(0.5)}))
        probabilities.append(fuser.close(window(view_at(n / 2))).ranked[0].probability)
    assert probabilities == pytest.approx([sigmoid(1.5 + 0.5 * LEAST), sigmoid(1.75), sigmoid(1.75)])
    fuser.reset()
    fuser.push(Look(9.0, {"A": match(0.5)}))
    assert fuser.close(window(view_at(9.0))).ranked[0].probability == pytest.approx(probabilities[0])


TOGETHER = Presence(constant=2.0, now=1.0, lately=0.0, resting=0.0, held=1.0, hours=1.0)


def shown_by(look: Look, view: View) -> dict[str, float]:
    fuser = Fuser(TOGETHER)
    fuser.push(look)
    return {c.product_id: c.in_view or 0.0 for c in fuser.close(window(view)).ranked}


def test_of_look_alikes_in_one_place_only_one_is_there(view_at: ViewAt) -> None:
    apart = Box(0.0, 0.0, 0.1, 0.2)
    seen = shown_by(Look(0.0, {"A": match(0.0), "B": match(0.0), "C": match(0.0, apart)}), view_at(0.0))
    assert seen["A"] + seen["B"] == pytest.approx(1.0)
    assert seen["C"] == pytest.approx(sigmoid(2.0))


@given(odds=st.lists(st.floats(-8, 8), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # a maker of views keeps nothing
def test_what_claims_one_place_is_never_more_than_one_thing(view_at: ViewAt, odds: list[float]) -> None:
    look = Look(0.0, {str(n): match(one) for n, one in enumerate(odds)})
    assert sum(shown_by(look, view_at(0.0)).values()) <= 1 + 1e-9
