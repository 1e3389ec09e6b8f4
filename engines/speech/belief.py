"""Which of the words that were read to believe, by what products are called. Pure: no recogniser, no sound, no clock.

A posterior alone is a poor judge over music or a crowd, where it stays high on words that nobody said. Words that
make up a name bear each other out; one that stands alone must be surer, and one amidst another name is wrong. What
was read while the piece still grew, and what is read in the end, are two searches: one bears the other out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from engines.text.phones import is_listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engines.speech.base import Word

SURE = 0.5  # posterior that the surest word of a name needs
LINKED = 0.7  # that of a name by one word and everyday ones: "the mild one"
FRESH = 0.95  # a word that was not read there before the piece had ended; from .9 up all the same
DRAGGED = 0.1  # and each other word of it
ALONE = 0.85  # a word that nothing bears out
ORDINARY = 0.98  # the same of one that English has anyway: much that is said sounds like "dark", little like "velssa"
LED = 0.5  # one behind a word that leads to names: ways to say it share its posterior, the surest may have no more
LED_ORDINARY = 0.9
LEADING = ("from", "in")  # "now something from ...", "the one in ..."; behind "the" stands anything
LINKS = frozenset((*LEADING, "the", "one"))  # words of a name that say nothing of it: "the ... one"
BORNE_OUT = 0.4  # one that goes together with what was said around it
AROUND_S = 1.5  # "green tea from Kalane": so far apart words still are of one name
DRAWN_OUT_S = (0.3, 0.1)  # and so much for each letter: a word that takes longer is a tone, or a vowel sung
MOVES_S = 0.25  # from one reading to another of the same sound
AMIDST_S = 0.8  # nobody gets from one name to another sooner

Run = list["Word"]  # words that follow one another as they do in a name


class Names:
    """What a livestream's products are called, as words that follow one another."""

    def __init__(self, names: Sequence[Sequence[str]], everyday: Collection[str]) -> None:
        """`everyday`: words that say nothing by themselves."""
        self.wanted = frozenset(word for name in names for word in name)
        self._pairs = frozenset(pair for name in names for pair in pairwise(name))
        self._telling = self.wanted.difference(everyday)
        self._ordinary = frozenset(word for word in self._telling if is_listed(word))
        self._mates: dict[str, set[str]] = {word: set() for word in self._telling}
        for name in names:
            telling = self._telling.intersection(name)
            for word in telling:
                self._mates[word] |= telling

    def until_alone(self, reading: Sequence[Word]) -> list[Word]:
        """The words of names, up to the first that is one by a single word: that waits for its posterior."""
        kept: list[Word] = []
        for run in self._runs(reading):
            if self._is_alone(run):
                break
            kept += run if len(run) > 1 else []
        return kept

    def behind_alone(self, reading: Sequence[Word]) -> tuple[float, float] | None:
        """When the first such name was over, and where the last begins that was read after it; nothing without one.

        There reading may be parted: no name goes on across it.
        """
        runs = list(self._runs(reading))
        first = next((i for i, run in enumerate(runs) if self._is_alone(run)), None)
        if first is None:
            return None
        end = runs[first][-1].end
        return end, end if runs[-1] is runs[first] else max(runs[-1][0].start, end)

    def believed(self, reading: Sequence[Word], before: Sequence[Word]) -> list[Word]:
        """The wanted words of a finished reading that are to be believed. `before`: of the same sound, unfinished."""
        heard = [run for run in self._runs(reading) if run[0].text in self.wanted and _best(run) >= BORNE_OUT]
        runs = [steady for run in heard if (steady := self._steady(run, before))]
        kept: list[Word] = []
        led = self._led(reading)
        for i, run in enumerate(runs):
            if len(run) > 1:
                surest = _best([word for word in run if word.text not in LINKS] or run)
                least = self._least(run)
                kept += [word for word in run if surest >= least and word.confidence >= DRAGGED]
            elif self._stands(
                run[0], [*runs[max(i - 1, 0) : i], *runs[i + 1 : i + 2]], self._alone(run[0], led=run[0] in led)
            ):
                kept += run
        return kept

    def _least(self, run: Run) -> float:
        """What the surest word of several needs."""
        if len(run) == 2 and run[0].text == "the":
            return ALONE  # "the ... one" lacks its end
        return LINKED if self._is_alone(run) else SURE

    def _alone(self, word: Word, *, led: bool) -> float:
        """What a word needs that nothing bears out."""
        if word.text in self._ordinary:
            return LED_ORDINARY if led else ORDINARY
        return LED if led else ALONE

    def _is_alone(self, run: Run) -> bool:
        """By a single word, or by none but letters: "two hundred m l" is as good as its numbers."""
        telling = [word.text for word in run if word.text in self._telling]
        return len(telling) > 0 and sum(len(text) > 1 for text in telling) < 2

    def _steady(self, run: Run, before: Sequence[Word]) -> Run:
        """Without words that only this reading has. What begins a name may have been put right by what follows."""
        telling = [word for word in run if word.text in self._telling]
        kept = [word for word in telling if word.confidence >= FRESH or _was_there(word, before)]
        if any(word is not telling[0] for word in kept):
            kept.append(telling[0])
        return [word for word in run if word in kept or word not in telling] if kept or not telling else []

    def _led(self, reading: Sequence[Word]) -> set[Word]:
        return {word for before, word in pairwise(reading) if before.text in LEADING and before.confidence >= SURE}

    def _runs(self, reading: Sequence[Word]) -> Iterator[Run]:
        run: Run = []
        for word in reading:
            if run and (run[-1].text, word.text) not in self._pairs:
                yield run
                run = []
            run.append(word)
        if run:
            yield run

    def _stands(self, word: Word, around: Sequence[Run], alone: float) -> bool:
        if any(_apart(word, run) <= AMIDST_S and word.text == other.text for run in around for other in run):
            return False  # nobody says a name twice in one breath; over a trill it is read again and again
        near = [(run, _apart(word, run)) for run in around if _best(run) >= SURE]
        if any(apart <= AROUND_S and self._go_together(word, run) for run, apart in near):
            return word.confidence >= BORNE_OUT
        if any(apart <= AMIDST_S and len(run) > 1 and self._clash(word, run) for run, apart in near):
            return False
        return word.confidence >= alone and word.text in self._telling

    def _go_together(self, word: Word, run: Run) -> bool:
        mates = self._mates.get(word.text, set())
        return any(not mates.isdisjoint(self._mates.get(other.text, set())) for other in run)

    def _clash(self, word: Word, run: Run) -> bool:
        """Whether the word is in names, and the run, too, and none of them has to do with any of the others."""
        known = self._is_known(word) and any(self._is_known(other) for other in run)
        return known and not self._go_together(word, run)

    def _is_known(self, word: Word) -> bool:
        """Of a name of several words; a turn of phrase ("unlike the") holds but one that is no talk."""
        return len(self._mates.get(word.text, ())) > 1


def is_drawn_out(word: Word) -> bool:
    base, letter = DRAWN_OUT_S
    return word.end - word.start > base + letter * len(word.text)


def _was_there(word: Word, before: Sequence[Word]) -> bool:
    return any(word.text == other.text and abs(word.start - other.start) <= MOVES_S for other in before)


def _best(run: Run) -> float:
    return max(word.confidence for word in run)


def _apart(word: Word, run: Run) -> float:
    return max(run[0].start - word.end, word.start - run[-1].end)
