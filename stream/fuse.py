"""Joins what the views of one hop saw into a sighting. Pure: no clock, no loop, no gallery."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from stream.types import Candidate, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engines.base import Match
    from stream.types import Seconds, Window

FLOOR = 0.01  # a product that a view did not even shortlist; never 0, so that no single view decides


@dataclass(frozen=True, slots=True)
class Look:
    """What one view found: a match for every product that was looked at closely."""

    at: Seconds
    matches: Mapping[str, Match]
    search_s: float = 0.0


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + exp(-logit)) if logit >= 0 else exp(logit) / (1.0 + exp(logit))


class Fuser:
    """Collects looks until a window closes. Within a hop a product counts with the mean of its views."""

    def __init__(self) -> None:
        self._looks: list[Look] = []

    def push(self, look: Look) -> None:
        self._looks.append(look)

    def close(self, window: Window) -> Sighting:
        """The sighting of this hop; starts the next hop empty."""
        looks, self._looks = self._looks, []
        ids = {product_id for look in looks for product_id in look.matches}
        ranked = sorted((_candidate(i, looks) for i in ids), key=lambda c: (-c.probability, c.product_id))
        return Sighting(window=window, ranked=tuple(ranked), search_s=sum(look.search_s for look in looks))

    def reset(self) -> None:
        self._looks.clear()


def _candidate(product_id: str, looks: Iterable[Look]) -> Candidate:
    matches = [look.matches.get(product_id) for look in looks]
    probabilities = [FLOOR if match is None else sigmoid(match.logit) for match in matches]
    best = max((match for match in matches if match is not None), key=lambda match: match.logit)
    return Candidate(
        product_id=product_id,
        probability=sum(probabilities) / len(probabilities),
        visual=best.visual,
        patches=best.patches,
        box=best.box,
    )
