"""Which patches of a view were not where they are some seconds ago: what a hand brought. Pure: no gallery, no time.

A table and a shelf full of products have more patches than the small thing in a hand, and would have all the votes.
What is as it was, where it was, says nothing new: whatever lies there was voted for when it came. The camera may have
moved meanwhile; what most patches did is taken for its doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.classic.patchwise import likeness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import Patches

    Flags = NDArray[np.bool_]  # (patches,)

SAME = 0.85  # likeness of a patch with itself, seconds later
SURELY = 0.9  # and of those that are asked what the camera did
PLACE = 0.006  # shares of the picture: what is less far from where it was has not moved
FEWEST = 20  # patches that must agree on what the camera did


def moved(now: Patches, before: Patches) -> Flags:
    """One flag a patch of `now`."""
    if not len(now.vectors) or not len(before.vectors):
        return np.ones(len(now.vectors), np.bool_)
    alike = likeness(now.vectors, before.vectors)
    likest = alike.argmax(axis=1)
    same = alike[np.arange(len(likest)), likest]
    steps = now.places[:, :2] - before.places[likest, :2]
    sure = same > SURELY
    camera = np.median(steps[sure], axis=0) if sure.sum() >= FEWEST else np.zeros(2, np.float32)
    there = (np.abs(steps - camera) < PLACE).all(axis=1)
    return np.asarray(~((same > SAME) & there), np.bool_)
