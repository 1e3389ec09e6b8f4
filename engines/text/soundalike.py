"""Names among words by how they sound as a whole. Pure; knows no times and no sentence but the words it is given.

What is searched for is each turn in which a product is named, from brand to flavour, wherever words begin and end.
All of them are laid against the text at once, and count by how much likelier they explain its sounds than talk does.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.text.abreast import Abreast
from engines.text.callings import Calling, Part, callings_of
from engines.text.everyday import EVERYDAY, GRAMMAR
from engines.text.fitting import traced
from engines.text.mishearing import BARRIER, STEP, mishearing
from engines.text.phones import heard_as, is_listed, ways_of
from engines.text.sounding import spelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engines.text.abreast import Quarters
    from engines.text.fitting import Numbers
    from engines.text.mishearing import Bits
    from engines.text.phones import Phones
    from engines.text.words import ProductWords

# Bits that a name's sounds have to be likelier than talk: names are rare, and much sounds like one of them.
ONE, SEVERAL, JOINED = 16.0, 15.0, 20.0  # parts of a name; joined: "from ..." and "in ..." are said of anything
PART = 0.1  # of a part's bits, had it been heard rightly, that it has to explain by itself
APART = 3.0  # bits by which a name must be likelier than one of other products
SAID, TALKED = 3.0, 1.0  # bits by which a word that everybody says is likelier said than its sounds are
KNOWN = 8.0  # the same of a word of the catalogue: it is rather meant than a mishearing of another
SHORTEST = 3  # letters of such a word
UNPLACED = -1  # instead of a turn's number: all those that end with a word
NOWHERE = -(10**6)  # quarters of a bit of what cannot be
MOST = 1500  # turns that are compared in full: the likeliest, so that a big catalogue takes no longer
STRIP = ".,;:!?'\"…"


class Find(NamedTuple):
    """Words `first` to `last` are rather `calling`. `share`, 0..1: of what it would count, heard rightly."""

    first: int
    last: int
    calling: Calling
    share: float


class _Text(NamedTuple):
    words: tuple[str, ...]
    phones: Numbers
    begins: Numbers  # of each word, and where the last one ends
    talk: Quarters  # up to each word's begin: how much likelier talk is than chance


class _Match(NamedTuple):
    """`less`: bits with the sign turned, so that the best comes first. Words `first` to `last` as turn `number`."""

    less: float
    number: int
    first: int
    last: int


class SoundAlikes:
    """Knows how the products in scope are called; build one for each scope.

    About 15 turns a product, 60 bytes each; and a kilobyte for each word that only they have.
    """

    def __init__(self, products: Sequence[ProductWords]) -> None:
        turns, self._parts, self._meant = callings_of(products)
        self._words = sorted({word for words in turns for word in words})
        self._spelt = self._table(turns)
        self._priors = _quarters([_prior(parts) for parts in self._parts])
        self._known = frozenset(word for word in self._words if len(word) >= SHORTEST and word not in EVERYDAY)
        ways = [(i, way) for i, word in enumerate(self._words) for way in ways_of(word)]
        self._ways = [*(way for _, way in ways), b""]  # the last stands behind the end of a turn
        self._whose = np.array([word for word, _ in ways], np.intp)
        self._singles = Abreast(self._ways[:-1])

    def _table(self, turns: Sequence[Sequence[str]]) -> NDArray[np.int32]:
        """`[place, turn]`: its words by number; behind its last, one that is none."""
        numbers = {word: i for i, word in enumerate(self._words)}
        table = np.full((max(map(len, turns), default=0), len(turns)), len(self._words), np.int32)
        for i, words in enumerate(turns):
            table[: len(words), i] = [numbers[word] for word in words]
        return table

    def _calling(self, number: int) -> Calling:
        """Made anew: kept as objects, those of a large shop would be most of its memory."""
        parts = self._parts[number]
        return Calling(tuple(self._words[word] for word in self._spelt[: len(parts), number]), parts)

    def find(self, texts: Sequence[str]) -> list[Find]:
        """What sounds like a name, in its order; what is spelt right already, too."""
        text = _text(texts)
        if len(self._ways) == 1 or not len(text.phones):
            return []
        best, ways = self._singly(text)
        turns = self._compared(text, self._likely(best), ways)
        return sorted(_Search(text, turns, _firsts(text, turns), self._known).finds())

    def _singly(self, text: _Text) -> tuple[Quarters, Numbers]:
        """For each word of the catalogue how well it fits anywhere at all, and the way to say it that fits best."""
        scores = self._singles.anywhere(text.phones)
        best = np.full(len(self._words) + 1, NOWHERE)
        best[-1] = 0
        np.maximum.at(best, self._whose, scores)
        fits = np.flatnonzero(scores == best[self._whose])[::-1]
        ways = np.full(len(best), len(self._ways) - 1)
        ways[self._whose[fits]] = fits  # of several the first: it is written last
        return best, ways

    def _likely(self, best: Quarters) -> Numbers:
        """The turns that can come to anything: none fits better than its words, each where it fits best."""
        most = -self._priors
        for words in self._spelt:
            most += best[words]
        likely = np.flatnonzero(most > 0)
        if len(likely) <= MOST:
            return likely
        most = most[likely]
        least = np.partition(most, len(most) - MOST)[len(most) - MOST]
        above = most > least
        above[np.flatnonzero(most == least)[: MOST - int(np.count_nonzero(above))]] = True
        return np.asarray(likely[above])

    def _compared(self, text: _Text, likely: Numbers, ways: Numbers) -> _Turns:
        """Those of them that come to anything, or nearly: what is likelier by less than `APART` may be they."""
        said = ways[self._spelt[:, likely]]
        starts, _ = _starts(text)
        ends = Abreast(self._ways, said).ends(text.phones, starts, text.begins[1:])
        scores = ends - text.talk[None, 1:] - self._priors[likely, None]
        near = np.flatnonzero((scores > -APART / STEP).any(axis=1))
        return _Turns(
            [self._calling(likely[i]) for i in near],
            [self._meant[likely[i]] for i in near],
            [tuple(self._ways[way] for way in turn) for turn in said[:, near].T.tolist()],
            (scores[near] * STEP).astype(np.float32),
        )


class _Turns(NamedTuple):
    """The turns that are likely in one text. `said`: of each its words' sounds; `scores[turn, last word]`: bits."""

    callings: Sequence[Calling]
    meant: Sequence[frozenset[int]]
    said: Sequence[tuple[Phones, ...]]
    scores: Bits


@dataclass(frozen=True, slots=True)
class _Search:
    """`firsts[turn, last word]`: where the best begins that ends there."""

    text: _Text
    turns: _Turns
    firsts: Numbers
    known: frozenset[str]

    def finds(self) -> Iterator[Find]:
        """The best first, then the best of what it leaves; none that could as well be another product."""
        scores = self.turns.scores
        ends = np.flatnonzero((scores > 0).any(axis=0))
        waiting = [_Match(-float(scores[:, end].max()), UNPLACED, int(end), int(end)) for end in ends]
        heapify(waiting)
        free = np.ones(len(self.text.words), bool)
        while waiting:
            match = heappop(waiting)
            span = slice(match.first, match.last + 1)
            if not free[span].all():
                continue
            if match.number == UNPLACED:  # only now: the best leave little
                for placed in self._placed(match.last):
                    heappush(waiting, placed)
            elif self._alone(match) and self._whole(match):
                free[span] = False
                calling = self.turns.callings[match.number]
                share = (_prior(calling.parts) - match.less) / _rightly(b"".join(self.turns.said[match.number]))
                yield Find(match.first, match.last, calling, min(share, 1.0))

    def _placed(self, last: int) -> Iterator[_Match]:
        """Those that end with this word.

        Other words of the catalogue within tell against a name; so does that all of it was one word that people say.
        """
        words = self.text.words
        for number in np.flatnonzero(self.turns.scores[:, last] > 0).tolist():
            first = int(self.firsts[number, last])
            others = self.known.intersection(words[first : last + 1])
            called = self.turns.callings[number].words
            against = len(others.difference(called)) + (first == last and len(called) > 1 and is_listed(words[first]))
            less = KNOWN * against - float(self.turns.scores[number, last])
            if less < 0:
                yield _Match(less, number, first, last)

    def _alone(self, match: _Match) -> bool:
        """Whether no other product may be meant as well."""
        meant = self.turns.meant
        best = self.turns.scores[:, match.first : match.last + 1].max(axis=1)
        rivals = np.flatnonzero(best > -match.less - APART)
        return all(meant[int(i)] & meant[match.number] for i in rivals)

    def _whole(self, match: _Match) -> bool:
        """Whether each part was heard: a flavour alone brings along no maker of whom there was no sound."""
        calling, said = self.turns.callings[match.number], self.turns.said[match.number]
        text, first = self.text, match.first
        begin = int(text.begins[first])
        heard = text.phones[begin : text.begins[match.last + 1]]
        bits, owners = traced(b"".join(said), spelt(heard), mishearing().dropped)
        for i in range(first, match.last + 1):  # what everybody says is no sign of a name
            if text.begins[i] < text.begins[i + 1]:
                bits[owners[int(text.begins[i]) - begin]] -= float(text.talk[i + 1] - text.talk[i]) * STEP
        told, least, at = dict.fromkeys(calling.parts, 0.0), dict.fromkeys(calling.parts, 0.0), 0
        for part, way in zip(calling.parts, said, strict=False):
            told[part] += sum(bits[at : at + len(way)])
            least[part] += PART * _rightly(way)
            at += len(way)
        return all(told[part] >= least[part] for part in told if part is not Part.JOINT)


def _prior(told: Sequence[Part]) -> float:
    parts = {*told}
    if Part.JOINT in parts and len(parts) == 2:
        return JOINED
    return ONE if len(parts) == 1 else SEVERAL


def _text(texts: Sequence[str]) -> _Text:
    words = tuple(text.casefold().strip(STRIP) for text in texts)
    sounds = [_sounds(text) for text in texts]
    begins = np.concatenate([[0], np.cumsum([len(one) for one in sounds])]).astype(np.intp)
    phones = np.frombuffer(b"".join(sounds), np.uint8).astype(np.intp)
    talk = np.concatenate([[0], np.cumsum(_quarters([_talked(word) for word in words]))])
    return _Text(words, phones, begins, talk)


def _starts(text: _Text) -> tuple[Quarters, Numbers]:
    """For each border what beginning there is worth, and with which word, the first of the best."""
    starts = np.full(len(text.phones) + 1, NOWHERE)
    np.maximum.at(starts, text.begins[:-1], text.talk[:-1])
    words = np.zeros(len(starts), np.intp)
    for word in range(len(text.words) - 1, -1, -1):
        if text.talk[word] == starts[text.begins[word]]:
            words[text.begins[word]] = word
    return starts, words


def _firsts(text: _Text, turns: _Turns) -> Numbers:
    """`[turn, last word]`: the word that the best match begins with which ends there; of several as good, the first.

    The number of the word, turned round, travels along with its bits: it only decides where they are the same.
    """
    count = len(text.words)
    starts, words = _starts(text)
    strings = Abreast([b"".join(one) for one in turns.said])
    ends = strings.ends(text.phones, starts * count + count - 1 - words, text.begins[1:], scale=count)
    return count - 1 - ends % count


def _quarters(bits: Sequence[float]) -> Quarters:
    return np.rint(np.array(bits, np.float64) / STEP).astype(np.int64)


def _rightly(phones: Phones) -> float:
    """The bits of a name of which every sound was heard."""
    return float(sum(mishearing().swapped[phone, phone] for phone in phones))


def _sounds(text: str) -> Phones:
    heard = heard_as(text)
    return bytes([BARRIER]) if heard is None else heard


def _talked(word: str) -> float:
    return SAID if word in GRAMMAR else TALKED if word in EVERYDAY else 0.0
