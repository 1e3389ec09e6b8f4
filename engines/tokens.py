"""Compares pictures by their vectors and patch tokens. Knows no model: any bundle's vectors of one kind will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.base import Box, Match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Encoded, Places
    from engines.manifest import Calibration

Likeness = NDArray[np.float32]  # (patches of the frame, patches of the picture), cosines

LOOK_AT = 2  # pictures of a product compared patch by patch: those whose whole is most alike
BEST = 16  # pairs that count, so that a product filling a tenth of the frame can score like one filling it
FEWEST = 4  # pairs below which a box would be a guess
STRONG = 0.5  # of the best pair's worth: clutter pairs up too, but weakly
SAME_PLACE = 0.5  # overlap of two boxes from which on two products claim one thing
SAME_PRINT = 0.5  # log-odds: a picture that explains another so nearly as well as itself is no other picture
CERTAIN = 9.0  # log-odds beyond which nothing was ever measured


class Close(NamedTuple):
    """One look at one picture: how alike, 0..1, and the frame's patches that were found in it."""

    score: float
    found: NDArray[np.intp]
    worth: NDArray[np.float32]


class TokenMatcher:
    """Whole-picture cosine and mutual nearest patches, weighed by a bundle's calibration. Holds no state."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration

    def match(self, query: Encoded, candidates: Sequence[Sequence[Encoded]]) -> list[Match]:
        tokens = query.patches.vectors.astype(np.float32)
        alone = [self._look(query, tokens, pictures) for pictures in candidates]
        logits = share([each.logit for each in alone], [each.box for each in alone])
        return [Match(logit, each.visual, each.patches, each.box) for logit, each in zip(logits, alone, strict=True)]

    def same_print(self, one: Encoded, two: Encoded) -> bool:
        """By the calibration, since how far saving anew moves vectors is each model's own."""
        return self._short(one, two) <= SAME_PRINT and self._short(two, one) <= SAME_PRINT

    def _short(self, one: Encoded, two: Encoded) -> float:
        """By how much the second explains the first worse than itself; unclipped, or all would be certain."""
        tokens, weigh = one.patches.vectors.astype(np.float32), self._calibration
        mine, other = (evidence(one, tokens, [picture]) for picture in (one, two))
        return weigh.visual * (mine[0] - other[0]) + weigh.patches * (mine[1] - other[1])

    def _look(self, query: Encoded, tokens: NDArray[np.float32], pictures: Sequence[Encoded]) -> Match:
        visual, patches, box = evidence(query, tokens, pictures)
        weigh = self._calibration
        logit = weigh.bias + weigh.visual * visual + weigh.patches * patches
        return Match(float(np.clip(logit, -CERTAIN, CERTAIN)), visual, patches, box)


def evidence(
    query: Encoded, tokens: NDArray[np.float32], pictures: Sequence[Encoded]
) -> tuple[float, float, Box | None]:
    """Likeness of the whole, likeness of the patches, and where. `tokens`: the query's, as float32."""
    alike = [float(query.embedding @ picture.embedding) for picture in pictures]
    order = sorted(range(len(pictures)), key=lambda i: -alike[i])[:LOOK_AT]
    looks = [compare(tokens @ pictures[i].patches.vectors.astype(np.float32).T) for i in order]
    best = max(looks, key=lambda look: look.score, default=None)
    if best is None:
        return 0.0, 0.0, None
    return min(max(alike[order[0]], 0.0), 1.0), best.score, box_of(query.patches.places, best)


def compare(likeness: Likeness) -> Close:
    """Mutual nearest neighbours, each worth as much as it stands out: tokens of one model are all somewhat alike."""
    if 0 in likeness.shape:
        return Close(0.0, np.zeros(0, np.intp), np.zeros(0, np.float32))
    to, back = np.argmax(likeness, axis=1), np.argmax(likeness, axis=0)
    found = np.flatnonzero(back[to] == np.arange(len(to)))
    common = float(np.median(likeness))
    worth = np.clip((likeness[found, to[found]] - common) / max(1 - common, 1e-3), 0, 1)
    count = min(BEST, *likeness.shape)
    return Close(float(np.sort(worth)[-count:].sum() / count), found, worth.astype(np.float32))


def box_of(places: Places, look: Close) -> Box | None:
    """Around the middle four fifths of the strong pairs, by worth: a stray one does not stretch it."""
    strong = look.worth > STRONG * look.worth.max(initial=0.0)
    if strong.sum() < FEWEST:
        return None
    at, worth = places[look.found[strong]], look.worth[strong] ** 2
    left, right = _span(at[:, 0], worth, _step(places[:, 0]))
    top, bottom = _span(at[:, 1], worth, _step(places[:, 1]))
    return Box(left, top, right - left, bottom - top)


def _span(at: NDArray[np.float32], worth: NDArray[np.float32], step: float) -> tuple[float, float]:
    order = np.argsort(at, kind="stable")
    total = np.cumsum(worth[order]) / worth.sum()
    low, high = at[order][np.searchsorted(total, (0.1, 0.9)).clip(0, len(at) - 1)]
    return max(float(low) - step / 2, 0.0), min(float(high) + step / 2, 1.0)


def _step(at: NDArray[np.float32]) -> float:
    """The side of a patch along one axis."""
    gaps = np.diff(np.unique(at))
    return float(gaps.min()) if len(gaps) else 1.0


def share(logits: Sequence[float], boxes: Sequence[Box | None]) -> list[float]:
    """Products found at the same place share the probability that one of them is there."""
    out = []
    for i, mine in enumerate(boxes):
        rivals = [logits[j] for j, box in enumerate(boxes) if j == i or _overlap(mine, box) >= SAME_PLACE]
        part = 1 / sum(np.exp(rival - logits[i]) for rival in rivals)
        chance = part / (1 + np.exp(-logits[i]))
        out.append(float(np.clip(np.log(chance / (1 - chance)), -CERTAIN, CERTAIN)))
    return out


def _overlap(one: Box | None, two: Box | None) -> float:
    if one is None or two is None:
        return 0.0
    width = min(one.x + one.w, two.x + two.w) - max(one.x, two.x)
    height = min(one.y + one.h, two.y + two.h) - max(one.y, two.y)
    both = max(width, 0.0) * max(height, 0.0)
    either = one.w * one.h + two.w * two.h - both
    return both / either if either > 0 else 0.0
