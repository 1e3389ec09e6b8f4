"""Is it really this edition? By the places where a print differs from its listed relatives': a word, a number.

That is where an edition that no catalogue lists differs, too, and nothing else would tell: it shares all the rest. So
a print has to agree there with what is seen, not only better than the relative's. Knows no patch, no product.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.classic.colour import Lab, Mask

Picture = NDArray[np.float32]  # (height, width): brightness; or (height, width, 3): Lab

ACROSS = 14  # places along the longer side of a print: about a word each
SMALLEST = 5  # px of a place's side
MOST = 12  # places that are looked at
COVERED = 0.8  # share of a place that must be print
SAME = 0.02  # of what differs, 0..1: below, it is the grain of two photographs of the same print
PLAIN, BUSY = 3.0, 25.0  # brightness that varies less has nothing to tell; more tells no more
SLIP = 1e-3  # by which two ways to correlate may differ
WANDER = 2  # px a place is sought around: no fit is exact


class Place(NamedTuple):
    rows: slice
    columns: slice
    worth: float  # how much there is to compare, times how much the prints differ


def differing(one: Lab, two: Lab, mask: Mask) -> tuple[Place, ...]:
    """Where a print differs most from a relative's that lies on it. `mask`: where both are print.

    What a place may be worth is told by quick sums; those that may be worth most are sought first, and the rest not.
    """
    first, second = _brightness(one), _brightness(two)
    grid = _places(mask)
    varies, most = _promising(first, second, grid)
    found: list[tuple[float, int]] = []
    for nth in np.argsort(-most, kind="stable").tolist():
        if most[nth] <= 0 or (len(found) >= MOST and -found[MOST - 1][0] > most[nth]):
            break
        rows, columns = grid[nth]
        differs = 1 - _likeness(second, first[rows, columns], rows, columns)
        if differs > SAME:
            insort(found, (-min(differs, 1.0) * min(float(varies[nth]), BUSY), nth))
    return tuple(Place(*grid[nth], -worth) for worth, nth in found[:MOST])


def own(seen: Lab, one: Lab, mask: Mask, places: tuple[Place, ...]) -> float | None:
    """How well a print agrees with what is seen in these places, -1..1; None where they cannot be seen."""
    inside = [place for place in places if _covered(mask, place.rows, place.columns)]
    if not inside:
        return None
    told = (
        place.worth * _likeness(seen, one[place.rows, place.columns], place.rows, place.columns) for place in inside
    )
    return sum(told) / sum(place.worth for place in inside)


def _brightness(picture: Lab) -> Picture:
    return np.ascontiguousarray(picture[..., 0])


def _places(mask: Mask) -> list[tuple[slice, slice]]:
    """A grid over what is print, without the places at its rim."""
    y, x = np.nonzero(mask)
    if len(y) == 0:
        return []
    low, high = np.array([y.min(), x.min()]), np.array([y.max(), x.max()]) + 1
    side = max(round(float((high - low).max()) / ACROSS), SMALLEST)
    rows, columns = (
        np.linspace(start, stop, max(round((stop - start) / side), 1) + 1).astype(int)
        for start, stop in zip(low.tolist(), high.tolist(), strict=True)
    )
    grid = [
        (slice(top, bottom), slice(left, right))
        for top, bottom in zip(rows.tolist(), rows[1:].tolist(), strict=False)
        for left, right in zip(columns.tolist(), columns[1:].tolist(), strict=False)
    ]
    covered = _means(cv2.integral(mask.view(np.uint8)), _edges(grid)) > COVERED
    return [place for place, is_print in zip(grid, covered.tolist(), strict=True) if is_print]


def _covered(mask: Mask, rows: slice, columns: slice) -> bool:
    part = mask[rows, columns]
    return bool(np.count_nonzero(part) / part.size > COVERED)


def _promising(
    one: Picture, two: Picture, grid: Sequence[tuple[slice, slice]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much each place varies, and the most that it can be worth: as if the pictures lay exactly on each other.

    Found where it is sought around, a place differs less, never more. Nothing where it is plain.
    """
    edges = _edges(grid)
    (mean, spread), (other, others) = _spread(one, edges), _spread(two, edges)
    both = _means(cv2.integral(one * two, sdepth=cv2.CV_64F), edges) - mean * other
    varies = np.maximum(spread, others)
    alike = both / np.maximum(spread * others, 1e-6)
    most = np.clip(1 - alike + SLIP, 0, 1) * np.minimum(varies, BUSY)
    return varies, np.where((varies > PLAIN) & (alike < 1 - SAME + SLIP), most, 0)


def _edges(grid: Sequence[tuple[slice, slice]]) -> NDArray[np.intp]:  # (places, 4)
    return np.array([(at.start, at.stop, across.start, across.stop) for at, across in grid], np.intp).reshape(-1, 4)


def _spread(picture: Picture, edges: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each place, from running sums: one by one they cost more than comparing."""
    values, squares = (_means(sums, edges) for sums in cv2.integral2(picture, sdepth=cv2.CV_64F))
    return values, np.asarray(np.sqrt(np.maximum(squares - values**2, 0)), np.float64)


def _means(sums: cv2.typing.MatLike, edges: NDArray[np.intp]) -> NDArray[np.float64]:
    top, bottom, left, right = edges.T
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(inside / ((bottom - top) * (right - left)), np.float64)


def _likeness(view: Picture, part: Picture, rows: slice, columns: slice) -> float:
    """The best correlation of that part of a print with the view around it, -1..1."""
    around = view[
        max(rows.start - WANDER, 0) : rows.stop + WANDER, max(columns.start - WANDER, 0) : columns.stop + WANDER
    ]
    found = float(cv2.matchTemplate(around, part, cv2.TM_CCOEFF_NORMED).max())
    return min(max(found, -1.0), 1.0)
