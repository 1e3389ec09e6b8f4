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

    def __init__(self, *, placed: bool = True) -> None:
        """`placed`: the reader knows when its words were said. Else their order alone says which were given."""
        self._placed = placed
        self._given = 0  # words of the open piece
        self._last: list[Word] = []
        self._until = 0.0

    def push(self, reading: Sequence[Word]) -> list[Word]:
        """The words that this reading and the one before begin with alike."""
        fresh = self._fresh(reading)
        agreed: list[Word] = []
        for old, new in zip(self._fresh(self._last), fresh, strict=False):
            moved = self._placed and abs(old.start - new.start) > SLACK_S
            if moved or old.text.rstrip(STOPS) != new.text.rstrip(STOPS):
                break
            agreed.append(new)
        self._last = list(reading)
        return self._committed(agreed)

    def settle(self, reading: Sequence[Word]) -> list[Word]:
        """All that is left of the last reading; what follows is another piece."""
        words = self._committed(self._fresh(reading))
        self._last, self._given = [], 0
        return words

    def _fresh(self, reading: Sequence[Word]) -> list[Word]:
        """Without what was committed: by its middle, since readings move borders a little."""
        if not self._placed:
            return list(reading[self._given :])
        return [word for word in reading if (word.start + word.end) / 2 >= self._until]

    def _committed(self, words: list[Word]) -> list[Word]:
        made = []
        self._given += len(words)
        for word in words:
            start = max(word.start, self._until)
            made.append(word._replace(start=start, end=max(word.end, start)))
            self._until = made[-1].end
        return made
