"""Two channels to one, and what to hear where they cancel each other. Pure: numbers in, numbers out; knows no format.

A plug that inverts one channel is a common fault: left and right are the same but for the sign, viewers with two
loudspeakers hardly notice, and the mix of the two is silence. One channel alone has all that was said, inverted or
not, so it is what is heard then; it is even where the fault is mended meanwhile.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.types import Samples

Pair = NDArray[np.float32]  # (2, n): left and right

CANCELS = 0.1  # of the louder channel's power: one of two uncorrelated ones is left a half, of one alone a quarter
FAINT = 0.002  # of full scale: softer than this is silence to every ear, and tells nothing
OVER_S = 1.0  # power is a mean over about so long
SURE_S = 2.0  # of sound that cancels without a break; music that is wide now and then does not
HELD_S = 60.0  # of sound that does not, until the mix is trusted again: two hosts, one of them inverted, take turns
LOUDER = 4.0  # times the power from which on the other channel is the louder one
FADE_S = 0.02  # from one way to another: a step would be a click
SIDES = ("left", "right")
BOTH = np.full(2, 0.5**0.5, np.float32)  # what FFmpeg mixes with: a voice in the middle is 3 dB louder than in mono
ALONE = (np.array([2**0.5, 0.0], np.float32), np.array([0.0, 2**0.5], np.float32))  # as loud as in the middle


class Mixing:
    """For one livestream; outlasts its connections, as a wrong plug does."""

    def __init__(self, rate: int, cancels: Callable[[str], object] = lambda _side: None) -> None:
        """`cancels` is told once, with the side that is heard alone."""
        self._rate, self._cancels = rate, cancels
        self._products = np.zeros((2, 2), np.float32)
        self._left = self._right = self._shared = 0.0  # sums of squares, and of left times right
        self._cancelled = self._held = 0.0  # seconds
        self._side: int | None = None  # what is heard alone
        self._told = False
        self._gains = self._before = BOTH
        self._fading = 0.0  # samples that are left of going over from `before`

    def push(self, wave: Pair) -> Samples:
        self._weigh(wave)
        gains = BOTH if self._side is None else ALONE[self._side]
        if gains is not self._gains:
            self._before = self._gains + (self._before - self._gains) * np.float32(self._fading / self._fade)
            self._gains, self._fading = gains, self._fade
        return self._faded(wave) if self._fading else np.dot(gains, wave)

    @property
    def _fade(self) -> float:
        return FADE_S * self._rate

    def _faded(self, wave: Pair) -> Samples:
        count = wave.shape[1]
        left = np.maximum(self._fading - np.arange(1, count + 1), 0).astype(np.float32) / np.float32(self._fade)
        gains = self._gains[:, None] + (self._before - self._gains)[:, None] * left
        self._fading = max(self._fading - count, 0.0)
        return np.asarray((gains * wave).sum(axis=0), np.float32)

    def _weigh(self, wave: Pair) -> None:
        """Both channels' power and what they share, as means that forget; then which way to hear them."""
        seconds = wave.shape[1] / self._rate
        (left, shared), (_, right) = np.dot(wave, wave.T, out=self._products).tolist()
        kept = exp(-seconds / OVER_S)
        self._left = kept * self._left + left
        self._right = kept * self._right + right
        self._shared = kept * self._shared + shared
        louder = max(self._left, self._right)
        if louder < FAINT**2 * OVER_S * self._rate:
            return
        cancels = (self._left + self._right + 2 * self._shared) / 4 < CANCELS * louder
        self._cancelled = self._cancelled + seconds if cancels else 0.0
        self._choose(seconds)

    def _choose(self, seconds: float) -> None:
        self._held = HELD_S if self._cancelled >= SURE_S else max(self._held - seconds, 0.0)
        if not self._held:
            self._side = None
        elif self._side is None:
            self._side = int(self._right > self._left)
            self._tell(SIDES[self._side])
        else:
            powers = (self._left, self._right)
            if powers[1 - self._side] > LOUDER * powers[self._side]:
                self._side = 1 - self._side

    def _tell(self, side: str) -> None:
        if not self._told:
            self._told = True
            self._cancels(side)
