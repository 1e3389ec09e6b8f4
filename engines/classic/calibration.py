"""From evidence to log-odds, and from rivals to one probability. Knows numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABSENT = -8.0  # nothing of the product was found, or so little that no fit looked at it
CERTAIN = 8.0  # beyond this nothing was ever measured

# Fitted together, by least log loss of every candidate's final odds plus half that of the ranking (a light ridge on
# all but the constant): on photographs of the tuned-on products of benchmarks/bench_classic.py and on frames of
# liveshop's worlds 201 to 203, some of them once more with their product taken out of the catalogue but its
# look-alikes left in. No photograph of a never-met product and no frame of the demo took part.
COEFFICIENTS = {
    "pairs": 3.35,
    "weight": -1.08,
    "share": 0.38,
    "colour": 3.43,
    "structure": 1.88,
    "worst": 4.69,
    "area": 0.20,
    "spread": 1.47,
    "constant": -13.21,
}
DUEL = 11.4  # log-odds for a whole unit of `colour.rather`: the seen is the one look-alike, not the other
LEAD = 1.13  # log-odds of one rival over another for each unit by which it is likelier alone


class Evidence(NamedTuple):
    """What was found of one catalogue picture. Shares and likenesses are 0..1."""

    pairs: int
    weight: float
    share: float
    colour: float
    structure: float
    worst: float
    area: float
    spread: float


def features(evidence: Evidence) -> NDArray[np.float64]:
    return np.array(
        [
            np.log1p(evidence.pairs),
            np.log1p(evidence.weight),
            np.sqrt(evidence.share),
            evidence.colour,
            evidence.structure,
            evidence.worst,
            np.log(max(evidence.area, 1e-3)),
            np.sqrt(evidence.spread),
            1.0,
        ]
    )


_WEIGHTS = np.array(list(COEFFICIENTS.values()))


def log_odds(evidence: Evidence) -> float:
    """That the product is in view, when no other claims its place."""
    return float(features(evidence) @ _WEIGHTS)


def shared(
    alone: NDArray[np.float64], rivalry: NDArray[np.float64], contest: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Each against all that claim its place: the odds that something is there, divided by who it rather is."""
    lead = LEAD * (alone[:, None] - alone[None, :]) + DUEL * rivalry
    wins = 1 / np.exp(np.clip(-lead, -30, 30)).sum(axis=1, where=contest)
    chance = np.clip(wins / (1 + np.exp(-alone)), 1e-9, 1 - 1e-9)
    return np.asarray(np.clip(np.log(chance) - np.log1p(-chance), ABSENT, CERTAIN), dtype=np.float64)
