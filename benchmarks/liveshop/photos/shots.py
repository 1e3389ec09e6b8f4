"""How a phone films a photograph as if it were the thing itself: framing, zoom, pan, roll, shake. Pure in time.

A photograph cannot be parted into what is held and what is behind it: both move together, as when the phone
moves and the hand keeps still. Measures are shares of the window that the photograph fills.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.liveshop.ink import Area
from benchmarks.liveshop.motion import ease

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.liveshop.photos.photoset import Photo
    from stream.types import Seconds

SWING_S = 0.6  # a host brings the thing into the middle


class Aim(NamedTuple):
    """What of the photograph is in the window: `x`, `y` how far it is moved, `zoom`, `roll` in degrees."""

    x: float
    y: float
    zoom: float
    roll: float


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph on screen for [start, stop), between two aims that the camera drifts from one to the other."""

    photo: Photo
    start: Seconds
    stop: Seconds
    first: Aim
    last: Aim
    swing: tuple[float, float] = (0.0, 0.0)  # where it comes from at the beginning
    closer: float = 1.0  # above 1, the photograph is larger than the picture and what stands over is cut off

    def aim(self, at: Seconds) -> Aim:
        share = min(max((at - self.start) / (self.stop - self.start), 0.0), 1.0)
        x, y, zoom, roll = (a + (b - a) * share for a, b in zip(self.first, self.last, strict=True))
        away = 1 - ease((at - self.start) / SWING_S)
        return Aim(x + away * self.swing[0], y + away * self.swing[1], zoom, roll)


def random_shot(rng: np.random.Generator, photo: Photo, start: Seconds, stop: Seconds) -> Shot:
    """Zoom by 6 to 22 %, a drift of up to 3 %, 3 degrees of roll; 2 in 5 come in from a side, 1 in 3 are cropped."""
    ends = rng.uniform((-0.03, -0.03, 1.06, -3.0), (0.03, 0.03, 1.22, 3.0), (2, 4))
    swing = rng.uniform(-0.08, 0.08, 2) if rng.random() < 0.4 else np.zeros(2)
    first, last = (Aim(*(round(float(v), 4) for v in one)) for one in ends)
    closer = round(float(rng.uniform(1.05, 1.2)), 3) if rng.random() < 1 / 3 else 1.0
    return Shot(photo, start, stop, first, last, (round(float(swing[0]), 4), round(float(swing[1]), 4)), closer)


def fitted(photo: tuple[int, int], size: tuple[int, int], closer: float) -> tuple[float, Area]:
    """How much larger the photograph becomes and where in the picture it is. Sizes are width and height."""
    scale = min(size[0] / photo[0], size[1] / photo[1]) * closer
    width, height = (min(whole, round(side * scale) // 2 * 2) for side, whole in zip(photo, size, strict=True))
    return scale, Area((size[0] - width) // 4 * 2, (size[1] - height) // 4 * 2, width, height)


def matrix(aim: Aim, shake: tuple[float, float], plate: tuple[int, int], window: Area) -> NDArray[np.float64]:
    """From pixels of the plate (the photograph at the window's scale) to pixels of the window. `shake` in pixels."""
    turn = radians(aim.roll)
    a, b = aim.zoom * cos(turn), aim.zoom * sin(turn)
    turned = np.array([[a, -b], [b, a]])
    middle = np.array([window.w / 2 + aim.x * window.w + shake[0], window.h / 2 + aim.y * window.h + shake[1]])
    shift = middle - turned @ (np.array(plate) / 2)
    return np.column_stack([turned, shift])
