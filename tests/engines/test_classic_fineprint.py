"""Where prints differ, in quick sums: the same as place by place in numpy's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic.fineprint import ACROSS, BUSY, COVERED, MOST, PLAIN, SAME, SMALLEST, WANDER, differing, own

if TYPE_CHECKING:
    from engines.classic.colour import Lab, Mask

pytestmark = pytest.mark.unit

seeds = st.integers(0, 10_000)


def prints(seed: int) -> tuple[Lab, Lab, Mask]:
    """Two prints of blocks and grain, alike but for a few places, with a rim that is no print."""
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(40, 129, 2))
    blocks = rng.uniform(0, 100, (height // 8 + 1, width // 8 + 1, 3)) * (rng.random((height // 8 + 1, 1, 1)) < 0.7)
    one = np.kron(blocks, np.ones((8, 8, 1)))[:height, :width] + rng.normal(0, 1, (height, width, 3))
    two = one.copy()
    for y, x in rng.integers(0, (height - 12, width - 12), (4, 2)):
        two[y : y + 12, x : x + 12] = rng.uniform(0, 100, (12, 12, 3))
    mask = np.zeros((height, width), np.bool_)
    mask[rng.integers(0, 8) : height - rng.integers(0, 8), 3:-3] = True
    return one.astype(np.float32), two.astype(np.float32), mask


def correlation(view: Lab, part: Lab, top: int, left: int) -> float:
    """The best within reach, told by numpy; each channel of colour about its own mean."""
    (high, wide), best = part.shape[:2], -1.0
    for y in range(max(top - WANDER, 0), min(top + WANDER, view.shape[0] - high) + 1):
        for x in range(max(left - WANDER, 0), min(left + WANDER, view.shape[1] - wide) + 1):
            there, here = (piece.astype(np.float64) for piece in (view[y : y + high, x : x + wide], part))
            there, here = there - there.mean(axis=(0, 1)), here - here.mean(axis=(0, 1))
            best = max(best, float((there * here).sum() / np.sqrt((there**2).sum() * (here**2).sum())))
    return best


@given(seeds)
def test_places_are_where_numpy_finds_them(seed: int) -> None:
    one, two, mask = prints(seed)
    found = differing(one, two, mask)
    assert len(found) <= MOST
    assert [place.worth for place in found] == sorted((place.worth for place in found), reverse=True)
    for rows, columns, worth in found:
        varies = max(float(picture[rows, columns, 0].std()) for picture in (one, two))
        differs = 1 - correlation(two[..., :1], one[rows, columns, :1], rows.start, columns.start)
        assert mask[rows, columns].mean() > COVERED
        assert varies > PLAIN - 1e-4
        assert differs > SAME - 1e-3
        assert worth == pytest.approx(min(differs, 1) * min(varies, BUSY), abs=0.02)


@given(seeds)
def test_a_place_that_differs_wholly_is_among_them(seed: int) -> None:
    one, _, _ = prints(seed)
    rng, mask = np.random.default_rng(seed), np.ones(one.shape[:2], np.bool_)
    side = round(max(one.shape[:2]) / ACROSS)
    two = one.copy()
    two[:, : 4 * side] = rng.uniform(0, 100, two[:, : 4 * side].shape)
    assert any(place.columns.start < 4 * side for place in differing(one, two, mask))


@given(seeds)
def test_a_print_agrees_with_itself_and_with_another_as_numpy_says(seed: int) -> None:
    one, two, mask = prints(seed)
    places = differing(one, two, mask)
    if not places:
        return
    itself, other = own(one, one, mask, places), own(two, one, mask, places)
    assert itself is not None
    assert itself > 0.99
    worth = np.array([place.worth for place in places])
    told = [
        correlation(two, one[place.rows, place.columns], place.rows.start, place.columns.start) for place in places
    ]
    assert other == pytest.approx(float(np.average(told, weights=worth)), abs=1e-3)


def test_a_plain_print_has_nothing_to_tell() -> None:
    plain, mask = np.full((60, 60, 3), 50, np.float32), np.ones((60, 60), np.bool_)
    busy = np.random.default_rng(0).uniform(0, 100, (60, 60, 3)).astype(np.float32)
    assert differing(plain, plain + 30, mask) == ()
    assert differing(busy, plain, np.zeros_like(mask)) == ()


def test_what_is_out_of_view_says_nothing() -> None:
    one, two, mask = prints(1)
    assert own(two, one, np.zeros_like(mask), differing(one, two, mask)) is None


def grid_of(mask: Mask) -> list[tuple[slice, slice]]:
    """All places of a print without holes."""
    y, x = np.nonzero(mask)
    low, high = np.array([y.min(), x.min()]), np.array([y.max(), x.max()]) + 1
    side = max(round(float((high - low).max()) / ACROSS), SMALLEST)
    edges = [
        np.linspace(start, stop, max(round((stop - start) / side), 1) + 1).astype(int).tolist()
        for start, stop in zip(low.tolist(), high.tolist(), strict=True)
    ]
    rows, columns = (list(map(slice, steps, steps[1:])) for steps in edges)
    return [(across, down) for across in rows for down in columns]


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_places_that_are_not_looked_at_would_be_worth_less(seed: int) -> None:
    one, two, mask = prints(seed)
    found = differing(one, two, mask)
    worths = []
    for rows, columns in grid_of(mask):
        varies = max(float(picture[rows, columns, 0].std()) for picture in (one, two))
        differs = 1 - correlation(two[..., :1], one[rows, columns, :1], rows.start, columns.start)
        if varies > PLAIN and differs > SAME:
            worths.append(min(differs, 1) * min(varies, BUSY))
    assert [place.worth for place in found] == pytest.approx(sorted(worths, reverse=True)[:MOST], abs=0.05)
