"""How single views add up to odds that a product is presented: numbers that belong to a bundle. Knows numbers only.

What one view gives is calibrated for one picture. In a livestream the view before was of the same scene: a product
that is found again and again in one place is far likelier than the same odds in a single photograph, and one that
flickers is far less likely. Where nobody fitted that, a view stands for itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class Presence(NamedTuple):
    """Two maps, both between log-odds: of being in view, and of being in a hand rather than at rest.

    A product is presented when it is both.
    """

    constant: float
    now: float  # for a unit of what this view says by itself
    lately: float  # for a unit of what the views before say of the same thing, on the average
    resting: float
    held: float  # for a unit of what motion and size say
    hours: float = 0.0  # of lives that it was fitted on; 0: not fitted

    @property
    def fitted(self) -> bool:
        return self.hours > 0

    def in_view(self, now: float, lately: float) -> float:
        return self.constant + self.now * now + self.lately * lately

    def in_hand(self, held: float) -> float:
        """`held` may be infinite: nothing is known that speaks for rest."""
        return self.resting + self.held * held


SINGLE = Presence(constant=0.0, now=1.0, lately=0.0, resting=0.0, held=1.0)


def read_presence(file: Traversable) -> Presence:
    return Presence(**json.loads(file.read_text(encoding="utf-8")))
