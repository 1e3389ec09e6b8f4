"""How a hand moves a product: in, held with a tremor, turned, near and far, half covered for a moment, out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.bodies import Pose

if TYPE_CHECKING:
    import numpy as np

    from stream.types import Seconds

From = Literal["left", "right", "below"]
ENTER_S = 0.8
LEAVE_S = 0.7
TAKE_S = 0.9
PUT_S = 1.1


@dataclass(frozen=True, slots=True)
class Cover:
    """The other hand passes in front: from `start`, for `lasts` seconds, over a share of the product's height."""

    start: Seconds
    lasts: Seconds
    reach: float


@dataclass(frozen=True, slots=True)
class Path:
    """Where the product is at each moment of [start, stop). Times are stream time."""

    start: Seconds
    stop: Seconds
    comes: From
    goes: From
    home: tuple[float, float]  # pixels, where it is held
    height: float  # pixels, of the front
    turn: float  # radians it is turned to either side
    tilt: float  # radians about the view axis
    near: float  # how much larger it gets at its nearest
    phases: tuple[float, ...]  # what makes this hand's tremor its own
    cover: Cover | None = None
    rounds: float = 1.0  # how often it comes near
    taken_from: Pose | None = None  # where it lay before, instead of coming from outside
    put_down: Pose | None = None  # where it lies afterwards, instead of going

    def pose(self, at: Seconds) -> Pose | None:
        """None when it is not on screen at all."""
        if not self.start <= at < self.stop:
            return None
        since, left = at - self.start, self.stop - at
        x, y = self._place(since, left)
        shake_x, shake_y = self._shake(at)
        a, b, c = self.phases[:3]
        middle = (since - ENTER_S) / max(self.stop - self.start - ENTER_S - LEAVE_S, 0.1)
        closer = 1 + self.near * sin(pi * self.rounds * min(max(middle, 0.0), 1.0)) ** 2
        held = Pose(
            x=x + shake_x,
            y=y + shake_y,
            height=self.height * closer,
            yaw=self.turn * sin(2 * pi * 0.33 * since + a),
            pitch=0.12 * sin(2 * pi * 0.27 * since + b),
            roll=self.tilt + 0.05 * sin(2 * pi * 0.41 * since + c),
        )
        if self.taken_from is not None and since < TAKE_S:
            return between(self.taken_from, held, since / TAKE_S)
        if self.put_down is not None and left < PUT_S:
            return between(self.put_down, held, left / PUT_S)
        return held

    def hand_over(self, at: Seconds) -> float | None:
        """0..1: how far the covering hand has passed; None when it is away."""
        if self.cover is None or not 0 <= at - self.cover.start < self.cover.lasts:
            return None
        return (at - self.cover.start) / self.cover.lasts

    def _place(self, since: Seconds, left: Seconds) -> tuple[float, float]:
        x, y = self.home
        if (self.taken_from if since < left else self.put_down) is not None:
            return x, y
        away = (self.comes, 1 - ease(since / ENTER_S)) if since < left else (self.goes, 1 - ease(left / LEAVE_S))
        match away:
            case ("left", share):
                return x - share * (x + self.height), y + 40 * share
            case ("right", share):
                return x + share * (1280 - x + self.height), y + 40 * share
            case (_, share):
                return x, y + share * (720 - y + self.height * 0.75)

    def _shake(self, at: Seconds) -> tuple[float, float]:
        """A slow sway of the arm and a fast tremor of the hand, in pixels."""
        a, b, c, d = self.phases[:4]
        sway_x, sway_y = 13 * sin(2 * pi * 0.31 * at + a), 8 * sin(2 * pi * 0.47 * at + b)
        return sway_x + 1.1 * sin(2 * pi * 4.3 * at + c), sway_y + 1.3 * sin(2 * pi * 5.9 * at + d)


def between(start: Pose, end: Pose, share: float) -> Pose:
    """From `start` at 0 to `end` at 1."""
    eased = ease(share)
    return Pose(*(a + (b - a) * eased for a, b in zip(start, end, strict=True)))


def ease(share: float) -> float:
    """From 0 to 1 without a jerk at either end."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (s * (s * 6 - 15) + 10)


def random_path(rng: np.random.Generator, start: Seconds, stop: Seconds, *, tall: bool) -> Path:
    """`tall`: narrow things are held a little closer, so that their print can be read."""
    sides: tuple[From, ...] = ("left", "right", "below")
    cover = None
    if rng.random() < 0.5 and stop - start > 4.5:
        begins = start + ENTER_S + float(rng.uniform(0.8, stop - start - ENTER_S - LEAVE_S - 2.2))
        cover = Cover(begins, float(rng.uniform(0.9, 1.4)), float(rng.uniform(0.22, 0.36)))
    return Path(
        start=start,
        stop=stop,
        comes=sides[int(rng.integers(0, 3))],
        goes=sides[int(rng.integers(0, 3))],
        home=(float(rng.uniform(430, 850)), float(rng.uniform(325, 385))),
        height=float(rng.uniform(400, 470) if tall else rng.uniform(350, 430)),
        turn=float(rng.uniform(0.15, 0.42)),
        tilt=float(rng.uniform(-0.14, 0.14)),
        near=float(rng.uniform(0.0, 0.22)),
        phases=tuple(float(p) for p in rng.uniform(0, 6.28, 4)),
        cover=cover,
    )
