"""How far a showing reaches beyond the views that were sure of it. Pure: no clock, no case.

At its ends a product is blurred, cut off or half hidden. A view counts when it is not too faint by itself, or when it
found the product where the next view's box could have come from: about as large, not far away, and moving. What does
not move lies there: it is not being shown yet, or no longer.
"""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from stream.rest import alike, says, step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engines.base import Box
    from stream.types import Moment

FAINT = 0.2  # next to a view that saw the product, so probable a view saw it more likely than not
TRACE = 0.008  # less than that is nothing, wherever it is
FAR = 0.4  # shares of the picture that a hand crosses meanwhile


class Sight(NamedTuple):
    """What one view had of a product."""

    at: Moment
    probability: float
    box: Box | None


def continues(sight: Sight, beside: Box | None) -> bool:
    """Whether a view belongs to the showing, given where the product was in the view beside it."""
    if sight.probability >= FAINT:
        return True
    return sight.probability >= TRACE and sight.box is not None and beside is not None and _moves(sight.box, beside)


def earliest(sights: Iterable[Sight], box: Box | None) -> Moment | None:
    """The first moment of an unbroken run; `sights` newest first, from the view before the one with `box`."""
    first = None
    for sight in sights:
        if not continues(sight, box):
            break
        first, box = sight.at, sight.box
    return first


def _moves(one: Box, two: Box) -> bool:
    moved = step(one, two)
    return alike(one, two) and hypot(moved.x, moved.y) <= FAR and says(moved) > 0
