"""LocalAgreement-2: a word is certain once two readings of the same sound agree on it. Pure: no sound, no clock."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engines.speech.base import Word

SLACK_S = 0.25  # how far two readings may place one word apart
CERTAIN = 0.9  # names that need no second reading: what is heard next may drown them
LATE_S = 1.5  # how much later than other words a name may be understood
STOPS = ".!?。！？…"  # how a sentence may end: the next reading may put it elsewhere, and the word is the same


class Agreement:
    """Takes one reading after the other of a growing piece of sound; gives each word once."""

    def __init__(self) -> None:
        self._last: list[Word] = []
        self._names: Collection[Word] = ()
        self._lately: list[Word] = []  # given, as they were read
        self._until = self._named_until = 0.0

    def push(self, reading: Sequence[Word], names: Collection[Word] = (), old_s: float = 0.0) -> list[Word]:
        """The words that this reading and the one before begin with alike.

        `names`: words of it that are sure by themselves. What both readings have of them is agreed on, or one that is
        certain, and so is whatever the new one has before. `old_s`: what was said until then is not waited for.
        """
        fresh, before = self._fresh(reading, names), self._fresh(self._last, self._names)
        alike = takewhile(lambda pair: _alike(*pair), zip(before, fresh, strict=False))
        agreed = sum(1 for _ in alike)
        for i, word in enumerate(fresh[agreed:], agreed + 1):
            if word.end <= old_s or (word in names and _sure(word, before)):
                agreed = i
        self._last, self._names = list(reading), names
        return self._committed(fresh[:agreed], names)

    def settle(self, reading: Sequence[Word], names: Collection[Word] = ()) -> list[Word]:
        """All that is left of the last reading; what follows is another piece."""
        words = self._committed(self._fresh(reading, names), names)
        self._last, self._names = [], ()
        return words

    def _fresh(self, reading: Sequence[Word], names: Collection[Word]) -> list[Word]:
        """Without what was committed: by its middle, since readings move borders a little.

        Where other words were committed a name is still news, unless it was committed as such or word for word.
        """
        late = max(self._named_until, self._until - LATE_S)
        fresh = [word for word in reading if _middle(word) >= (late if word in names else self._until)]
        overtaken = [word for word in fresh if _middle(word) < self._until]
        if all(any(_alike(old, word) for old in self._lately) for word in overtaken):
            fresh = [word for word in fresh if _middle(word) >= self._until]
        again = bool(fresh and self._lately) and _alike(self._lately[-1], fresh[0])
        return fresh[1:] if again else fresh

    def _committed(self, words: list[Word], names: Collection[Word]) -> list[Word]:
        made = []
        for word in words:
            start = max(word.start, self._until)
            made.append(word._replace(start=start, end=max(word.end, start)))
            self._until = made[-1].end
            if word in names:
                self._named_until = max(word.end, self._named_until)
        if words:
            self._lately = [word for word in (*self._lately, *words) if word.end >= self._until - LATE_S - SLACK_S]
        return made


def _sure(name: Word, before: Sequence[Word]) -> bool:
    return name.confidence >= CERTAIN or any(_alike(old, name) for old in before)


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _alike(old: Word, new: Word) -> bool:
    return abs(old.start - new.start) <= SLACK_S and old.text.rstrip(STOPS) == new.text.rstrip(STOPS)
