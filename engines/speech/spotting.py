"""Names among the sounds of a piece, wherever they begin and end. Pure; knows no product and no word but its phrases.

All phrases are laid along the sounds at once, and so are words that everybody says; what explains them best, one
behind the other, is what was said. A phrase counts by how much likelier it explains its sounds than any talk does.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.speech.base import Word
from engines.text.everyday import COUNTED, EVERYDAY
from engines.text.fitting import FAR, fitted, strings_of, traced
from engines.text.mishearing import mishearing
from engines.text.phones import ways_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.speech.sounding import Sounded
    from engines.text.fitting import Numbers
    from engines.text.mishearing import Bits
    from engines.text.phones import Phones
    from engines.text.sounding import Sounds

# Bits that a phrase has to be likelier than talk: phrases are rare, and much sounds like one of them.
ALONE, FOLLOWING = 13.0, 9.0  # by itself; right behind another
TALK = 11.0  # the same of a word that everybody says
NEAR = 2  # sounds that may lie between a phrase and the one behind it
APART = 3.0  # bits by which it must be likelier than another that sounds like it
DRAWN_OUT = 3  # sounds heard for each that a phrase has: more are never likely
SURE = 12.0  # bits more than it has to have: as good as certain
HALF_S = 0.05  # of a sound: it begins and ends about so far from where it is heard
A_WORD = 0.2  # bits of each sound of a word that has to be heard
MOST = 2000  # phrases that are laid along in full: the likeliest, so that a big shop of few words takes no longer
NOBODY = -1
SHORTEST = 3  # sounds of a word that everybody says: shorter ones are in everything


class Spot(NamedTuple):
    """Sounds `first` to `last`, its words said as `way`; `phrase`: None is talk; `bits`: more than it has to have."""

    first: int
    last: int
    way: tuple[Phones, ...]
    phrase: tuple[str, ...] | None
    bits: float


class _Turn(NamedTuple):
    """A phrase, or what everybody says, and how each of its words is said here."""

    phrase: tuple[str, ...] | None
    way: tuple[Phones, ...]
    prior: float

    @property
    def said(self) -> Phones:
        return b"".join(self.way)


class Spotting:
    """For the phrases that a livestream's host may say."""

    def __init__(self, phrases: Sequence[str]) -> None:
        known = dict.fromkeys(phrase.casefold() for phrase in phrases)
        self._phrases: list[tuple[str, ...]] = [tuple(phrase.split()) for phrase in known]
        self._words = sorted({word for phrase in self._phrases for word in phrase})
        self._talk = [(word,) for word in sorted(EVERYDAY | COUNTED) if word not in known]
        said = [
            (i, way)
            for i, word in enumerate([*self._words, *(word for (word,) in self._talk)])
            for way in ways_of(word.replace("'", ""))
        ]
        self._said = [(i, way) for i, way in said if len(way) >= SHORTEST or i < len(self._words)]
        self._singles = strings_of([way for _, way in self._said])
        self._spelt = table_of(self._phrases, self._words)

    def names(self, sounded: Sounded) -> list[Word]:
        """The words of all phrases that were said, in order."""
        heard = sounded.heard
        if not self._said or not len(heard.added):
            return []
        spots = list(self._spots(heard))
        whole = _Whole(heard)
        chosen = [spot for spot in _borne_out(spots, whole) if spot.phrase and _told_apart(spot, spots, whole)]
        words: list[Word] = []
        for spot in chosen:
            words += _told(spot, sounded, words[-1].end if words else 0.0)
        return words

    def _spots(self, heard: Sounds) -> Iterator[Spot]:
        """Each phrase that can come to anything, where it ends best."""
        best, ways = self._singly(heard)
        most = best[self._spelt].sum(axis=1)
        likely = np.flatnonzero(most > FOLLOWING)
        likely = np.sort(likely[np.argsort(-most[likely], kind="stable")[:MOST]]).tolist()
        talk = np.flatnonzero(best[len(self._words) : -1] > TALK).tolist()
        turns = [
            _Turn(self._phrases[i], tuple(ways[n] for n in self._spelt[i].tolist() if n >= 0), FOLLOWING)
            for i in likely
        ]
        turns += [_Turn(None, (ways[len(self._words) + i],), TALK) for i in talk]
        if not turns:
            return
        strings = strings_of([turn.said for turn in turns])
        anywhere = np.zeros(len(heard.added) + 1, np.float32)
        ends = fitted(strings, heard, anywhere, mishearing().dropped)
        ends -= np.array([turn.prior for turn in turns], np.float32)[:, None]
        peaks = (ends > 0) & (ends >= _shifted(ends, 1)) & (ends > _shifted(ends, -1))
        for end in np.flatnonzero(peaks.any(axis=0)).tolist():
            here = np.flatnonzero(peaks[:, end])
            yield from _placed(heard, end, [turns[i] for i in here], ends[here, end])

    def _singly(self, heard: Sounds) -> tuple[Bits, dict[int, Phones]]:
        """For each word how well it fits anywhere at all, and the way to say it that fits best."""
        anywhere = np.zeros(len(heard.added) + 1, np.float32)
        scores = fitted(self._singles, heard, anywhere, mishearing().dropped).max(axis=1)
        best = np.full(len(self._words) + len(self._talk) + 1, FAR, np.float32)
        best[-1] = 0.0
        ways: dict[int, Phones] = {}
        for (word, way), score in zip(self._said, scores, strict=True):
            if score > best[word]:
                best[word], ways[word] = score, way
        return best, ways


def _placed(heard: Sounds, end: int, turns: Sequence[_Turn], bits: Bits) -> Iterator[Spot]:
    """Where those begin that end here: the same, laid from their end backwards."""
    said = [turn.said[::-1] for turn in turns]
    count = min(DRAWN_OUT * max(map(len, said)), end)
    starts = np.full(count + 1, FAR, np.float32)
    starts[0] = 0.0
    before = heard.part(slice(end - count, end)).part(slice(None, None, -1))
    back = fitted(strings_of(said), before, starts, mishearing().dropped)
    for turn, longest, sure in zip(turns, back.argmax(axis=1).tolist(), bits.tolist(), strict=True):
        if longest:
            yield Spot(end - longest, end - 1, turn.way, turn.phrase, sure)


class _Whole:
    """Whether each word of a spot was heard. Asked only of those that it matters for: it is what costs the most."""

    def __init__(self, heard: Sounds) -> None:
        self._heard = heard
        self._known: dict[Spot, bool] = {}

    def __call__(self, spot: Spot) -> bool:
        if len(spot.way) == 1:
            return True
        if spot not in self._known:
            said = self._heard.part(slice(spot.first, spot.last + 1))
            bits, _ = traced(b"".join(spot.way), said, mishearing().dropped)
            borders = np.cumsum([0, *map(len, spot.way)]).tolist()
            self._known[spot] = all(sum(bits[a:b]) >= A_WORD * (b - a) for a, b in pairwise(borders))
        return self._known[spot]


def _borne_out(spots: list[Spot], whole: _Whole) -> list[Spot]:
    """The best chain of whole ones: what is best of all and whole is best of the whole ones, too."""
    while True:
        chain = _chained(spots)
        broken = {spot for spot in chain if not whole(spot)}
        if not broken:
            return chain
        spots = [spot for spot in spots if spot not in broken]


def _told(spot: Spot, sounded: Sounded, until: float) -> list[Word]:
    """Each word where its sounds are; none begins before `until`."""
    part = sounded.heard.part(slice(spot.first, spot.last + 1))
    _, owners = traced(b"".join(spot.way), part, mishearing().dropped)
    whose = np.repeat(np.arange(len(spot.way)), [len(one) for one in spot.way])[np.array(owners, np.intp)]
    at = sounded.at[spot.first : spot.last + 1]
    sure = min(max(0.5 + (spot.bits - ALONE + FOLLOWING) / (2 * SURE), 0.3), 1.0)
    until = max(float(at[0]) - HALF_S, until)
    words = []
    for i, word in enumerate(spot.phrase or ()):
        mine = at[whose == i]
        end = max(float(mine[-1]) + HALF_S, until) if len(mine) else until
        words.append(Word(until, end, word, sure))
        until = end
    return words


def _chained(spots: Sequence[Spot]) -> list[Spot]:
    """Those that explain the most, none over another; a phrase by itself has to explain more."""
    spots = sorted(spots, key=lambda spot: spot.last)
    ends = [spot.last for spot in spots]
    so_far: list[tuple[float, int]] = [(0.0, NOBODY)]  # the best of the first few
    values, before = list[float](), list[int]()
    for i, spot in enumerate(spots):
        value, last = so_far[bisect_left(ends, spot.first)]
        if spot.phrase is not None:
            value -= ALONE - FOLLOWING
            near = range(bisect_left(ends, spot.first - NEAR - 1), bisect_left(ends, spot.first))
            for j in near:
                if spots[j].phrase is not None and values[j] > value:
                    value, last = values[j], j
        values.append(value + spot.bits)
        before.append(last)
        so_far.append(max(so_far[-1], (values[i], i)))
    chosen, at = list[Spot](), so_far[-1][1]
    while at != NOBODY:
        chosen.append(spots[at])
        at = before[at]
    return chosen[::-1]


def _told_apart(chosen: Spot, spots: Sequence[Spot], whole: _Whole) -> bool:
    """Whether no other phrase explains the same sounds about as well; longer and shorter ones are no others."""
    words = frozenset(chosen.phrase or ())
    for other in spots:
        over = min(other.last, chosen.last) - max(other.first, chosen.first) + 1
        if other.phrase is None or 2 * over <= chosen.last - chosen.first + 1 or other.bits < chosen.bits - APART:
            continue
        alike = words <= frozenset(other.phrase) or words >= frozenset(other.phrase)
        if not alike and whole(other):
            return False
    return True


def _shifted(ends: Bits, by: int) -> Bits:
    moved = np.full_like(ends, FAR)
    if by > 0:
        moved[:, by:] = ends[:, :-by]
    else:
        moved[:, :by] = ends[:, -by:]
    return moved


def table_of(phrases: Sequence[tuple[str, ...]], words: Sequence[str]) -> Numbers:
    """`[phrase, place]`: its words by number; behind its last, one that is none."""
    numbers = {word: i for i, word in enumerate(words)}
    table = np.full((len(phrases), max(map(len, phrases), default=0)), -1, np.intp)
    for row, phrase in zip(table, phrases, strict=True):
        row[: len(phrase)] = [numbers[word] for word in phrase]
    return table
