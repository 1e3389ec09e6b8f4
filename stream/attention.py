"""What the next view is asked for: the whole scope, or what the one before it had. Pure: no clock, no gallery.

While a product is on show and plainly in view, hardly anything new comes within half a second, and a search of the
scope is most of what a view costs. So every other view is asked only for what the one before it found, and for what
has a case open. Where that has nothing on show plainly in view any more, it is asked for the rest after all; what
comes into view beside a product on show is found in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from stream.fuse import Look

PLAIN = 2.0  # log-odds of what is on show from which on a view is settled
THERE = -3.0  # log-odds from which on a product is asked for again: rivals and what lies about, too


class Attention:
    def __init__(self) -> None:
        self._before: Look | None = None
        self._searched = False  # the view before was asked for the whole scope

    @property
    def knows(self) -> bool:
        """Whether what is in view was searched for already, in the products that there are now."""
        return self._before is not None

    def asks(self, showing: Collection[str], tracked: Collection[str]) -> frozenset[str] | None:
        """Products that the next view is asked for; None: whatever is in the scope."""
        before = self._before
        if before is None or not self._searched or not settled(before, showing):
            return None
        return self.follows(tracked)

    def follows(self, tracked: Collection[str]) -> frozenset[str]:
        """Products that are looked at in any case: what has a case open, and what the view before may have had."""
        before = self._before
        there = () if before is None else (i for i in before.matches if _odds(before, i) > THERE)
        return frozenset(tracked).union(there)

    def saw(self, look: Look, *, searched: bool) -> None:
        self._before, self._searched = look, searched

    def reset(self) -> None:
        self._before = None


def settled(look: Look, showing: Collection[str]) -> bool:
    """Whether something on show is plainly in view."""
    return any(_odds(look, i) >= PLAIN for i in showing)


def _odds(look: Look, product_id: str) -> float:
    match = look.matches.get(product_id)
    return float("-inf") if match is None else match.logit
