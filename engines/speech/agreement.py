"""LocalAgreement-2: a word is certain once two readings of the same sound agree on it. Pure: no sound, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.speech.base import Word

SLACK_S = 0.25  # how far two readings may place one word apart
STOPS = ".!?。！？…"  # how a sentence may end: the next reading may put it elsewhere, and the word is the same


class Agreement:
    """Takes one reading after the other of a growing piece of sound; gives each word once."""

    def __init__(self, slack_s: float = SLACK_S) -> None:
        self._slack_s = slack_s
        self._last: list[Word] = []
        self._until = 0.0

    def push(self, reading: Sequence[Word]) -> list[Word]:
        """The words that this reading and the one before begin with alike."""
        fresh = self._fresh(reading)
        agreed: list[Word] = []
        for old, new in zip(self._fresh(self._last), fresh, strict=False):
            if old.text.rstrip(STOPS) != new.text.rstrip(STOPS) or abs(old.start - new.start) > self._slack_s:
                break
            agreed.append(new)
        self._last = list(reading)
        return self._committed(agreed)

    def settle(self, reading: Sequence[Word]) -> list[Word]:
        """All that is left of the last reading; what follows is another piece."""
        self._last = []
        return self._committed(self._fresh(reading))

    def _fresh(self, reading: Sequence[Word]) -> list[Word]:
        """Without what was committed: by its middle, since readings move borders a little."""
        return [word for word in reading if (word.start + word.end) / 2 >= self._until]

    def _committed(self, words: list[Word]) -> list[Word]:
        made = []
        for word in words:
            start = max(word.start, self._until)
            made.append(word._replace(start=start, end=max(word.end, start)))
            self._until = made[-1].end
        return made
