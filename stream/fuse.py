"""Joins what the views of one hop saw into a sighting. Pure: no clock, no loop, no gallery.

A view is not judged by itself: a bundle's `Presence` says how much it tells after what the views before it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, NamedTuple

from engines.presence import SINGLE
from stream.lately import LEAST, Lately
from stream.rest import Placed, Rest, overlap
from stream.types import Candidate, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engines.base import Box, Match
    from engines.presence import Presence
    from stream.types import Seconds, Window

FLOOR = 0.01  # a product that a view did not even shortlist; never 0, so that no single view decides
SAME_PLACE = 0.4  # of two boxes, what they share: above it one thing in view is taken for two products
PLACED = -1.0  # log-odds of being in view from which on a product's box is believed
RATHER, IN_PART = 4.0, 0.25  # that much likelier, and sharing so much of the place, another product is what is there


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


class Told(NamedTuple):
    """Log-odds: of being in view by this look and by those before it, and of being held rather than at rest.

    No look says less than LEAST: a product that is there is missed now and then, and how clearly says nothing.
    """

    now: float
    lately: float
    held: float


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + exp(-logit)) if logit >= 0 else exp(logit) / (1.0 + exp(logit))


class Fuser:
    """Collects looks until a window closes. Within a hop a product counts with the mean of its views.

    A product is being shown when it is in view and does not rest: the probability is of both.
    """

    def __init__(self, presence: Presence = SINGLE) -> None:
        self._presence = presence
        self._looks: list[Look] = []
        self._seen: list[dict[str, float]] = []  # how probably each product is in view, one dictionary a look
        self._shown: list[dict[str, float]] = []  # the same of being shown
        self._rest = Rest()
        self._lately = Lately()

    def push(self, look: Look) -> None:
        odds = self.weigh(look)
        seen = {i: sigmoid(self._presence.in_view(told.now, told.lately)) for i, told in odds.items()}
        if self._presence.fitted:
            seen = {i: probability / max(_in_place(i, seen, look), 1.0) for i, probability in seen.items()}
        held = {i: sigmoid(self._presence.in_hand(told.held)) for i, told in odds.items()}
        self._seen.append(seen)
        self._shown.append({i: probability * held[i] for i, probability in seen.items()})
        self._looks.append(look)

    def weigh(self, look: Look) -> dict[str, Told]:
        """What speaks for each product of the next look; `push` asks this, and so does whoever fits a `Presence`."""
        self._rest.push(look.at, self._placed(look), look.grain, frozen=look.frozen)
        odds = {
            i: Told(max(match.logit, LEAST), self._lately.odds(look.at, i, match.box), self._rest.held(i))
            for i, match in look.matches.items()
        }
        self._lately.push(look)
        return odds

    def close(self, window: Window) -> Sighting:
        """The sighting of this hop; starts the next hop empty."""
        ids = {product_id for look in self._looks for product_id in look.matches}
        ranked = sorted(map(self._candidate, ids), key=lambda c: (-c.probability, c.product_id))
        search_s = sum(look.search_s for look in self._looks)
        self._clear()
        return Sighting(window=window, ranked=tuple(ranked), search_s=search_s)

    def reset(self) -> None:
        self._clear()
        self._rest.reset()
        self._lately.reset()

    def _clear(self) -> None:
        self._looks.clear()
        self._seen.clear()
        self._shown.clear()

    def _placed(self, look: Look) -> dict[str, Placed]:
        """Where products are believed to be: what is hardly believed, only where it is expected and no other."""
        found = {
            i: (match.logit, Placed(match.box, 1.0 - match.patches))
            for i, match in look.matches.items()
            if match.box is not None
        }
        sure = {i: placed for i, (odds, placed) in found.items() if odds > PLACED}
        taken = [(found[i][0], placed.box) for i, placed in sure.items()]
        return sure | {
            i: placed
            for i, (odds, placed) in found.items()
            if odds <= PLACED
            and self._rest.expects(look.at, i, placed.box)
            and not _of_another(odds, placed.box, taken)
        }

    def _candidate(self, product_id: str) -> Candidate:
        matches = [look.matches[product_id] for look in self._looks if product_id in look.matches]
        best = max(matches, key=lambda match: match.logit)
        return Candidate(
            product_id=product_id,
            probability=_mean(product_id, self._shown, FLOOR),
            visual=best.visual,
            patches=best.patches,
            box=best.box,
            in_view=_mean(product_id, self._seen, 0.0),
            resting_since=self._rest.since(product_id),
        )


def _of_another(odds: float, box: Box, taken: Iterable[tuple[float, Box]]) -> bool:
    """Whether what is there is rather a product that resembles this one."""
    return any(other - odds >= RATHER and overlap(box, place) > IN_PART for other, place in taken)


def _in_place(product_id: str, seen: Mapping[str, float], look: Look) -> float:
    """What all that claim the product's place have together: only one of them is there."""
    place = look.matches[product_id].box
    if place is None:
        return seen[product_id]
    boxes = ((i, match.box) for i, match in look.matches.items())
    return sum(seen[i] for i, box in boxes if box is not None and overlap(place, box) > SAME_PLACE)


def _mean(product_id: str, views: Sequence[Mapping[str, float]], missing: float) -> float:
    return sum(view.get(product_id, missing) for view in views) / len(views)
