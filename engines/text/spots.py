"""Where in a sentence products were named: terms close together, and where one name ends and another begins. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines.text.lexicon import Hit
from engines.text.quantities import read_quantities
from engines.text.spelling import is_run_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.text.cues import Cue
    from engines.text.lexicon import Lexicon
    from engines.text.normalise import Token

APART = 4  # tokens between two words of one name
APART_HAN = 8  # the same in characters
SPLIT = 6.0  # bits that two names must explain better than one
TELLING = 64  # products that share a term, from which on it finds nobody: it only tells the found ones apart
DOUBT = 0.6  # share of evidence that goes with a word's confidence


@dataclass(frozen=True, slots=True)
class Spot:
    """Tokens that name somebody. `keys`: the terms heard; `bits`: evidence for each product that has them.

    `anyone`: the evidence that it would be for a product out of scope, too: what describes is nobody's own.
    """

    first: int
    last: int
    keys: tuple[str, ...]
    bits: Mapping[int, float]
    anyone: float


@dataclass(frozen=True, slots=True)
class Place:
    """All that was heard to end at one token."""

    first: int
    last: int
    hits: tuple[Hit, ...]


def spots_of(lexicon: Lexicon, tokens: Sequence[Token], sure: Sequence[float]) -> list[Place]:
    """`sure`: each token's confidence, which its evidence is worth."""
    hits = lexicon.hits([token.text for token in tokens], [token.stops for token in tokens])
    for quantity in read_quantities(tokens):
        hits = [hit for hit in hits if not quantity.first <= hit.first <= quantity.last]
        if quantity.key in lexicon.terms:
            hits.append(Hit(quantity.first, quantity.last, quantity.key, 1.0))
    ends: dict[int, list[Hit]] = {}
    for hit in hits:
        trust = 1 - DOUBT + DOUBT * min(sure[hit.first : hit.last + 1])
        ends.setdefault(hit.last, []).append(hit._replace(share=hit.share * trust))
    return [Place(min(hit.first for hit in ends[end]), end, tuple(ends[end])) for end in sorted(ends)]


def clusters(
    places: Sequence[Place], tokens: Sequence[Token], cues: Sequence[Cue], lexicon: Lexicon
) -> list[list[Spot]]:
    """Runs of places that may be one name, with the evidence of each for the products that any of them finds."""
    runs: list[list[Place]] = []
    seen: set[str] = set()
    for place in places:
        keys = {hit.key for hit in place.hits}
        if not runs or seen & keys or _parted(runs[-1][-1].last, place.first, tokens, cues):
            runs.append([])
            seen = set()
        runs[-1].append(place)
        seen |= keys
    return [spots for run in runs if (spots := _weighed(run, lexicon))]


def _parted(last: int, first: int, tokens: Sequence[Token], cues: Sequence[Cue]) -> bool:
    apart = APART_HAN if is_run_on(tokens[last].text) else APART
    if first - last - 1 > apart or any(token.stops for token in tokens[last:first]):
        return True
    return any(last < cue.first and cue.last < first for cue in cues)


def _weighed(run: Sequence[Place], lexicon: Lexicon) -> list[Spot]:
    terms = lexicon.terms
    found: set[int] = set()
    for place in run:
        for hit in place.hits:
            if len(terms[hit.key].products) <= TELLING:
                found |= terms[hit.key].products
    spots = [_spot(place, lexicon, found) for place in run]
    return [spot for spot in spots if spot.bits]


def _spot(place: Place, lexicon: Lexicon, found: set[int]) -> Spot:
    """Of several words that one may have been, a product counts the likeliest; a phrase comes on top of its words."""
    words: dict[int, float] = {}
    phrases: dict[int, float] = {}
    anyone = {True: 0.0, False: 0.0}
    for hit in place.hits:
        term = lexicon.terms[hit.key]
        bits = term.bits * hit.share
        into = phrases if " " in hit.key else words
        if not term.own and not term.products.isdisjoint(found):
            anyone[" " in hit.key] = max(anyone[" " in hit.key], bits)
        for product in term.products & found:
            into[product] = into.get(product, 0.0) + bits if " " in hit.key else max(into.get(product, 0.0), bits)
    for product, bits in phrases.items():
        words[product] = words.get(product, 0.0) + bits
    return Spot(place.first, place.last, tuple(hit.key for hit in place.hits), words, sum(anyone.values()))


def segments(spots: Sequence[Spot]) -> list[tuple[Spot, ...]]:
    """One name after another, so that each is best explained by one product: "the A soap and the B oil" are two."""
    best: list[float] = [0.0]
    start: list[int] = [0]
    for end in range(len(spots)):
        scores: dict[int, float] = {}
        top, chosen, most = -1.0, end, 0.0
        for begin in range(end, -1, -1):
            for product, bits in spots[begin].bits.items():
                scores[product] = scores.get(product, 0.0) + bits
                most = max(most, scores[product])
            value = best[begin] + most - (SPLIT if begin else 0.0)
            if value >= top:
                top, chosen = value, begin
        best.append(top)
        start.append(chosen)
    out: list[tuple[Spot, ...]] = []
    end = len(spots)
    while end:
        out.append(tuple(spots[start[end] : end]))
        end = start[end]
    return out[::-1]
