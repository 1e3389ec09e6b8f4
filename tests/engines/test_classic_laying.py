"""Laying a print into a frame from points that agree roughly; and whose print it is when two claim it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic.colour import rather
from engines.classic.geometry import Fit, Pairs, exclusive, project
from engines.classic.laying import Similarity, lay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.classic.laying import Points

pytestmark = pytest.mark.unit

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
ENOUGH = 4


def points(rng: np.random.Generator, count: int, low: float, high: float) -> Points:
    return np.asarray(rng.uniform(low, high, count) + 1j * rng.uniform(low, high, count))


def flat(at: Points) -> NDArray[np.float64]:
    return np.column_stack([at.real, at.imag])


def everyone(there: Points) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.ones(len(there)), np.ones(len(there), np.bool_)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 2), turn=st.floats(-3, 3))
def test_points_that_were_only_turned_and_scaled_are_laid_where_they_are(
    seed: int, scale: float, turn: float
) -> None:
    there = points(np.random.default_rng(seed), 12, 0, 1)
    true = Similarity(complex(scale * np.exp(1j * turn)), 0.3 + 0.2j)
    laid = lay(there, true.factor * there + true.start, *everyone(there), true, ENOUGH)
    assert laid is not None
    assert laid.agree.all()
    corners = true.factor * (CORNERS @ [1, 1j]) + true.start
    assert project(laid.homography, CORNERS) == pytest.approx(flat(corners), abs=1e-6 * scale + 1e-9)


def test_a_tilted_print_is_followed_where_points_span_it() -> None:
    tilt = np.array([[0.5, 0.05, 0.2], [0.0, 0.6, 0.1], [0.15, 0.1, 1.0]])
    there = points(np.random.default_rng(1), 80, 0, 1)
    seen = np.asarray(project(tilt, flat(there)) @ [1, 1j], np.complex128)
    laid = lay(there, seen, *everyone(there), Similarity(0.5 + 0j, 0.2 + 0.1j), ENOUGH)
    assert laid is not None
    assert laid.agree.mean() > 0.9
    assert np.abs(project(laid.homography, CORNERS) - project(tilt, CORNERS)).max() < 0.01


@pytest.mark.parametrize("seed", range(10))
def test_a_logo_s_noise_does_not_bend_the_rest_of_the_package(seed: int) -> None:
    rng = np.random.default_rng(seed)
    there = points(rng, 40, 0.4, 0.55)
    noisy = there + rng.normal(0, 0.006, 40) + 1j * rng.normal(0, 0.006, 40)
    laid = lay(there, noisy, *everyone(there), Similarity(1 + 0j, 0j), ENOUGH)
    assert laid is not None
    assert np.abs(project(laid.homography, CORNERS) - CORNERS).max() < 0.1


def test_what_is_far_off_is_forgotten() -> None:
    rng = np.random.default_rng(2)
    there = points(rng, 60, 0, 1)
    here = there.copy()
    here[:20] = points(rng, 20, 0, 1)
    laid = lay(there, here, *everyone(there), Similarity(1 + 0j, 0j), ENOUGH)
    assert laid is not None
    assert laid.agree[20:].all()
    assert np.abs(project(laid.homography, CORNERS) - CORNERS).max() < 0.01


def test_too_few_points_lay_nothing() -> None:
    there = points(np.random.default_rng(3), 3, 0, 1)
    assert lay(there, there, *everyone(there), Similarity(1 + 0j, 0j), ENOUGH) is None


def fit_of(frame: list[int]) -> Fit:
    rows = np.array(frame, np.intp)
    return Fit(np.eye(3), Pairs(rows, rows, np.ones(len(rows), np.float32)), float(len(rows)))


def test_a_shared_logo_says_nothing_and_a_print_of_one_s_own_does() -> None:
    logo, words, other = list(range(30)), list(range(30, 50)), list(range(50, 54))
    assert exclusive(fit_of(logo), fit_of(logo)) == 0
    one, two = fit_of(logo + words), fit_of(logo + other)
    assert exclusive(one, two) == pytest.approx(16 / 5)
    assert exclusive(two, one) == -exclusive(one, two)


def test_glare_on_a_coloured_band_does_not_make_it_the_paler_look_alike_s() -> None:
    grain = np.random.default_rng(4).uniform(-4, 4, (128, 64)).astype(np.float32)
    one = np.zeros((128, 64, 3), np.float32)
    one[..., 0] = 70 + grain
    two = one.copy()
    one[:40] = (35, 30, -60)
    two[:40] = (60, 0, -40)
    seen = one.copy()
    seen[:40, :, 0] += 25  # as light as the other's
    seen[:40, :, 2] += 8
    everywhere = np.ones((128, 64), np.bool_)
    assert rather(seen, one, two, everywhere) > 0.3
    assert rather(seen, two, one, everywhere) < -0.3
