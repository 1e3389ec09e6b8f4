"""Names among words by how they sound as a whole. Pure; knows no times and no sentence but the words it is given.

What is searched for is each turn in which a product is named, from brand to flavour, wherever words begin and end.
All of them are laid against the text at once, and count by how much likelier they explain its sounds than talk does.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.text.callings import Part, callings_of
from engines.text.everyday import EVERYDAY, GRAMMAR
from engines.text.fitting import FAR, fitted, strings_of, traced
from engines.text.mishearing import BARRIER, mishearing
from engines.text.phones import heard_as, is_listed, said_as
from engines.text.sounding import spelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.text.callings import Calling
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
DRAWN_OUT = 4  # sounds heard for each that a name has: more are never likely
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
    talk: Bits  # up to each word's begin: how much likelier talk is than chance


class _Match(NamedTuple):
    """`less`: bits with the sign turned, so that the best comes first. Words `first` to `last` as turn `number`."""

    less: float
    number: int
    first: int
    last: int


class SoundAlikes:
    """Knows how the products in scope are called; build one for each scope. About 15 turns a product."""

    def __init__(self, products: Sequence[ProductWords]) -> None:
        meant = callings_of(products)
        self._callings, self._meant = list(meant), list(meant.values())
        self._priors = np.array([_prior(calling) for calling in self._callings], np.float32)
        self._words = sorted({word for calling in self._callings for word in calling.words})
        self._known = frozenset(word for word in self._words if len(word) >= SHORTEST and word not in EVERYDAY)
        self._ways = [(i, way) for i, word in enumerate(self._words) for way in _ways(word)]
        self._singles = strings_of([way for _, way in self._ways])
        self._spelt = self._table()

    def _table(self) -> Numbers:
        """`[calling, place]`: its words by number; behind its last, one that is none."""
        numbers = {word: i for i, word in enumerate(self._words)}
        longest = max((len(calling.words) for calling in self._callings), default=0)
        table = np.full((len(self._callings), longest), len(self._words), np.intp)
        for row, calling in zip(table, self._callings, strict=True):
            row[: len(calling.words)] = [numbers[word] for word in calling.words]
        return table

    def find(self, texts: Sequence[str]) -> list[Find]:
        """What sounds like a name, in its order; what is spelt right already, too."""
        text = _text(texts)
        if not self._ways or not len(text.phones):
            return []
        best, ways = self._singly(text)
        likely = self._likely(best)
        said = [tuple(ways.get(word, b"") for word in self._spelt[i]) for i in likely]
        search = _Search(
            text,
            [self._callings[i] for i in likely],
            [self._meant[i] for i in likely],
            said,
            _scores(text, [b"".join(ways) for ways in said], self._priors[likely]),
            self._known,
        )
        return sorted(search.finds())

    def _singly(self, text: _Text) -> tuple[Bits, dict[int, Phones]]:
        """For each word of the catalogue how well it fits anywhere at all, and the way to say it that fits best."""
        anywhere = np.zeros(len(text.phones) + 1, np.float32)
        scores = fitted(self._singles, spelt(text.phones), anywhere, mishearing().dropped).max(axis=1)
        best = np.full(len(self._words) + 1, FAR, np.float32)
        best[-1] = 0.0
        ways: dict[int, Phones] = {}
        for (word, way), score in zip(self._ways, scores, strict=True):
            if score > best[word]:
                best[word], ways[word] = score, way
        return best, ways

    def _likely(self, best: Bits) -> Numbers:
        """The turns that can come to anything: none fits better than its words, each where it fits best."""
        most = best[self._spelt].sum(axis=1) - self._priors
        likely = np.flatnonzero(most > 0)
        if len(likely) > MOST:
            likely = np.sort(likely[np.argsort(-most[likely], kind="stable")[:MOST]])
        return likely


@dataclass(frozen=True, slots=True)
class _Search:
    """The turns that are likely in one text. `said`: of each its words' sounds; `scores[turn, last word]`."""

    text: _Text
    callings: Sequence[Calling]
    meant: Sequence[frozenset[int]]
    said: Sequence[tuple[Phones, ...]]
    scores: Bits
    known: frozenset[str]

    def finds(self) -> Iterator[Find]:
        """The best first, then the best of what it leaves; none that could as well be another product."""
        ends = np.flatnonzero((self.scores > 0).any(axis=0))
        waiting = [_Match(-float(self.scores[:, end].max()), UNPLACED, int(end), int(end)) for end in ends]
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
                calling = self.callings[match.number]
                share = (_prior(calling) - match.less) / _rightly(b"".join(self.said[match.number]))
                yield Find(match.first, match.last, calling, min(share, 1.0))

    def _placed(self, last: int) -> Iterator[_Match]:
        """Where those begin that end with this word: the same, laid from their end backwards.

        Other words of the catalogue within tell against a name; so does that all of it was one word that people say.
        """
        text, end = self.text, int(self.text.begins[last + 1])
        numbers = [int(i) for i in np.flatnonzero(self.scores[:, last] > 0)]
        said = [b"".join(self.said[i])[::-1] for i in numbers]
        heard = text.phones[max(end - DRAWN_OUT * max(map(len, said)), 0) : end][::-1]
        starts = np.full(len(heard) + 1, FAR, np.float32)
        starts[0] = 0.0
        back = fitted(strings_of(said), spelt(heard), starts, mishearing().dropped)
        earliest = int(np.searchsorted(text.begins, end - len(heard)))
        begins = slice(earliest, last + 1)
        firsts = earliest + np.argmax(back[:, end - text.begins[begins]] + text.talk[begins], axis=1)
        for number, first in zip(numbers, firsts.tolist(), strict=True):
            others = self.known.intersection(text.words[first : last + 1])
            called = self.callings[number].words
            against = len(others.difference(called)) + (
                first == last and len(called) > 1 and is_listed(text.words[first])
            )
            less = KNOWN * against - float(self.scores[number, last])
            if less < 0:
                yield _Match(less, number, first, last)

    def _alone(self, match: _Match) -> bool:
        """Whether no other product may be meant as well."""
        best = self.scores[:, match.first : match.last + 1].max(axis=1)
        rivals = np.flatnonzero(best > -match.less - APART)
        return all(self.meant[int(i)] & self.meant[match.number] for i in rivals)

    def _whole(self, match: _Match) -> bool:
        """Whether each part was heard: a flavour alone brings along no maker of whom there was no sound."""
        calling, said = self.callings[match.number], self.said[match.number]
        text, first = self.text, match.first
        begin = int(text.begins[first])
        heard = text.phones[begin : text.begins[match.last + 1]]
        bits, owners = traced(b"".join(said), spelt(heard), mishearing().dropped)
        for i in range(first, match.last + 1):  # what everybody says is no sign of a name
            if text.begins[i] < text.begins[i + 1]:
                bits[owners[int(text.begins[i]) - begin]] -= float(text.talk[i + 1] - text.talk[i])
        told, least, at = dict.fromkeys(calling.parts, 0.0), dict.fromkeys(calling.parts, 0.0), 0
        for part, way in zip(calling.parts, said, strict=False):
            told[part] += sum(bits[at : at + len(way)])
            least[part] += PART * _rightly(way)
            at += len(way)
        return all(told[part] >= least[part] for part in told if part is not Part.JOINT)


def _prior(calling: Calling) -> float:
    parts = {*calling.parts}
    if Part.JOINT in parts and len(parts) == 2:
        return JOINED
    return ONE if len(parts) == 1 else SEVERAL


def _text(texts: Sequence[str]) -> _Text:
    words = tuple(text.casefold().strip(STRIP) for text in texts)
    sounds = [_sounds(text) for text in texts]
    begins = np.concatenate([[0], np.cumsum([len(one) for one in sounds])]).astype(np.intp)
    phones = np.frombuffer(b"".join(sounds), np.uint8).astype(np.intp)
    talk = np.concatenate([[0.0], np.cumsum([_talked(word) for word in words])]).astype(np.float32)
    return _Text(words, phones, begins, talk)


def _scores(text: _Text, said: Sequence[Phones], priors: Bits) -> Bits:
    """`[turn, last word]`: bits of the best match that ends there, from wherever a word begins."""
    starts = np.full(len(text.phones) + 1, FAR, np.float32)
    np.maximum.at(starts, text.begins[:-1], text.talk[:-1])
    ends = fitted(strings_of(said), spelt(text.phones), starts, mishearing().dropped)[:, text.begins[1:]]
    return np.asarray(ends - text.talk[None, 1:] - priors[:, None], np.float32)


def _ways(word: str) -> list[Phones]:
    """Of a word with a hyphen its parts, one after the other."""
    parts = [said_as(part) for part in word.split("-")]
    return list(parts[0]) if len(parts) == 1 else [b"".join(ways[0] for ways in parts if ways)]


def _rightly(phones: Phones) -> float:
    """The bits of a name of which every sound was heard."""
    return float(sum(mishearing().swapped[phone, phone] for phone in phones))


def _sounds(text: str) -> Phones:
    heard = heard_as(text)
    return bytes([BARRIER]) if heard is None else heard


def _talked(word: str) -> float:
    return SAID if word in GRAMMAR else TALKED if word in EVERYDAY else 0.0
