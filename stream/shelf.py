"""What one livestream may show: of one version of the gallery at a time. The loop's; knows no clock and no thread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stream.heard import Kin

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexes.scope import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """`renamed`: what its products are called is not what it was in the offer before."""

    scope: Scope
    kin: Kin = field(default_factory=Kin)
    renamed: bool = False


class Shelf:
    """A new offer lies ready until the livestream takes it, between two views: no view is judged by two of them."""

    def __init__(self, offer: Offer, moved: Callable[[Offer], None] | None = None) -> None:
        """`moved` hears of every offer that is taken."""
        self.offer = offer
        self._next: Offer | None = None
        self._moved = moved
        self._resting = self._untold = False

    def put(self, offer: Offer) -> None:
        skipped = self._next or (self.offer if self._untold else None)
        self._next = replace(offer, renamed=offer.renamed or (skipped is not None and skipped.renamed))
        if self._resting:
            self._move()

    def rest(self) -> None:
        """No view is judged until the next `take`. A new offer moves in at once, and the old gallery can be freed."""
        self._resting = True
        self._move()

    def take(self) -> bool:
        """Whether there was a new one since the last time."""
        self._resting = False
        self._move()
        news, self._untold = self._untold, False
        return news

    def _move(self) -> None:
        if self._next is None:
            return
        self.offer, self._next = self._next, None
        self._untold = True
        if self._moved is not None:
            self._moved(self.offer)
