"""From evidence to log-odds, and from rivals to one probability. Knows numbers only."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ABSENT = -8.0  # nothing of the product was found, or so little that no fit looked at it
WORDS, SPREAD = 0.5, 0.25  # of `Evidence`: what says neither yes nor no, and how far most are from it
LIKE = 0.5  # of its `likeness`, the same
CERTAIN = 8.0  # beyond this nothing was ever measured

FITTED = files("engines.classic") / "calibration.json"  # written by benchmarks/classic_calibration.py, which says how


class Weights(NamedTuple):
    """How evidence is weighed; up to `constant` in the order of `features`."""

    pairs: float
    weight: float
    share: float
    colour: float
    structure: float
    worst: float
    area: float
    spread: float
    words: float
    relatives: float
    likeness: float
    constant: float
    duel: float  # log-odds for a whole unit of `colour.rather`: the seen is the one look-alike, not the other
    prints: float  # the same for a unit of `geometry.exclusive`
    sight: float  # the same for a unit of `insight.rather`
    scale: float  # of the log-odds that come out, and what is added to them: so that photographs are told as surely
    shift: float  # as they are told rightly


CONSTANT = Weights._fields.index("constant") + 1  # weights of `features`; the others are for rivals
WEIGHTS = Weights(**json.loads(FITTED.read_text(encoding="utf-8")))


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
    words: float | None = None  # on average, where it differs from a relative's print: see `fineprint.own`
    likeness: float | None = None  # to the trained eye: see `insight.likeness`


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
            0.0 if evidence.words is None else (evidence.words - WORDS) / SPREAD,
            float(evidence.words is not None),
            0.0 if evidence.likeness is None else (evidence.likeness - LIKE) / SPREAD,
            1.0,
        ]
    )


_ALONE = np.array(WEIGHTS[:CONSTANT])


def log_odds(evidence: Evidence) -> float:
    """That the product is in view, when no other claims its place."""
    return float(features(evidence) @ _ALONE)


class Duel(NamedTuple):
    """Each above 0 where it was rather the first of the two that was seen."""

    look: float
    prints: float
    sight: float


class Rivalry(NamedTuple):
    """Every pair of those looked at. Above 0: what was seen is rather the first of the two."""

    contest: NDArray[np.bool_]  # the two claim the same place; everyone contests his own
    look: NDArray[np.float64]  # by colours where they differ
    prints: NDArray[np.float64]  # by patches that agree with one of them alone
    sight: NDArray[np.float64]  # by the trained eye where they differ

    def meet(self, one: int, two: int, duel: Duel) -> None:
        self.contest[one, two] = self.contest[two, one] = True
        for told, value in zip((self.look, self.prints, self.sight), duel, strict=True):
            told[one, two], told[two, one] = value, -value

    def among(self, some: Sequence[int]) -> Rivalry:
        pairs = np.ix_(some, some)
        return Rivalry(self.contest[pairs], self.look[pairs], self.prints[pairs], self.sight[pairs])


def nobody(count: int) -> Rivalry:
    """So many candidates, none in another's place so far."""
    none = np.zeros((3, count, count))
    return Rivalry(np.eye(count, dtype=np.bool_), *none)


def shared(alone: NDArray[np.float64], rivalry: Rivalry) -> NDArray[np.float64]:
    """Each against all that claim its place: the odds that something is there, divided by who it rather is."""
    lead = WEIGHTS.duel * rivalry.look + WEIGHTS.prints * rivalry.prints + WEIGHTS.sight * rivalry.sight
    wins = 1 / np.exp(np.clip(-lead, -30, 30)).sum(axis=1, where=rivalry.contest)
    chance = np.clip(wins / (1 + np.exp(-alone)), 1e-9, 1 - 1e-9)
    odds = WEIGHTS.scale * (np.log(chance) - np.log1p(-chance)) + WEIGHTS.shift
    return np.asarray(np.clip(odds, ABSENT, CERTAIN), dtype=np.float64)
