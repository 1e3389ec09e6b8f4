"""Two runs over the same lives: what differs, and how surely. Pure but for its own seeded dice.

Paired: both runs are of the very same introductions. Lives are drawn with replacement, and in each the introductions
with replacement, the same draw for both runs; 95% of the differences so found lie in the interval. An introduction
brings along the time until the next one, and what was told wrongly in it. Flaps and calibration go by the live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.scoring.errors import ScoreError
from benchmarks.liveshop.scoring.sample import STATISTICS, Sampled
from benchmarks.liveshop.scoring.summary import FIGURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.liveshop.scoring.record import Result, Scored
    from benchmarks.liveshop.scoring.scores import Scores
    from benchmarks.liveshop.scoring.summary import Figure

    Values = Mapping[str, float | None]

DRAWS = 2000
SEED = 0
INTERVAL = (2.5, 97.5)
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """`difference`: mine less theirs. `verdict`: "better" or "worse" where the interval leaves zero out; else
    "unsure", and "same" where no draw differs at all.
    """

    key: str
    mine: float | None
    theirs: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Comparison:
    mine: str
    theirs: str
    lives: int
    introductions: int
    draws: int
    differences: tuple[Difference, ...]


def compare(mine: Result, theirs: Result, *, draws: int = DRAWS, seed: int = SEED) -> Comparison:
    """The first system of each. ScoreError where they are not of the same lives."""
    check_paired(mine, theirs)
    return compare_systems(mine.systems[0], theirs.systems[0], draws=draws, seed=seed)


def check_paired(mine: Result, theirs: Result) -> None:
    for key in ("family", "seed"):
        if mine.about.get(key) != theirs.about.get(key):
            pair = f"{mine.about.get(key)!r} against {theirs.about.get(key)!r}"
            raise ScoreError(f"compare: {key} {pair}: give the score.json of a run over the same lives")
    one, other = mine.systems[0].lives, theirs.systems[0].lives
    if one.keys() != other.keys():
        alone = min(one.keys() ^ other.keys())
        raise ScoreError(f"compare: live {alone} is in one run only: give both the same --lives and --seed")
    for name, scores in one.items():
        if _introductions(scores) != _introductions(other[name]):
            raise ScoreError(f"compare: live {name} has other introductions in the other run: render both anew")


def _introductions(scores: Scores) -> list[tuple[str, float, float]]:
    return [(row.product_id, round(row.shown_at, 3), round(row.hidden_at, 3)) for row in scores.rows]


def compare_systems(mine: Scored, theirs: Scored, *, draws: int = DRAWS, seed: int = SEED) -> Comparison:
    """Both over the same lives."""
    names = sorted(mine.lives)
    one, other = (Sampled([system.lives[name] for name in names]) for system in (mine, theirs))
    dice = np.random.default_rng(seed)
    drawn = [one.draw(dice) for _ in range(draws)]
    of_one, of_other = ([sampled.figures(draw) for draw in drawn] for sampled in (one, other))
    known = [figure for figure in FIGURES if figure.key in STATISTICS]
    return Comparison(
        mine=mine.name,
        theirs=theirs.name,
        lives=len(names),
        introductions=mine.pooled.introductions,
        draws=draws,
        differences=tuple(_difference(f, mine.pooled, theirs.pooled, of_one, of_other) for f in known),
    )


def _difference(
    figure: Figure, mine: Scores, theirs: Scores, of_one: Sequence[Values], of_other: Sequence[Values]
) -> Difference:
    one, other = figure.value(mine), figure.value(theirs)
    pairs = [(a[figure.key], b[figure.key]) for a, b in zip(of_one, of_other, strict=True)]
    far = abs if figure.better == "nearer" else float
    found = [far(a) - far(b) for a, b in pairs if a is not None and b is not None]
    if one is None or other is None or not found:
        return Difference(figure.key, one, other, None, None, None, "unknown")
    low, high = (_rounded(float(at)) for at in np.percentile(found, INTERVAL))
    difference = _rounded(far(one) - far(other))
    if low == high != 0:  # nothing to draw from: one live, or one introduction
        return Difference(figure.key, one, other, difference, None, None, "unsure")
    return Difference(figure.key, one, other, difference, low, high, _verdict(figure, low, high))


def _rounded(value: float) -> float:
    """Less than this is no difference; and no zero below zero."""
    return round(value, DIGITS) + 0.0


def _verdict(figure: Figure, low: float, high: float) -> str:
    if low == high == 0:
        return "same"
    if low <= 0 <= high:
        return "unsure"
    return "better" if (low > 0) == (figure.better == "higher") else "worse"
