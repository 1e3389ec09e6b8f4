"""How many false shows an hour a threshold lets through: a curve that belongs to a bundle. Knows numbers only.

It falls by the same factor with each unit of log-odds, which is what a sequential test does whose evidence is of one
kind. Where nobody fitted it, theory stands in: a false case against a true threshold of calibrated, independent
evidence passes log-odds L at most once in e^L times, and a new case opens at most every five seconds.
"""

from __future__ import annotations

import json
from math import log
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

LEAST, MOST = 0.5, 12.0  # log-odds: below, coins would be tossed; above, no product would ever be shown


class FalseShows(NamedTuple):
    """`at_even`: an hour, were all shown that is likelier shown than not. `fall`: e-folds for a unit of log-odds.

    `left`: an hour, beside these, that no threshold keeps away: what no catalogue has and looks like what one has.
    """

    at_even: float
    fall: float
    hours: float = 0.0  # of lives that it was fitted on; 0: theory
    left: float = 0.0

    @property
    def fitted(self) -> bool:
        return self.hours > 0

    def log_odds(self, per_hour: float) -> float:
        """The threshold that lets so many through; ValueError for none at all."""
        if per_hour <= 0:
            raise ValueError(f"false shows an hour: {per_hour}: a budget is above 0")
        return min(MOST, max(LEAST, log(self.at_even / per_hour) / self.fall))


THEORY = FalseShows(at_even=720.0, fall=1.0)


def read_false_shows(file: Traversable) -> FalseShows:
    return FalseShows(**json.loads(file.read_text(encoding="utf-8")))
