"""What a view adds: never less for being surer, never enough to show at once, never much for missing something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.weighing import MISSED, PER_VIEW, SEEN, SINGLY, TOGETHER, Weighing, logit, weight

pytestmark = pytest.mark.unit

PROBABILITIES = st.floats(0, 1)
WEIGHINGS = st.sampled_from([SINGLY, TOGETHER])


@given(one=PROBABILITIES, two=PROBABILITIES, weighing=WEIGHINGS, rival=st.booleans())
def test_a_surer_view_never_adds_less(one: float, two: float, weighing: Weighing, rival: bool) -> None:
    low, high = (weight(p, weighing, rival=rival) for p in sorted((one, two)))
    assert low <= high + 1e-9


@given(probability=PROBABILITIES, weighing=WEIGHINGS)
def test_no_view_decides_and_a_doubtful_one_takes_nothing(probability: float, weighing: Weighing) -> None:
    assert -MISSED <= weight(probability, weighing) <= PER_VIEW
    if probability >= SEEN:
        assert weight(probability, weighing) >= 0


@given(probability=PROBABILITIES, weighing=WEIGHINGS)
def test_beside_a_likelier_rival_nothing_is_added(probability: float, weighing: Weighing) -> None:
    assert weight(probability, weighing, rival=True) <= 0


def test_single_views_count_for_half_and_joined_ones_in_full_above_the_bar() -> None:
    assert weight(0.8, SINGLY) == pytest.approx(0.5 * (logit(0.8) + 1))
    assert weight(0.65, TOGETHER) == 0.0
    assert weight(0.95, TOGETHER) == pytest.approx(logit(0.95) - TOGETHER.bar)


def test_a_view_of_what_is_cut_in_adds_less_where_views_repeat_one_another() -> None:
    less = TOGETHER.cut_in - TOGETHER.bar
    assert weight(0.9, TOGETHER, cut_in=True) == pytest.approx(weight(0.9, TOGETHER) - less)
    assert weight(0.8, TOGETHER, cut_in=True) == 0
    assert weight(0.9, SINGLY, cut_in=True) == weight(0.9, SINGLY)
    assert weight(0.2, TOGETHER, cut_in=True) == weight(0.2, TOGETHER)
