"""What earlier views say of what this one found: only where it could have come from, and only for some seconds."""

from __future__ import annotations

import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Box, Match
from stream.fuse import Look
from stream.lately import BACK_S, LEAST, Lately

pytestmark = pytest.mark.unit

HERE, BESIDE, THERE, LARGE = (
    Box(0.1, 0.1, 0.2, 0.3),
    Box(0.15, 0.1, 0.2, 0.3),
    Box(0.7, 0.6, 0.2, 0.3),
    Box(0.1, 0.1, 0.5, 0.8),
)


def look(at: float, odds: float, box: Box | None = HERE) -> Look:
    return Look(at, {"A": Match(odds, 0.5, 0.5, box)})


def after(*looks: Look) -> Lately:
    lately = Lately()
    for each in looks:
        lately.push(each)
    return lately


def test_before_the_first_view_nothing_speaks_for_a_product() -> None:
    assert Lately().odds(0.0, "A", HERE) == LEAST


def test_views_in_the_same_place_count_by_their_mean() -> None:
    lately = after(look(0.0, 2.0), look(0.5, 4.0, BESIDE))
    assert lately.odds(1.0, "A", HERE) == pytest.approx(3.0)
    assert lately.odds(1.0, "B", HERE) == LEAST


@pytest.mark.parametrize("elsewhere", [THERE, LARGE, None])
def test_what_cannot_be_the_same_thing_does_not_count(elsewhere: Box | None) -> None:
    assert after(look(0.0, 4.0, elsewhere)).odds(0.5, "A", HERE) == LEAST
    assert after(look(0.0, 4.0)).odds(0.5, "A", elsewhere) == LEAST


def test_a_thing_is_followed_across_the_picture_and_past_a_view_that_missed_it() -> None:
    steps = [Box(0.02 + 0.2 * n, 0.1, 0.2, 0.3) for n in range(4)]
    lately = after(look(0.0, 3.0, steps[0]), look(0.5, 3.0, steps[1]), Look(1.0, {}), look(1.5, 3.0, steps[2]))
    assert lately.odds(2.0, "A", steps[3]) == pytest.approx((3 * 3.0 + LEAST) / 4)


def test_views_of_long_ago_and_of_before_a_reset_are_forgotten() -> None:
    lately = after(look(0.0, 4.0))
    assert lately.odds(BACK_S + 0.1, "A", HERE) == LEAST
    lately.push(look(3.0, 4.0))
    lately.reset()
    assert lately.odds(3.5, "A", HERE) == LEAST


@given(
    odds=st.lists(st.floats(-8, 8), min_size=1, max_size=5),
    which=st.integers(0, 4),
    more=st.floats(0, 5),
)
def test_more_in_any_earlier_view_never_speaks_against_a_product(odds: list[float], which: int, more: float) -> None:
    better = [value + more * (n == which) for n, value in enumerate(odds)]
    said = [after(*(look(n / 2, o) for n, o in enumerate(each))).odds(2.5, "A", HERE) for each in (odds, better)]
    assert LEAST <= said[0] <= said[1] + 1e-9


def test_views_of_a_scene_in_which_nothing_is_ever_found_do_not_pile_up() -> None:
    class Nothing(dict[str, Match]):
        """Can be referred to weakly."""

    looks = [Look(at / 2, Nothing()) for at in range(100)]
    kept = [weakref.ref(each.matches) for each in looks]
    lately = after(*looks)
    del looks
    assert sum(each() is not None for each in kept) <= 2 * BACK_S + 1
    assert lately.odds(50.0, "A", HERE) == LEAST
