"""From evidence to log-odds, and from rivals to one probability. Knows numbers only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ABSENT = -6.0  # nothing of the product was found: what the fit says for no pairs at all
CERTAIN = 8.0  # beyond this nothing was ever measured
DUEL = 0.5  # log-odds for each unit of colour difference by which one look-alike is closer


class Evidence(NamedTuple):
    """What was found of one catalogue picture. Shares and likenesses are 0..1."""

    pairs: int
    weight: float
    share: float
    colour: float
    structure: float
    area: float


def features(evidence: Evidence) -> NDArray[np.float64]:
    return np.array(
        [
            np.log1p(evidence.pairs),
            np.log1p(evidence.weight),
            np.sqrt(evidence.share),
            evidence.colour,
            evidence.structure,
            np.log(max(evidence.area, 1e-3)),
            1.0,
        ]
    )


COEFFICIENTS = np.array([1.0, 2.0, 2.0, 3.0, 3.0, 0.3, -9.0])


def log_odds(evidence: Evidence) -> float:
    return float(np.clip(features(evidence) @ COEFFICIENTS, ABSENT, CERTAIN))


def shared(
    alone: NDArray[np.float64], rivalry: NDArray[np.float64], contest: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Each against all that claim its place: the odds that something is there, divided by who it rather is."""
    lead = alone[:, None] - alone[None, :] + DUEL * rivalry
    wins = 1 / np.exp(np.clip(-lead, -30, 30)).sum(axis=1, where=contest) if len(alone) else alone
    chance = wins / (1 + np.exp(-alone))
    return np.asarray(np.clip(np.log(chance) - np.log1p(-chance), ABSENT, CERTAIN), dtype=np.float64)
