"""Who was seen while the picture was away from what the livestream comes back to. Pure: no pixels, no clock.

What is cut in between shows one thing as a rule, from all sides and from near. So who is the only one that was found
in it was there from its beginning to its end, also where it was too dark, turned away or cut off to be told, and
nothing lies about there: a film of a shelf shows the one thing that is found on it, though nobody moves that. Who is
tiny in it may have come into it and gone, or is on the table of a host who is shown small.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stream.case import in_view, shared
from stream.fuse import SAME_PLACE
from stream.weighing import SEEN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engines.base import Box
    from stream.types import Candidate, Moment

LONGEST_S = 10.0  # from a cut to the view that saw it, and on without such a view: a longer film is of more things
TINY = 0.05  # share of the picture


@dataclass(slots=True)
class Insert:
    """One stretch away, up to now."""

    since: Moment
    last: Moment
    found: set[str] = field(default_factory=set)  # beyond doubt: a look-alike takes a turn in single views

    def push(self, now: Moment, found: Collection[str]) -> None:
        self.last = now
        self.found.update(found)

    def rename(self, old: str, new: str) -> None:
        if old in self.found:
            self.found = self.found - {old} | {new}

    def is_of(self, product_id: str, seen: Moment, box: Box | None) -> bool:
        """Whether it shows this product alone, which was `seen` in it."""
        return self._alone(product_id, box) and self.since.pts <= seen.pts <= self.last.pts

    def presented(self, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """The products of a view of it: who is alone in it does not lie there."""
        there = [c for c in ranked if in_view(c) >= SEEN]
        return tuple(
            replace(c, probability=in_view(c), resting_since=None)
            if self._alone(c.product_id, c.box)
            and all(one is c or shared(one.box, c.box) > SAME_PLACE for one in there)
            else c
            for c in ranked
        )

    def _alone(self, product_id: str, box: Box | None) -> bool:
        return box is not None and box.w * box.h >= TINY and self.found <= {product_id}

    def beginning(self, product_id: str, first: Moment, box: Box | None) -> Moment:
        """When a product came that was seen in it since `first`."""
        whole = self.is_of(product_id, first, box) and first.pts - self.since.pts <= LONGEST_S
        return self.since if whole else first


def carried_on(insert: Insert | None, away_since: Moment | None, now: Moment) -> Insert | None:
    """The stretch that goes on, or another one."""
    if away_since is None:
        return None
    return insert if insert is not None and insert.since == away_since else Insert(away_since, now)
