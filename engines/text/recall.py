"""A summary's text, back in time: each of its words gets the times of the word that was heard. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from engines.text.normalise import tokenise
from engines.text.sounds import sound
from engines.text.words import Heard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.words import Spoken

MOST_WORDS = 32  # of a summary, as in AMPere: whoever writes more did not summarise
ALIKE = 0.6  # likeness from which on a word is taken for a corrected one
UNHEARD = 0.3  # confidence of a word that nobody was heard to say: a summariser may know better, or make it up
PIECES = 3  # heard words that one of the summary's may have come as


def retold(summary: str, words: Sequence[Spoken]) -> list[Heard]:
    """The summary as words to run `Hearing.mentions` on. What was not heard is trusted little."""
    if not words:
        return []
    heard = _heard(words)
    out = []
    for text in summary.split()[:MOST_WORDS]:
        key = "".join(token.text for token in tokenise([text]))
        if key:
            out.append(_placed(text, key, heard, words))
    return out


def _placed(text: str, key: str, heard: Sequence[tuple[str, int, int]], words: Sequence[Spoken]) -> Heard:
    best, first, last = max((_alike(key, said), -begin, -end) for said, begin, end in heard)
    begin, end, confidence = words[-first], words[-last], UNHEARD
    if best < ALIKE:
        begin, end = words[0], words[-1]
    else:
        confidence = max(min(word.confidence for word in words[-first : -last + 1]), UNHEARD)
    return Heard(begin.start, end.end, text, confidence)


def _heard(words: Sequence[Spoken]) -> list[tuple[str, int, int]]:
    """Single words and a few joined, as they are compared, with where they begin and end."""
    keys = ["".join(token.text for token in tokenise([word.text])) for word in words]
    return [
        ("".join(keys[i:end]), i, end - 1)
        for i in range(len(keys))
        for end in range(i + 1, min(i + PIECES, len(keys)) + 1)
    ]


def _alike(one: str, two: str) -> float:
    same = Levenshtein.normalized_similarity
    return max(same(one, two), same(sound(one), sound(two)))
