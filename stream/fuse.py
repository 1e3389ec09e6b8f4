"""Joins what the views of one hop saw into a sighting. Pure: no clock, no loop, no gallery."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from stream.rest import Rest
from stream.types import Candidate, Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.base import Box, Match
    from stream.types import Seconds, Window

FLOOR = 0.01  # a product that a view did not even shortlist; never 0, so that no single view decides
PLACED = -1.0  # log-odds of being in view from which on a product's box is believed


@dataclass(frozen=True, slots=True)
class Look:
    """What one view found: a match for every product that was looked at closely.

    `grain`: how coarsely boxes are told, as a share of the picture. `frozen`: it is the picture of the view before.
    """

    at: Seconds
    matches: Mapping[str, Match]
    search_s: float = 0.0
    grain: float = 0.0
    frozen: bool = False


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + exp(-logit)) if logit >= 0 else exp(logit) / (1.0 + exp(logit))


class Fuser:
    """Collects looks until a window closes. Within a hop a product counts with the mean of its views.

    A product is being shown when it is in view and does not rest: the probability is of both.
    """

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._shown: list[dict[str, float]] = []  # a probability for each product, one dictionary a look
        self._rest = Rest()

    def push(self, look: Look) -> None:
        self._rest.push(look.at, self._placed(look), look.grain, frozen=look.frozen)
        held = {i: sigmoid(self._rest.held(i)) for i in look.matches}
        self._shown.append({i: sigmoid(match.logit) * held[i] for i, match in look.matches.items()})
        self._looks.append(look)

    def close(self, window: Window) -> Sighting:
        """The sighting of this hop; starts the next hop empty."""
        looks, shown = self._looks, self._shown
        self._looks, self._shown = [], []
        ids = {product_id for look in looks for product_id in look.matches}
        candidates = [self._candidate(i, looks, shown) for i in ids]
        ranked = sorted(candidates, key=lambda c: (-c.probability, c.product_id))
        return Sighting(window=window, ranked=tuple(ranked), search_s=sum(look.search_s for look in looks))

    def reset(self) -> None:
        self._looks.clear()
        self._shown.clear()
        self._rest.reset()

    def _placed(self, look: Look) -> dict[str, Box]:
        boxes = {i: (match.logit, match.box) for i, match in look.matches.items() if match.box is not None}
        return {i: box for i, (odds, box) in boxes.items() if odds > PLACED or self._rest.expects(look.at, i, box)}

    def _candidate(self, product_id: str, looks: Sequence[Look], shown: Sequence[Mapping[str, float]]) -> Candidate:
        matches = [look.matches[product_id] for look in looks if product_id in look.matches]
        best = max(matches, key=lambda match: match.logit)
        return Candidate(
            product_id=product_id,
            probability=sum(view.get(product_id, FLOOR) for view in shown) / len(shown),
            visual=best.visual,
            patches=best.patches,
            box=best.box,
            in_view=sum(sigmoid(match.logit) for match in matches) / len(looks),
            resting_since=self._rest.since(product_id),
        )
