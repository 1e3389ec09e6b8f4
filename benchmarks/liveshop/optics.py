"""A camera that is held, hunts for focus and minds the light. Pure in time; knows no scene.

Everything is a function of the moment alone, so that frames can be made in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, pi, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from stream.types import Seconds

JOLT_S = 0.9  # how long the camera rings after somebody ran into it
JOLTS_A_MINUTE = 0.7
STEP_S = 0.35  # how long automatic exposure takes to follow
HUNTED_SIGMA = 6.0  # pixels: small print is lost, large letters just not


@dataclass(frozen=True, slots=True)
class Shake:
    """A hand's drift of up to about `px` pixels, and jolts that ring out."""

    px: float = 0.0
    phases: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    jolts: tuple[Seconds, ...] = ()
    jolt_px: float = 0.0

    def offset(self, at: Seconds) -> tuple[float, float]:
        if not self.px and not self.jolts:
            return 0.0, 0.0
        a, b, c, d = self.phases
        x = self.px * (0.62 * sin(2 * pi * 0.23 * at + a) + 0.3 * sin(2 * pi * 1.1 * at + b))
        y = self.px * (0.55 * sin(2 * pi * 0.31 * at + c) + 0.3 * sin(2 * pi * 1.4 * at + d))
        knock = sum(_ringing(at - jolt) for jolt in self.jolts)
        return x + 0.4 * self.jolt_px * knock, y + self.jolt_px * knock

    @property
    def reach(self) -> float:
        """The farthest that a pixel gets from its place."""
        return self.px + self.jolt_px


@dataclass(frozen=True, slots=True)
class Light:
    """Automatic exposure and white balance, and how far they wander."""

    steps: tuple[tuple[Seconds, float], ...] = ()  # exposure as it is from a moment on; 1 is right
    drift: float = 0.0  # share
    tint: float = 0.0  # grey levels of chroma
    phase: float = 0.0

    def gain(self, at: Seconds) -> float:
        level = 1.0
        for since, gain in self.steps:
            if at >= since:
                level += (gain - level) * min((at - since) / STEP_S, 1.0)
        return level * (1 + self.drift * sin(2 * pi * at / 23 + self.phase))

    def warmth(self, at: Seconds) -> float:
        """How much redder (and less blue) whites are, in grey levels of chroma."""
        return self.tint * sin(2 * pi * at / 31 + 2 * self.phase)


STILL = Shake()
STEADY = Light()


def defocus(share: float) -> float:
    """Blur in pixels when `share` (0..1) of a hunt has passed: out at once, back, a little out again, sharp."""
    if not 0.0 < share < 1.0:
        return 0.0
    return float(HUNTED_SIGMA * abs(sin(pi * 1.5 * share)) * (1 - share) ** 0.5)


def random_shake(rng: np.random.Generator, seconds: Seconds) -> Shake:
    """A third each: held in the hand and knocked at times, on a loose stand, on a tripod."""
    kind = int(rng.integers(0, 3))
    phases = tuple(round(float(p), 3) for p in rng.uniform(0, 6.28, 4))
    px, jolt_px = round(float(rng.uniform(2, 5)), 2), round(float(rng.uniform(5, 10)), 2)
    if kind:
        return Shake(0.8, phases) if kind == 1 else STILL
    count = int(rng.poisson(JOLTS_A_MINUTE * seconds / 60))
    jolts = sorted(round(float(at), 2) for at in rng.uniform(2, max(seconds - 2, 3), count))
    return Shake(px, phases, tuple(jolts), jolt_px)


def random_light(rng: np.random.Generator, seconds: Seconds) -> Light:
    """In half of all lives, steps of exposure (about one a minute) and a wandering white balance."""
    if rng.random() < 0.5:
        return STEADY
    moments = sorted(rng.uniform(2, max(seconds - 2, 3), max(1, round(seconds / 60))))
    steps = tuple((round(float(at), 2), round(float(rng.uniform(0.78, 1.2)), 3)) for at in moments)
    return Light(steps, drift=0.05, tint=round(float(rng.uniform(2, 6)), 2), phase=float(rng.uniform(0, 6.28)))


def _ringing(since: Seconds) -> float:
    return exp(-since * 6) * sin(2 * pi * 3.1 * since) if 0 <= since < JOLT_S else 0.0
