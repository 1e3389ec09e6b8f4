"""A summary's text, back in time: each of its words gets the times of the word that was heard. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from engines.text.lexicon import BY_SOUND
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
    """The summary as words to run `Hearing.mentions` on. What was not heard is trusted little.

    It is one statement: each word lasts until the next one begins, so that no pause parts them.
    """
    if not words:
        return []
    said = _said(words)
    out: list[Heard] = []
    for text in summary.split()[:MOST_WORDS]:
        key = _key(text)
        if not key:
            continue
        word = _placed(text, key, said, words)
        if word is None:  # beside its neighbour, which was heard
            near = out[-1] if out else Heard(words[0].start, words[-1].end, "")
            word = Heard(near.start, near.end, text, UNHEARD)
        if out:
            out[-1] = out[-1]._replace(end=max(out[-1].end, word.start))
        out.append(word)
    return out


def _placed(text: str, key: str, said: Sequence[tuple[str, int, int]], words: Sequence[Spoken]) -> Heard | None:
    alike, first, last = max((_alike(key, piece), -begin, -end) for piece, begin, end in said)
    if alike < ALIKE:
        return None
    heard = words[-first : -last + 1]
    return Heard(heard[0].start, heard[-1].end, text, max(min(word.confidence for word in heard), UNHEARD))


def _said(words: Sequence[Spoken]) -> list[tuple[str, int, int]]:
    """Single words and a few joined, as they are compared, with where they begin and end."""
    keys = [_key(word.text) for word in words]
    return [
        ("".join(keys[i:end]), i, end - 1)
        for i in range(len(keys))
        for end in range(i + 1, min(i + PIECES, len(keys)) + 1)
    ]


def _key(text: str) -> str:
    return "".join(token.text for token in tokenise([text]))


def _alike(one: str, two: str) -> float:
    same = Levenshtein.normalized_similarity
    return max(same(one, two), same(sound(one), sound(two)) * BY_SOUND)
