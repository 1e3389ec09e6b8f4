"""Who was seen while the picture was away from what the livestream comes back to. Pure: no pixels, no clock.

What is cut in between shows one thing as a rule, from all sides and from near. So who is the only one that was found
in it was there from its beginning to its end, also where it was too dark, turned away or cut off to be told. Who is
small in it may have come into it and gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.rest import may_lie

if TYPE_CHECKING:
    from collections.abc import Collection

    from engines.base import Box
    from stream.types import Moment

LONGEST_S = 10.0  # that a showing is dated back: a longer film is of more than one thing


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
        """Whether it shows this product alone, which was `seen` in it, large."""
        large = box is not None and not may_lie(box)
        return large and self.found <= {product_id} and self.since.pts <= seen.pts <= self.last.pts

    def beginning(self, product_id: str, first: Moment, box: Box | None) -> Moment:
        """When a product came that was seen in it since `first`."""
        whole = self.is_of(product_id, first, box) and first.pts - self.since.pts <= LONGEST_S
        return self.since if whole else first


def carried_on(insert: Insert | None, away_since: Moment | None, now: Moment) -> Insert | None:
    """The stretch that goes on, or another one."""
    if away_since is None:
        return None
    return insert if insert is not None and insert.since == away_since else Insert(away_since, now)
