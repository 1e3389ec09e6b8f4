"""Is it really this edition? By the places where a print differs from its listed relatives': a word, a number.

That is where an edition that no catalogue lists differs, too, and nothing else would tell: it shares all the rest. So
a print has to agree there with what is seen, not only better than the relative's. Knows no patch, no product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.classic.colour import ALIKE, relight

if TYPE_CHECKING:
    from engines.classic.colour import Lab, Mask

Picture = NDArray[np.float32]  # (height, width): brightness; or (height, width, 3): Lab

ACROSS = 14  # places along the longer side of a print: about a word each
SMALLEST = 5  # px of a place's side
MOST = 12  # places that are looked at
COVERED = 0.8  # share of a place that must be print
SAME = 0.02  # of what differs, 0..1: below, it is the grain of two photographs of the same print
PLAIN, BUSY = 3.0, 25.0  # brightness that varies less has nothing to tell; more tells no more
WANDER = 2  # px a place is sought around: no fit is exact
TINTED = 6.0  # in a and b of Lab: nearer tints are the same under two lamps
ENOUGH = 200.0  # px times Lab of other tint: below, tints tell nothing
FADED = 20.0  # in a and b of Lab: this far off, a tint agrees by a third
LIT = 100  # px that look the same in both pictures, from which light can be taken


class Place(NamedTuple):
    rows: slice
    columns: slice
    worth: float  # how much there is to compare, times how much the prints differ


class Relation(NamedTuple):
    """How a print differs from a relative's that was laid onto it, in its own shape."""

    places: tuple[Place, ...]  # the most telling first
    tint: NDArray[np.float32]  # (height, width): by how much the tints differ where they do
    same: Mask  # where they do not differ at all


class Own(NamedTuple):
    """How well a print agrees with what is seen where it differs from a relative's. None: nothing to compare."""

    words: float | None  # correlation of brightness and tint, -1..1
    tint: float | None  # 0..1


def relate(one: Lab, two: Lab, mask: Mask) -> Relation:
    """`mask`: where both are print."""
    first, second = _brightness(one), _brightness(two)
    found = []
    for rows, columns in _places(mask):
        differs = 1 - _likeness(second, first[rows, columns], rows, columns)
        worth = max(float(first[rows, columns].std()), float(second[rows, columns].std()))
        if differs > SAME and worth > PLAIN:
            found.append(Place(rows, columns, min(differs, 1.0) * min(worth, BUSY)))
    found.sort(key=lambda place: -place.worth)
    tint = np.maximum(np.linalg.norm(one[..., 1:] - two[..., 1:], axis=2) - TINTED, 0) * mask
    same = mask & (np.linalg.norm(one - two, axis=2) < ALIKE)
    return Relation(tuple(found[:MOST]), tint.astype(np.float32), same)


def own(seen: Lab, one: Lab, mask: Mask, relation: Relation) -> Own:
    return Own(_own_words(seen, one, mask, relation), _own_tint(seen, one, mask, relation))


def _own_words(seen: Lab, one: Lab, mask: Mask, relation: Relation) -> float | None:
    inside = _inside(mask, relation)
    if not inside:
        return None
    likeness = [
        _likeness(seen, np.ascontiguousarray(one[place.rows, place.columns]), place.rows, place.columns)
        for place in inside
    ]
    return float(np.average(likeness, weights=[place.worth for place in inside]))


def _own_tint(seen: Lab, one: Lab, mask: Mask, relation: Relation) -> float | None:
    worth = relation.tint * mask
    total = float(worth.sum())
    if total < ENOUGH:
        return None
    same = relation.same & mask
    lit = relight(seen, one, same if np.count_nonzero(same) > LIT else mask)
    off = np.linalg.norm(cv2.blur(lit[..., 1:] - one[..., 1:], (3, 3)), axis=2)
    return float((np.exp(-off / FADED) * worth).sum() / total)


def _inside(mask: Mask, relation: Relation) -> list[Place]:
    return [place for place in relation.places if mask[place.rows, place.columns].mean() > COVERED]


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
    return [place for place in grid if mask[place].mean() > COVERED]


def _likeness(view: Picture, part: Picture, rows: slice, columns: slice) -> float:
    """The best correlation of that part of a print with the view around it, -1..1."""
    around = view[
        max(rows.start - WANDER, 0) : rows.stop + WANDER, max(columns.start - WANDER, 0) : columns.stop + WANDER
    ]
    found = cv2.matchTemplate(np.ascontiguousarray(around), part, cv2.TM_CCOEFF_NORMED)
    return float(np.clip(found.max(), -1, 1))
