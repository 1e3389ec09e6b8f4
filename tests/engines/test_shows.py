"""From a budget of false shows to a threshold, and what stands in where nobody measured."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.bundle import open_bundle
from engines.shows import LEAST, MOST, THEORY, FalseShows, read_false_shows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

curves = st.builds(FalseShows, st.floats(0.01, 1e5), st.floats(0.05, 10))


def test_theory_allows_one_false_show_where_a_case_opens_every_five_seconds() -> None:
    assert THEORY.log_odds(1.0) == pytest.approx(log(720))
    assert not THEORY.fitted


def test_the_classic_bundle_brings_its_own_curve() -> None:
    curve = open_bundle("classic").false_shows
    assert LEAST <= curve.log_odds(1.0) < THEORY.log_odds(1.0)


def test_a_curve_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "curve.json").write_text('{"at_even": 30.0, "fall": 1.5, "hours": 2.5}', encoding="utf-8")
    curve = read_false_shows(tmp_path / "curve.json")
    assert curve == FalseShows(30.0, 1.5, 2.5)
    assert curve.fitted


def test_no_budget_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        THEORY.log_odds(0.0)


@given(curves, st.floats(1e-3, 1e4), st.floats(1, 100))
def test_a_smaller_budget_never_shows_sooner(curve: FalseShows, budget: float, times: float) -> None:
    assert LEAST <= curve.log_odds(budget * times) <= curve.log_odds(budget) <= MOST
