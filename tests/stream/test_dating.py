"""Runs of views that lead up to a showing: where they begin, and what belongs to them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Box
from stream.dating import CLOSE_UP, FAINT, FAR, TRACE, Sight, continues, earliest, earliest_asked, later
from stream.types import Moment

pytestmark = pytest.mark.unit

HERE = Box(0.4, 0.2, 0.2, 0.5)
NEAR = Box(0.45, 0.25, 0.2, 0.5)
LOW = (FAINT + TRACE) / 2


def moment(at: float) -> Moment:
    return Moment(at, None, at)


def sight(at: float, probability: float, box: Box | None = None) -> Sight:
    return Sight(moment(at), probability, box)


def test_a_view_that_is_not_too_faint_belongs_to_the_run_where_nothing_is_known_of_places() -> None:
    assert continues(sight(1, FAINT), None)
    assert not continues(sight(1, LOW), None)


def test_a_look_alike_that_lies_elsewhere_does_not_belong_to_the_run() -> None:
    assert continues(sight(1, 0.9, HERE), HERE)
    assert not continues(sight(1, 0.9, Box(0.7, 0.85, 0.13, 0.1)), HERE)


@pytest.mark.parametrize(
    ("box", "belongs"),
    [
        (NEAR, True),
        (HERE, False),  # it does not move
        (None, False),
        (Box(0.45, 0.25, 0.5, 0.5), False),  # too wide
        (Box(0.45, 0.25, 0.2, 1.0), False),  # too tall
        (Box(0.4 + FAR, 0.25, 0.2, 0.5), False),  # too far
    ],
)
def test_a_fainter_view_belongs_to_it_where_the_same_thing_moves(box: Box | None, belongs: bool) -> None:
    assert continues(sight(1, LOW, box), HERE) is belongs
    assert not continues(sight(1, TRACE / 2, box), HERE)


def test_the_run_ends_where_two_views_do_not_belong() -> None:
    past = [sight(4, LOW, NEAR), sight(3, FAINT), sight(2, 0), sight(1, 0), sight(0, 0.9, HERE)]
    assert earliest(past, HERE) == moment(3)


def test_a_single_view_without_it_does_not_break_the_run() -> None:
    past = [sight(4, 0), sight(3, FAINT, HERE), sight(2, 0), sight(1, LOW, NEAR), sight(0, 0)]
    assert earliest(past, HERE) == moment(1)


def test_what_fills_much_of_the_picture_belongs_to_it_though_it_keeps_still() -> None:
    large = Box(0.2, 0.1, 0.6, 0.8)
    assert continues(sight(1, LOW, large), large)
    assert not continues(sight(1, LOW, Box(0.5, 0.1, 0.4, 0.8)), large)


def test_without_anything_before_there_is_nothing_earlier() -> None:
    assert earliest([], HERE) is None
    assert earliest([sight(3, TRACE / 2, NEAR)], HERE) is None


boxes = st.one_of(st.none(), st.builds(Box, *[st.floats(0, 1)] * 4))


@given(st.lists(st.tuples(st.floats(0, 1), boxes), max_size=8), boxes)
def test_the_first_moment_is_that_of_a_view_with_nothing_but_the_run_after_it(
    found: list[tuple[float, Box | None]], box: Box | None
) -> None:
    past = [sight(-n, probability, where) for n, (probability, where) in enumerate(found)]
    first = earliest(past, box)
    run = [one for one in past if first is not None and one.at.pts >= first.pts]
    assert len(run) == (0 if first is None else int(-first.pts) + 1)
    faint = [one.probability < TRACE for one in run]
    assert not any(one and other for one, other in pairwise(faint))
    assert not faint or not faint[-1]


def test_a_close_up_is_not_taken_for_what_fits_it_a_little() -> None:
    """Among talk or another close-up, the picture that was there still fits somehow: that is no sign of it."""
    large = Box(0.1, 0.1, 0.7, 0.8)
    assert continues(sight(1, CLOSE_UP, large), large)
    assert not continues(sight(1, CLOSE_UP / 2, large), large)


def test_of_views_that_were_asked_later_a_faint_one_counts_only_right_before_one_that_is_not() -> None:
    faint = sight(3, LOW, NEAR)
    assert earliest_asked([faint], HERE) == moment(3)
    assert earliest_asked([faint, sight(2, LOW, HERE)], HERE) == moment(3)
    assert earliest_asked([sight(3, FAINT, NEAR), sight(2, LOW, HERE)], NEAR) == moment(2)
    across = [sight(3, 0.0, None), sight(2, LOW, NEAR)]
    assert (earliest(across, HERE), earliest_asked(across, HERE)) == (moment(2), None)


@given(st.lists(st.floats(0, 1), max_size=6))
def test_views_asked_later_never_reach_further_back_than_others(probabilities: list[float]) -> None:
    sights = [sight(9 - i, p, NEAR if i % 2 else HERE) for i, p in enumerate(probabilities)]
    strict, free = earliest_asked(sights, NEAR), earliest(sights, NEAR)
    assert strict is None or (free is not None and free.pts <= strict.pts)


def test_a_moment_is_moved_by_all_clocks_and_no_further_than_it_may() -> None:
    assert later(Moment(5.0, 105.0, 9.0), -0.25) == Moment(4.75, 104.75, 8.75)
    assert later(moment(5), 0.25) == Moment(5.25, None, 5.25)
    assert later(moment(5), 0.25, at_most=moment(5.125)) == moment(5.125)
    assert later(moment(5), 0.25, at_most=moment(4)) == moment(5)
    assert later(moment(5), -0.25, at_least=moment(4.875)) == moment(4.875)
    assert later(moment(5), -0.25, at_least=moment(6)) == moment(5)
