"""A transcriber for tests and benchmarks: it hears a beep as the word of its loudness. Exact, and deaf to speech.

A script of beeps is a script of words: `beep(2)` sounds like the third of its words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.errors import SpeechError
from engines.speech.base import RATE, Samples, TranscriberInfo, Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STEP = 0.08  # of full scale, between the loudness of one word and the next
BLOCK = RATE // 100
CRASH = -1.0  # a sample that the engine does not survive


def beep(word: int, seconds: float = 0.2) -> Samples:
    return np.full(round(seconds * RATE), STEP * (word + 1), np.float32)


def silence(seconds: float) -> Samples:
    return np.full(round(seconds * RATE), STEP / 100, np.float32)  # a room is never without any sound


class FakeSession:
    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._heard = 0  # samples
        self._start = -1  # of the beep that sounds
        self._loudest = 0.0
        self._rest = np.zeros(0, np.float32)
        self._gated: dict[str, int] = {}

    @property
    def gated(self) -> Mapping[str, int]:
        return self._gated

    def push(self, samples: Samples) -> list[Word]:
        if CRASH in samples:
            raise RuntimeError("the fake engine was told to crash")
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) - len(sound) % BLOCK
        self._rest = sound[whole:]
        return [word for at in range(0, whole, BLOCK) for word in self._block(sound[at : at + BLOCK])]

    def end(self) -> list[Word]:
        self._heard += len(self._rest)
        self._rest = np.zeros(0, np.float32)
        return self._settle(self._heard)

    def _block(self, block: Samples) -> list[Word]:
        at, self._heard = self._heard, self._heard + len(block)
        level = float(np.abs(block).max())
        if level < STEP / 2:
            return self._settle(at)
        self._start = at if self._start < 0 else self._start
        self._loudest = max(self._loudest, level)
        return []

    def _settle(self, end: int) -> list[Word]:
        if self._start < 0:
            return []
        number = round(self._loudest / STEP) - 1
        start, self._start, self._loudest = self._start, -1, 0.0
        if not 0 <= number < len(self._words):
            self._gated["noise"] = self._gated.get("noise", 0) + 1
            return []
        return [Word(start / RATE, end / RATE, self._words[number], 0.9)]


class FakeTranscriber:
    """`language`: the only one it knows. `sessions`: what was asked of it."""

    def __init__(self, words: Sequence[str], language: str = "en") -> None:
        self._words = words
        self._language = language
        self.sessions: list[tuple[tuple[str, ...], str | None]] = []

    @property
    def info(self) -> TranscriberInfo:
        return TranscriberInfo("fake", "beeps", self._language, "free")

    def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
        self.sessions.append((tuple(phrases), language))
        if language not in {None, self._language}:
            raise SpeechError(f"language {language!r}: the fake engine knows {self._language!r} only")
        return FakeSession(self._words)
