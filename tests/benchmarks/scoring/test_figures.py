"""Intervals, quantiles and stretches of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.liveshop.scoring import spells
from benchmarks.liveshop.scoring.figures import agreement, delays, poisson_interval, rate

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390), (100, 81.36, 121.63)]
)
def test_poisson_intervals_are_the_tabled_ones(count: int, low: float, high: float) -> None:
    assert poisson_interval(count) == pytest.approx((low, high), abs=0.01)


def test_no_count_over_an_hour_still_says_how_many_there_may_be() -> None:
    found = rate(0, 3600)
    assert (found.per_hour, found.low) == (0, 0)
    assert found.high == pytest.approx(3.689, abs=1e-3)


def test_a_rate_over_no_time_is_unknown() -> None:
    assert rate(3, 0.0).per_hour is None


def test_p95_is_a_delay_that_occurred() -> None:
    assert delays([float(i) for i in range(1, 21)]).p95 == 19
    assert delays([3.0]).p95 == 3
    assert delays([]).median is None


def test_nothing_told_where_something_was_asked_scores_nothing() -> None:
    found = agreement(1.0, 0, 0, 4)
    assert (found.precision, found.recall, found.f1) == (0, 0, 0)


SPELLS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


@given(SPELLS, SPELLS)
def test_what_is_taken_away_and_what_is_common_make_the_whole(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    whole = spells.total(spells.united(one))
    assert spells.total(spells.without(one, other)) + spells.common(one, other) == pytest.approx(whole)
    ticks = [tick + 0.5 for tick in range(41)]
    mine, theirs = spells.united(one), spells.united(other)
    left = spells.without(one, other)
    assert all(spells.holds(left, at) == (spells.holds(mine, at) and not spells.holds(theirs, at)) for at in ticks)
