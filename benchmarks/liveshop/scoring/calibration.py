"""Whether a probability means what it says, and what abstaining below one buys. Pure; knows no live."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.liveshop.scoring.figures import share
from benchmarks.liveshop.scoring.scores import Bin, Calibration, Point

if TYPE_CHECKING:
    from collections.abc import Sequence

BINS = 10
POINTS = 101  # of a curve, at most: it is drawn, and lies in score.json


class Claim(NamedTuple):
    """One thing said with a probability. `asked`: there was something to be said."""

    probability: float
    right: bool
    asked: bool = True


def calibration(claims: Sequence[Claim], asked: int) -> Calibration:
    """`asked`: how often there was something to be said, for coverage; those of which nothing was said included."""
    bins = [_bin(i, [claim for claim in claims if _index(claim) == i]) for i in range(BINS)]
    found = tuple(one for one in bins if one is not None)
    return Calibration(len(claims), expected_error(found), found, curve(claims, asked))


def expected_error(bins: Sequence[Bin]) -> float | None:
    """Mean distance of what was said from what was so, each bin by its size."""
    return share(sum(one.count * abs(one.confidence - one.right) for one in bins), sum(one.count for one in bins))


def _index(claim: Claim) -> int:
    return min(int(claim.probability * BINS), BINS - 1)


def _bin(index: int, claims: Sequence[Claim]) -> Bin | None:
    if not claims:
        return None
    said = sum(claim.probability for claim in claims) / len(claims)
    so = sum(claim.right for claim in claims) / len(claims)
    return Bin(index / BINS, (index + 1) / BINS, len(claims), said, so)


def curve(claims: Sequence[Claim], asked: int) -> tuple[Point, ...]:
    """Precision of all that is said from a threshold on; coverage of what was to be said, by anything at all."""
    points: list[Point] = []
    said = right = covered = 0
    surest_first = sorted(claims, key=lambda claim: -claim.probability)
    for threshold, group in groupby(surest_first, key=lambda claim: claim.probability):
        for claim in group:
            said, right, covered = said + 1, right + claim.right, covered + claim.asked
        points.append(Point(threshold, right / said, covered / asked if asked else 0.0))
    return _thinned(points)


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    if len(points) <= POINTS:
        return tuple(points)
    kept = np.linspace(0, len(points) - 1, POINTS).round().astype(int)
    return tuple(points[i] for i in kept)
