"""What one view adds to the case for a product, and what it takes. Pure: no clock, no case.

Two kinds of probability are added up. Where a bundle calibrates single views, neighbouring ones share light, pose and
background: each counts for half, and each holds once more that few products are in view. Where a bundle's `Presence`
has the views before in it already, nothing is left to add up but what is beyond doubt: it counts in full, from a bar.
What is cut in often stands still, and its views repeat one another more than a host's do, down to glare and fingers:
there the bar is higher, or what no catalogue has is soon told as what it looks like.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

PER_VIEW = 2.5  # the most that one view may add: a single one never shows
MISSED = 1.0  # the most that one may take: a hand passes, the lens hunts; hold_s is for what is really gone
SEEN = 0.5  # more likely than not


class Weighing(NamedTuple):
    share: float  # of the log-odds of a view
    bar: float  # log-odds that a view must have to speak for a product
    cut_in: float  # the same in what is cut in


SINGLY = Weighing(share=0.5, bar=-1.0, cut_in=-1.0)
TOGETHER = Weighing(share=1.0, bar=0.75, cut_in=1.75)  # chosen on tuning lives: nothing more is told falsely


def logit(probability: float) -> float:
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return log(p / (1 - p))


def weight(probability: float, weighing: Weighing, *, rival: bool = False, cut_in: bool = False) -> float:
    """What one view adds: nothing for a product that it thinks is not shown, and little against one that it missed.

    With a rival it is one or the other: that few products are in view does not speak for it, and it was not missed.
    """
    odds = logit(probability)
    if rival:
        return max(-PER_VIEW, min(0.0, weighing.share * odds))
    if probability >= SEEN:
        bar = weighing.cut_in if cut_in else weighing.bar
        return min(PER_VIEW, max(0.0, weighing.share * (odds - bar)))
    return max(-MISSED, min(0.0, weighing.share * (odds - min(weighing.bar, 0.0))))
