"""The embedded summary: of all that was said, the words that name the product in the hand. Pure.

As in AMPere, what reaches the matching is a name and its key features instead of talk; but without a service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.text.hearing import scores_of
from engines.text.words import Heard, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.hearing import Hearing
    from engines.text.normalise import Token
    from engines.text.spots import Spot
    from engines.text.words import Spoken

MOST_WORDS = 32  # of a summary, as in AMPere: the latest
TOGETHER_S = 6.0  # half-titles further apart may be of two look-alikes, one after the other in the hand


def extract(hearing: Hearing, words: Sequence[Spoken]) -> list[Heard]:
    """The last window's words, cleaned: run `hearing.mentions` on them.

    Half-titles of one product that were sentences apart come together; rivals, past and coming products and all talk
    go. Times stay those of the words; each lasts until the next of its product begins, so that no pause parts them.
    """
    words = hearing.respelled(words)
    tokens = hearing.tokens(words)
    this = [name for name in hearing.named(words, tokens) if name.kind is Kind.THIS]
    subjects: list[list[Spot]] = []
    until = float("-inf")
    for name in this:
        spots = list(name.spots)
        start, end = words[tokens[name.span.start].first].start, words[tokens[name.span.stop - 1].last].end
        if subjects and start - until <= TOGETHER_S and _common(subjects[-1], spots):
            subjects[-1] += spots
        else:
            subjects.append(spots)
        until = end
    out = [word for subject in subjects for word in _retold(words, tokens, _distinct(subject))]
    return out[-MOST_WORDS:]


def _common(subject: Sequence[Spot], more: Sequence[Spot]) -> bool:
    """Whether one product may be meant by both: then they are parts of what is said of it. Look-alikes are two."""
    return not _best(subject).isdisjoint(_best(more))


def _best(spots: Sequence[Spot]) -> set[int]:
    """Whom they rather mean than any other, within a bit."""
    scores = scores_of(spots)
    best = max(scores.values())
    return {product for product, bits in scores.items() if bits >= best - 1}


def _distinct(subject: Sequence[Spot]) -> list[Spot]:
    """Each term once, where it was heard first, and only what speaks of the product that most speaks of."""
    scores = scores_of(subject)
    best = min(scores, key=lambda product: (-scores[product], product))
    seen: set[str] = set()
    kept = []
    for spot in sorted(subject, key=lambda spot: spot.first):
        if spot.bits.get(best, 0.0) > 0 and not seen >= set(spot.keys):
            kept.append(spot)
            seen |= set(spot.keys)
    return kept


def _retold(words: Sequence[Spoken], tokens: Sequence[Token], spots: Sequence[Spot]) -> list[Heard]:
    numbers = sorted(
        {
            word
            for spot in spots
            for token in tokens[spot.first : spot.last + 1]
            for word in range(token.first, token.last + 1)
        }
    )
    out = []
    for i, number in enumerate(numbers):
        word = words[number]
        final = i == len(numbers) - 1
        end = word.end if final else max(words[numbers[i + 1]].start, word.end)
        text = word.text.rstrip(",;:.!?。，！？…")
        out.append(Heard(word.start, end, f"{text}." if final else text, word.confidence))
    return out
