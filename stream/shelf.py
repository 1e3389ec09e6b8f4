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

    def put(self, offer: Offer) -> None:
        skipped = self._next is not None and self._next.renamed
        self._next = replace(offer, renamed=offer.renamed or skipped)

    def take(self) -> bool:
        """Whether there was a new one."""
        if self._next is None:
            return False
        self.offer, self._next = self._next, None
        if self._moved is not None:
            self._moved(self.offer)
        return True
