"""Made-up siblings of a package: its catalogue picture with other words, colours or pictures in two places. Pure.

Look-alikes differ by little, and few of the photographed packages that may be fitted to have any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.classic.colour import foreground

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import Image

PLACES = 2  # that differ
WIDE, HIGH = (0.35, 0.8), (0.05, 0.14)  # of such a place, as shares of the package
INSIDE = 0.9  # share of a place that must be package, not paper
TRIES = 200


def sibling(package: Image, others: list[Image], rng: np.random.Generator) -> Image:
    """`others`: packages whose print may stand in."""
    made = package.copy()
    inside = foreground(package)
    y, x = np.nonzero(inside)
    size = np.array([x.max() - x.min(), y.max() - y.min()])
    kinds: list[Callable[[Image], Image]] = [
        lambda part: _recoloured(part, rng),
        lambda part: _reworded(part, rng),
        lambda part: _replaced(part, others[int(rng.integers(len(others)))], rng),
    ]
    done = 0
    for _ in range(TRIES):
        w, h = int(size[0] * rng.uniform(*WIDE)), int(size[1] * rng.uniform(*HIGH))
        left, top = int(rng.integers(x.min(), x.max() - w + 1)), int(rng.integers(y.min(), y.max() - h + 1))
        place = slice(top, top + h), slice(left, left + w)
        if min(w, h) < 4 or inside[place].mean() < INSIDE:
            continue
        made[place] = kinds[int(rng.integers(len(kinds)))](made[place])
        done += 1
        if done == PLACES:
            break
    return made


def _recoloured(part: Image, rng: np.random.Generator) -> Image:
    hsv = cv2.cvtColor(part, cv2.COLOR_RGB2HSV).astype(int)
    hsv[..., 0] = (hsv[..., 0] + int(rng.integers(30, 150))) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] + 40, 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), dtype=np.uint8)


def _reworded(part: Image, rng: np.random.Generator) -> Image:
    """The same letters in another order."""
    cuts = np.array_split(np.arange(part.shape[1]), 4)
    order = np.roll(np.arange(4), int(rng.integers(1, 4)))
    return part[:, np.concatenate([cuts[cut] for cut in order])]


def _replaced(part: Image, other: Image, rng: np.random.Generator) -> Image:
    y, x = np.nonzero(foreground(other))
    height, width = part.shape[:2]
    top = int(rng.integers(y.min(), max(y.max() - height, y.min() + 1)))
    left = int(rng.integers(x.min(), max(x.max() - width, x.min() + 1)))
    return np.asarray(cv2.resize(other[top : top + height, left : left + width], (width, height)), dtype=np.uint8)
