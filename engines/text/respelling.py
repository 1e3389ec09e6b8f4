"""Names that a free-form ear wrote down as everyday words that sound the same, respelt. Pure; knows no cue.

"camera on and shampoo" becomes "Camra Almond Shampoo". Words keep their times, and are trusted less the less they
sounded like it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

from engines.text.callings import spelling_of
from engines.text.normalise import ends_sentence
from engines.text.soundalike import STRIP, Find, SoundAlikes
from engines.text.words import Heard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.text.words import ProductWords, Spoken

PAUSE_S = 1.0  # between two words: no name goes on
BREATH_S = 0.2  # the same where a sentence was heard to end
ROUNDS = 4
LEAST = 0.4  # of confidence that a name keeps, however unlike it was
REMEMBERED = 256  # stretches of talk: a window that grows word by word says all but its last one again


class Respelling:
    """For one scope. Not for several threads at once: it remembers what it has found."""

    def __init__(self, products: Sequence[ProductWords]) -> None:
        self._names = SoundAlikes(products)
        self._spelling = spelling_of(products)
        self._find = lru_cache(REMEMBERED)(self._names.find)

    def respelled(self, words: Sequence[Spoken]) -> list[Spoken]:
        """The same words, but for names; in names that are spelt right nothing changes."""
        out: list[Spoken] = []
        for stretch in _stretches(words):
            out += self._stretch(stretch)
        return out

    def _stretch(self, words: Sequence[Spoken]) -> Sequence[Spoken]:
        """Again until nothing changes: a flavour that is known now may tell whose it is."""
        for _ in range(ROUNDS):
            spelt = list(self._once(words))
            if spelt == list(words):
                break
            words = spelt
        return words

    def _once(self, words: Sequence[Spoken]) -> Iterator[Spoken]:
        cased = any(word.text[:1].isupper() for word in words)
        at = 0
        for find in self._find(tuple(word.text for word in words)):
            yield from words[at : find.first]
            yield from self._name(words[find.first : find.last + 1], find, cased=cased)
            at = find.last + 1
        yield from words[at:]

    def _name(self, heard: Sequence[Spoken], find: Find, *, cased: bool) -> list[Spoken]:
        """Words that were heard rightly stay; those between them share the time of what stood there."""
        names = find.calling.words
        sure = min(word.confidence for word in heard) * max(find.share, LEAST)
        out: list[Spoken] = []
        at, named = 0, 0
        keys = [word.text.casefold().strip(STRIP) for word in heard]
        for i, j in [*_same(keys, names), (len(heard), len(names))]:
            spelt = [self._spelling.get(word, word) if cased else word for word in names[named:j]]
            start = heard[at].start if at < len(heard) else heard[-1].end
            step = (heard[i - 1].end - start) / len(spelt) if spelt and i > at else 0.0
            out += [Heard(start + n * step, start + (n + 1) * step, word, sure) for n, word in enumerate(spelt)]
            out += heard[i : i + 1]
            at, named = i + 1, j + 1
        return _closed(out, heard[-1])


def _same(keys: Sequence[str], names: Sequence[str]) -> list[tuple[int, int]]:
    """Which words are which names, in the order of both."""
    return [
        (edit.src_start + n, edit.dest_start + n)
        for edit in LCSseq.opcodes(keys, names)
        if edit.tag == "equal"
        for n in range(edit.src_end - edit.src_start)
    ]


def _closed(name: list[Spoken], heard: Spoken) -> list[Spoken]:
    """A sentence that ended there still does."""
    last = name[-1]
    tail = heard.text[len(heard.text.rstrip(STRIP)) :]
    if last is heard or not tail:
        return name
    return [*name[:-1], Heard(last.start, last.end, last.text.rstrip(STRIP) + tail, last.confidence)]


def _stretches(words: Sequence[Spoken]) -> Iterator[Sequence[Spoken]]:
    begin = 0
    for i in range(1, len(words)):
        pause = words[i].start - words[i - 1].end
        if pause > PAUSE_S or (pause > BREATH_S and ends_sentence(words[i - 1].text)):
            yield words[begin:i]
            begin = i
    yield words[begin:]
