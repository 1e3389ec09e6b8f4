"""Who was seen while the picture was away from what the livestream comes back to. Pure: no pixels, no clock.

What is cut in between shows one thing as a rule, from all sides and from near. So who is the only one that was found
in it was there from its beginning to its end, also where it was too dark, turned away or cut off to be told, and
nothing lies about there: a film of a shelf shows the one thing that is found on it, though nobody moves that. Who is
tiny in it may have come into it and gone, or is on the table of a host who is shown small. Of several, what is much
smaller than another stands behind it: the shelf that a package is held before has its neighbours on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stream.case import in_view, shared
from stream.fuse import FLOOR, SAME_PLACE
from stream.weighing import SEEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Box
    from stream.types import Candidate, Moment

LONGEST_S = 10.0  # from a cut to the view that saw it, and on without such a view: a longer film is of more things
TINY = 0.05  # share of the picture
CLEAR = 0.9  # so probably in view is beyond doubt: a look-alike takes a turn in single views
BEHIND = 2.0  # times its size, and it stands behind


@dataclass(slots=True)
class Insert:
    """One stretch away, up to now."""

    since: Moment
    last: Moment
    found: set[str] = field(default_factory=set)  # beyond doubt, and before all else

    def push(self, now: Moment, ranked: Sequence[Candidate]) -> None:
        self.last = now
        self.found.update(c.product_id for c in ranked if in_view(c) >= CLEAR and not _behind(c, ranked))

    def rename(self, old: str, new: str) -> None:
        if old in self.found:
            self.found = self.found - {old} | {new}

    def is_of(self, product_id: str, seen: Moment, box: Box | None) -> bool:
        """Whether it shows this product alone, which was `seen` in it."""
        return self._alone(product_id, box) and self.since.pts <= seen.pts <= self.last.pts

    def presented(self, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """The products of a view of it: who is alone in it does not lie there, who stands behind is not presented."""
        behind = {c.product_id for c in ranked if _behind(c, ranked)}
        before = [c for c in ranked if in_view(c) >= SEEN and c.product_id not in behind]
        return tuple(
            replace(c, probability=min(c.probability, FLOOR))
            if c.product_id in behind
            else replace(c, probability=in_view(c), resting_since=None)
            if self._alone(c.product_id, c.box) and not any(_apart(one, c) for one in before)
            else c
            for c in ranked
        )

    def _alone(self, product_id: str, box: Box | None) -> bool:
        return box is not None and box.w * box.h >= TINY and self.found <= {product_id}

    def beginning(self, product_id: str, first: Moment, box: Box | None) -> Moment:
        """When a product came that was seen in it since `first`."""
        whole = self.is_of(product_id, first, box) and first.pts - self.since.pts <= LONGEST_S
        return self.since if whole else first


def _behind(one: Candidate, ranked: Sequence[Candidate]) -> bool:
    """Whether another that is there beyond doubt is so much larger; nothing is known of a product without a box."""
    return one.box is not None and any(
        in_view(other) >= CLEAR and _size(other) >= BEHIND * _size(one) and _apart(other, one) for other in ranked
    )


def _apart(one: Candidate, two: Candidate) -> bool:
    return one is not two and shared(one.box, two.box) <= SAME_PLACE


def _size(one: Candidate) -> float:
    return 0.0 if one.box is None else one.box.w * one.box.h


def carried_on(insert: Insert | None, away_since: Moment | None, now: Moment) -> Insert | None:
    """The stretch that goes on, or another one."""
    if away_since is None:
        return None
    return insert if insert is not None and insert.since == away_since else Insert(away_since, now)
