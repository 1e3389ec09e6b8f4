"""Pieces of sound that may be talk: music, noise and tones go no further than this. Pure: no recogniser, no clock."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from engines.speech.base import RATE, Samples
from engines.speech.rolling import BLOCK, SHORT, Cut, Rolling, Turns
from engines.speech.timbre import WINDOW_S, sound_gate

if TYPE_CHECKING:
    from collections.abc import Iterable

JUDGED_EVERY = 5  # blocks
PASSES = 2  # verdicts in a row that open a piece, or close it again
WINDOW = round(WINDOW_S * RATE)


class Sieve:
    """Gives a piece's blocks once it sounds like talk, all at once what was held back until then."""

    def __init__(self, turns: Turns = SHORT) -> None:
        self._rolling = Rolling(turns)
        self._rest = np.zeros(0, np.float32)  # less than a block
        self._recent = np.zeros(0, np.float32)
        self._held: list[Cut] = []
        self._open, self._verdicts, self._blocks = False, 0, 0
        self.refused: Counter[str] = Counter()  # verdicts that kept sound back, by the gate that gave them

    @property
    def pausing(self) -> bool:
        return self._rolling.pausing

    def push(self, samples: Samples) -> list[Cut]:
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) - len(sound) % BLOCK
        self._rest = sound[whole:]
        return [cut for at in range(0, whole, BLOCK) for cut in self._block(sound[at : at + BLOCK])]

    def end(self) -> list[Cut]:
        self._recent = np.concatenate([self._recent, self._rest])[-WINDOW:]
        cuts = self._sifted([*self._rolling.push(self._rest), *self._rolling.end()])
        self._rest, self._recent = np.zeros(0, np.float32), np.zeros(0, np.float32)
        return cuts

    def _block(self, block: Samples) -> list[Cut]:
        self._recent = np.concatenate([self._recent, block])[-WINDOW:]
        return self._sifted(self._rolling.push(block))

    def _sifted(self, cuts: Iterable[Cut]) -> list[Cut]:
        return [kept for cut in cuts for kept in self._sift(cut)]

    def _sift(self, cut: Cut) -> list[Cut]:
        if cut.first:
            self._held, self._open, self._verdicts, self._blocks = [], False, 0, 0
        self._blocks += 1
        if cut.last or self._blocks % JUDGED_EVERY == 0:
            self._judge()
        return self._passed(cut) if self._open else self._kept_back(cut)

    def _judge(self) -> None:
        """Counts verdicts in a row that would change what is done now."""
        gate = sound_gate(self._recent)
        self._verdicts = self._verdicts + 1 if (gate is None) is not self._open else 0
        if gate is not None and (not self._open or self._verdicts >= PASSES):
            self.refused[gate] += 1

    def _passed(self, cut: Cut) -> list[Cut]:
        if self._verdicts < PASSES:
            return [cut]
        self._open, self._verdicts = False, 0
        return [cut._replace(last=True)]

    def _kept_back(self, cut: Cut) -> list[Cut]:
        """Of a long piece that is no talk, the last window stays: talk may just be beginning."""
        self._held = [*self._held, cut][-WINDOW // BLOCK :]
        enough = self._verdicts >= (1 if cut.last else PASSES)
        if not enough:
            return []
        whole = np.concatenate([held.samples for held in self._held])
        at, self._held = self._held[0].at, []
        self._open, self._verdicts = not cut.last, 0
        return [Cut(at, whole, first=True, last=cut.last)]
