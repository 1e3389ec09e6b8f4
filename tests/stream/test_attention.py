"""When the whole scope is searched, and when a view is asked only for what the one before it had."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Match
from stream.attention import Attention, settled
from stream.fuse import Look

pytestmark = pytest.mark.unit

IDS = ("A", "B", "C", "D")


def look(**odds: float) -> Look:
    return Look(0.0, {i: Match(logit, 0.5, 0.5) for i, logit in odds.items()})


def test_the_first_view_is_asked_for_everything() -> None:
    assert Attention().asks(["A"], ["A"]) is None


def test_what_is_plainly_on_show_spares_every_other_view_the_search() -> None:
    attention = Attention()
    attention.saw(look(A=3.0, B=-2.0, C=-7.0), searched=True)
    assert attention.asks(["A"], ["A", "D"]) == frozenset("ABD")
    attention.saw(look(A=3.0, B=-2.0, D=-8.0), searched=False)
    assert attention.asks(["A"], ["A", "D"]) is None


def test_what_the_view_before_may_have_had_is_followed_though_all_is_searched() -> None:
    attention = Attention()
    assert attention.follows(["D"]) == frozenset("D")
    attention.saw(look(A=-2.0, B=-7.0), searched=True)
    assert attention.follows(["D"]) == frozenset("AD")


@pytest.mark.parametrize("reset", [False, True])
def test_nothing_is_known_before_the_first_view_and_after_a_reset(reset: bool) -> None:
    attention = Attention()
    if reset:
        attention.saw(look(A=-2.0), searched=True)
        attention.reset()
    assert not attention.knows
    attention.saw(look(A=-2.0), searched=True)
    assert attention.knows is True


@pytest.mark.parametrize("odds", [{"A": 1.0}, {"B": 5.0}, {}])
def test_while_nothing_on_show_is_plainly_in_view_everything_is_searched(odds: dict[str, float]) -> None:
    attention = Attention()
    attention.saw(look(**odds), searched=True)
    assert attention.asks(["A"], ["A"]) is None


def test_a_view_is_settled_by_what_is_on_show_alone() -> None:
    assert settled(look(A=2.5, B=-1.0), ["A"])
    assert not settled(look(A=2.5, B=-1.0), ["B"])
    assert not settled(look(), [])


def test_nothing_is_known_behind_a_gap() -> None:
    attention = Attention()
    attention.saw(look(A=9.0), searched=True)
    attention.reset()
    assert attention.asks(["A"], ["A"]) is None


products = st.sets(st.sampled_from(IDS))


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from(IDS), st.floats(-8, 8)), products, products), max_size=12))
def test_no_two_views_follow_one_another_without_a_search_and_no_open_case_is_left_out(
    views: list[tuple[dict[str, float], set[str], set[str]]],
) -> None:
    attention, spared = Attention(), False
    for odds, showing, tracked in views:
        asked = attention.asks(showing, tracked)
        assert not (spared and asked is not None)
        assert asked is None or tracked <= asked
        spared = asked is not None
        attention.saw(look(**odds), searched=not spared)
