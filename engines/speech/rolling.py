"""Sound cut at pauses: which of it is a piece that is worth reading, and when. Pure: no recogniser, no clock."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engines.speech.base import RATE, Samples

BLOCK = RATE // 10
LEAD = 3  # blocks kept from before the first loud one: words begin softly
FAINTEST = 0.002  # of full scale: what is softer is silence, whatever the floor
RISE = 1.02  # the floor follows a louder room by 2% a block, a quieter one at once


ABOVE = 3.0  # times the floor's root mean square (about 10 dB): what is softer begins nothing


class Turns(NamedTuple):
    """When a piece begins and ends."""

    pauses: tuple[tuple[int, int], ...] = ((15, 4), (25, 2), (35, 1))  # of up to so many blocks: so many quiet ones
    longest: int = 50  # blocks: talk without a pause is cut here
    above: float = ABOVE  # what goes on, in times the floor's root mean square; what begins is louder

    def pause(self, blocks: int) -> int:
        """The longer a piece, the shorter the pause that ends it: what waits for its end must not wait long."""
        return next((pause for length, pause in self.pauses if blocks <= length), self.pauses[-1][1])


SHORT = Turns()
# For an ear that hears names by their sounds: none is heard across a cut, and under noise half of a voice is soft.
WHOLE = Turns(((15, 4), (25, 3), (35, 2)), longest=60, above=2.0)


class Cut(NamedTuple):
    """A block of sound that belongs to a piece."""

    at: int  # the session's sample that it begins with
    samples: Samples
    first: bool
    last: bool


class Rolling:
    """Gives the blocks of pieces as they come; keeps `LEAD` quiet ones for the next."""

    def __init__(self, turns: Turns = SHORT) -> None:
        self._turns = turns
        self._open = np.zeros(0, np.float32)  # less than a block
        self._quiet: list[Samples] = []
        self._floor = FAINTEST
        self._blocks, self._pause = 0, 0
        self._at = 0

    @property
    def heard(self) -> int:
        """Samples taken in since the beginning."""
        return self._at + len(self._open)

    @property
    def pausing(self) -> bool:
        """Whether a piece is about to end unless somebody goes on."""
        return self._pause > 0

    def push(self, samples: Samples) -> list[Cut]:
        sound = np.concatenate([self._open, samples])
        whole = len(sound) - len(sound) % BLOCK
        self._open = sound[whole:]
        cuts = []
        for start in range(0, whole, BLOCK):
            cuts += self._block(sound[start : start + BLOCK])
        return cuts

    def end(self) -> list[Cut]:
        """What is open, and the end of the piece; nothing is kept but the clock and the room's floor."""
        rest, self._open = self._open, np.zeros(0, np.float32)
        at, self._at = self._at, self._at + len(rest)
        inside, self._blocks, self._pause, self._quiet = self._blocks, 0, 0, []
        return [Cut(at, rest, first=False, last=True)] if inside else []

    def _block(self, block: Samples) -> list[Cut]:
        at, self._at = self._at, self._at + BLOCK
        level = float(np.sqrt(np.mean(block * block)))
        loud = level > max((self._turns.above if self._blocks else ABOVE) * self._floor, FAINTEST)
        self._floor = max(min(level, self._floor * RISE), FAINTEST / ABOVE)
        if not self._blocks:
            return self._begin(at, block) if loud else self._wait(block)
        self._blocks += 1
        self._pause = 0 if loud else self._pause + 1
        last = self._pause >= self._turns.pause(self._blocks) or self._blocks >= self._turns.longest
        if last:
            self._blocks, self._pause = 0, 0
        return [Cut(at, block, first=False, last=last)]

    def _begin(self, at: int, block: Samples) -> list[Cut]:
        whole = np.concatenate([*self._quiet, block])
        self._quiet, self._blocks = [], 1
        return [Cut(at + BLOCK - len(whole), whole, first=True, last=False)]

    def _wait(self, block: Samples) -> list[Cut]:
        self._quiet = [*self._quiet[-(LEAD - 1) :], block]
        return []
