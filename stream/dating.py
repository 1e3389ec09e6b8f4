"""How far a showing reaches beyond the views that were sure of it. Pure: no clock, no case.

At its ends a product is blurred, cut off or half hidden. A view counts when it found the product where the next
view's box could have come from, about as large and not far away, and is not too faint by itself or sees it move. What
does not move lies there: it is not being shown yet, or no longer. What fills much of the picture may keep still.
"""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from stream.rest import alike, may_lie, overlap, says, step
from stream.types import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engines.base import Box
    from stream.types import Seconds

FAINT = 0.35  # next to a view that saw the product, so probable a view saw it more likely than not
TRACE = 0.007  # less than that is nothing, wherever it is
CLOSE_UP = 0.05  # the same of what fills much of the picture: something always fits so large a place a little
SAME = 0.5  # overlap of what fills much of the picture with itself, a view later
FAR = 0.4  # shares of the picture that a hand crosses meanwhile


class Sight(NamedTuple):
    """What one view had of a product."""

    at: Moment
    probability: float
    box: Box | None


def continues(sight: Sight, beside: Box | None) -> bool:
    """Whether a view belongs to the showing, given where the product was in the view beside it.

    Elsewhere it may be a look-alike that lies about: an earlier view was asked for the one and not for the other.
    """
    if sight.box is None or beside is None:
        return sight.probability >= FAINT
    if sight.probability < TRACE or not near(sight.box, beside):
        return False
    if sight.probability >= FAINT:
        return True
    if not (may_lie(sight.box) and may_lie(beside)):
        return sight.probability >= CLOSE_UP and overlap(sight.box, beside) >= SAME
    return says(step(sight.box, beside)) > 0


def earliest(sights: Iterable[Sight], box: Box | None) -> Moment | None:
    """The first moment of a run; `sights` newest first, from the view before the one with `box`.

    A single view in between that has nothing does not break it: a hand passed, or the lens hunted for focus.
    """
    first, missed = None, False
    for sight in sights:
        if continues(sight, box):
            first, box, missed = sight.at, sight.box or box, False
        elif missed:
            break
        else:
            missed = True
    return first


def earliest_asked(sights: Iterable[Sight], box: Box | None) -> Moment | None:
    """The same of views that were asked for it afterwards, and for nothing beside it.

    Whatever lies about fits such a question a little, now here, now there: a faint view counts only right before
    one that is not faint.
    """
    first, missed, faint = None, False, False
    for sight in sights:
        fainter = sight.box is not None and sight.probability < FAINT
        if continues(sight, box) and not (fainter and (missed or faint)):
            first, box, missed, faint = sight.at, sight.box or box, False, fainter
        elif missed:
            break
        else:
            missed = True
    return first


def later(moment: Moment, by: Seconds, *, at_least: Moment | None = None, at_most: Moment | None = None) -> Moment:
    """The same by all clocks; no earlier and no later than was so."""
    moved = Moment(moment.pts + by, None if moment.utc is None else moment.utc + by, moment.wall + by)
    if at_least is not None and moved.pts < at_least.pts:
        return min(at_least, moment, key=lambda one: one.pts)
    if at_most is not None and moved.pts > at_most.pts:
        return max(at_most, moment, key=lambda one: one.pts)
    return moved


def near(one: Box, two: Box) -> bool:
    """Whether both may be of one thing, half a second apart."""
    return alike(one, two) and in_reach(one, two)


def in_reach(one: Box, two: Box) -> bool:
    """Whether a hand comes from the one to the other in half a second, turning what it holds."""
    moved = step(one, two)
    return hypot(moved.x, moved.y) <= FAR
