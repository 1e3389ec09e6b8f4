"""Which of two look-alikes is seen, by the few places where their prints differ most: a word, a number, a seal.

Brightness alone and each place by itself, sought a pixel or two around where it should be: light falls unevenly and
no fit is exact. Colour is judged elsewhere. Knows no patch, no product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.classic.colour import Lab, Mask

Grey = NDArray[np.float32]  # (height, width), brightness in Lab

ACROSS = 14  # places along the longer side of a print: about a word each
SMALLEST = 5  # px of a place's side
MOST = 12  # places that are looked at
COVERED = 0.8  # share of a place that must be print
SAME = 0.02  # of what differs, 0..1: below, it is the grain of two photographs of the same print
PLAIN, BUSY = 3.0, 25.0  # brightness that varies less has nothing to tell; more tells no more
WANDER = 2  # px a place is sought around
CLEAR = 2.0  # beyond a place is better explained by something else


class Place(NamedTuple):
    rows: slice
    columns: slice
    differs: float  # 0..1: one less their correlation
    worth: float


def differing(one: Lab, two: Lab, mask: Mask) -> tuple[Place, ...]:
    """Where two pictures that lie on one another differ most. `mask`: where both are print."""
    first, second = _grey(one), _grey(two)
    found = []
    for rows, columns in _places(mask):
        differs = 1 - _likeness(second, first, rows, columns)
        worth = max(float(first[rows, columns].std()), float(second[rows, columns].std()))
        if differs > SAME and worth > PLAIN:
            found.append(Place(rows, columns, min(differs, 1.0), min(worth, BUSY)))
    return tuple(sorted(found, key=lambda place: -place.differs * place.worth)[:MOST])


def reads_as(seen: Lab, one: Lab, two: Lab, mask: Mask, places: tuple[Place, ...]) -> float:
    """About 1 where the places read as in `one`, -1 as in `two`, 0 where they cannot be read."""
    inside = [place for place in places if mask[place.rows, place.columns].mean() > COVERED]
    if not inside:
        return 0.0
    view, first, second = _grey(seen), _grey(one), _grey(two)
    lead = np.array(
        [
            _likeness(view, first, place.rows, place.columns) - _likeness(view, second, place.rows, place.columns)
            for place in inside
        ]
    )
    differs = np.array([place.differs for place in inside])
    weight = differs * np.array([place.worth for place in inside])
    return float(np.clip(weight @ lead / (weight @ differs), -CLEAR, CLEAR))


def _grey(picture: Lab) -> Grey:
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
    return [place for place in grid if mask[place].mean() > COVERED]


def _likeness(view: Grey, print_: Grey, rows: slice, columns: slice) -> float:
    """The best correlation of that place of the print with the view around it, -1..1."""
    around = view[
        max(rows.start - WANDER, 0) : rows.stop + WANDER, max(columns.start - WANDER, 0) : columns.stop + WANDER
    ]
    found = cv2.matchTemplate(around, print_[rows, columns], cv2.TM_CCOEFF_NORMED)
    return float(np.clip(found.max(), -1, 1))
