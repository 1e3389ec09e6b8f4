"""Mentions of products among words. Pure: whoever holds the words says when to look again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from engines.text.cues import find_cues, kind_of
from engines.text.everyday import EVERYDAY, GRAMMAR
from engines.text.lexicon import SHORTEST, Lexicon
from engines.text.normalise import tokenise
from engines.text.quantities import read_quantities
from engines.text.respelling import Respelling
from engines.text.spelling import is_run_on
from engines.text.spots import Spot, clusters, segments, spots_of
from engines.text.words import Kind, Mention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.cues import Cue
    from engines.text.normalise import Token
    from engines.text.quantities import Quantity
    from engines.text.words import ProductWords, Spoken

PAUSE_S = 1.0  # between two words: another sentence begins
LEAST = 0.2  # weight below which nothing was mentioned
NOBODY = 6.0  # bits a name needs before it is likelier meant than not, beside all other products
UNLISTED = 0.5  # how likely beside one product a description is of something that is not in scope at all
STRANGE = 4.0  # the same where a word beside it names nobody in scope, as another maker's name would
SAME = 0.3  # bits within which nothing tells two look-alikes apart
FOLLOWS = 20  # tokens behind a name in which a size or a price is its own
LEADS = 6  # the same before it


class Meant(NamedTuple):
    product: int
    weight: float


@dataclass(frozen=True, slots=True)
class Named:
    """One name as it was heard: which tokens, and who may be meant. Best first."""

    spots: tuple[Spot, ...]
    meant: tuple[Meant, ...]
    kind: Kind

    @property
    def span(self) -> range:
        return range(min(spot.first for spot in self.spots), max(spot.last for spot in self.spots) + 1)


class Hearing:
    """Knows what the products in scope are called; build one for each scope. Its answers follow from its arguments.

    Not for several threads at once: it remembers which words are alike.
    """

    def __init__(self, products: Sequence[ProductWords], *, sounds_like: bool = False) -> None:
        """`sounds_like`: for an ear that writes down whatever it hears, and so names that it does not know by ear."""
        self.products = tuple(sorted(products, key=lambda product: product.product_id))
        self._lexicon = Lexicon(self.products)
        self._respelling = Respelling(self.products) if sounds_like else None

    def respelled(self, words: Sequence[Spoken]) -> Sequence[Spoken]:
        """Names that were heard as words that sound the same, as names; every other word as it is."""
        return words if self._respelling is None else self._respelling.respelled(words)

    def mentions(self, words: Sequence[Spoken]) -> list[Mention]:
        """Who is named in these words, in the order of their times; nobody where it could be anybody."""
        spelt = self.respelled(words)
        tokens = self.tokens(spelt)
        named = self.named(spelt, tokens)
        bound = _bound(read_quantities(tokens), [name.span for name in named])
        mentions = [
            self._mention(spelt, tokens, name, meant, bound[i])
            for i, name in enumerate(named)
            for meant in name.meant
        ]
        return mentions if spelt is words else [_as_heard(mention, words) for mention in mentions]

    def tokens(self, words: Sequence[Spoken]) -> list[Token]:
        """A pause ends a sentence as a full stop does: not every recogniser writes one."""
        tokens = tokenise([word.text for word in words])
        pauses = {i for i in range(len(words) - 1) if words[i + 1].start - words[i].end > PAUSE_S}
        last = {token.last: i for i, token in enumerate(tokens)}
        return [
            token._replace(stops=token.stops or (token.last in pauses and last[token.last] == i))
            for i, token in enumerate(tokens)
        ]

    def named(self, words: Sequence[Spoken], tokens: Sequence[Token]) -> list[Named]:
        if not self.products or not tokens:
            return []
        sure = [min(words[i].confidence for i in range(token.first, token.last + 1)) for token in tokens]
        cues = find_cues(tokens)
        spots = spots_of(self._lexicon, tokens, sure)
        found = [
            (run, meant)
            for cluster in clusters(spots, tokens, cues, self._lexicon)
            for run in segments(cluster)
            if (meant := self._meant(run, STRANGE if self._strange(run, words, tokens) else UNLISTED))
        ]
        return self._told(found, tokens, cues)

    def _told(
        self,
        found: Sequence[tuple[tuple[Spot, ...], tuple[Meant, ...]]],
        tokens: Sequence[Token],
        cues: Sequence[Cue],
    ) -> list[Named]:
        names = [Named(run, meant, Kind.THIS) for run, meant in found]
        spans = [name.span for name in names]
        told = []
        for name, span in zip(names, spans, strict=True):
            kind = kind_of(span.start, span.stop - 1, tokens, cues, [other for other in spans if other != span])
            told.append(Named(name.spots, name.meant, kind))
        return told

    def _meant(self, spots: Sequence[Spot], unlisted: float) -> tuple[Meant, ...]:
        """Each product's share of all that could be meant: others in scope, one out of it, nobody at all."""
        scores = scores_of(spots)
        groups: dict[int, float] = {}
        for product, bits in scores.items():
            group = self._lexicon.groups[product]
            groups[group] = max(groups.get(group, 0.0), bits)
        anyone = sum(spot.anyone for spot in spots)
        top = max(*groups.values(), anyone, NOBODY)  # everything in relation to it: no power grows out of hand
        total = sum(2 ** (bits - top) for bits in groups.values()) + unlisted * 2 ** (anyone - top)
        total += (self._lexicon.alone - len(groups)) * 2**-top + 2 ** (NOBODY - top)
        meant = []
        for product, bits in scores.items():
            best = groups[self._lexicon.groups[product]]
            weight = 2 ** (best - top) / total
            if weight >= LEAST and bits >= best - SAME:
                meant.append(Meant(product, weight))
        return tuple(sorted(meant, key=lambda one: (-one.weight, one.product)))

    def _strange(self, spots: Sequence[Spot], words: Sequence[Spoken], tokens: Sequence[Token]) -> bool:
        """Whether a name that nobody in scope has stands among these words or right beside them."""
        scores = scores_of(spots)
        best = min(scores, key=lambda product: (-scores[product], product))
        spans = [range(spot.first, spot.last + 1) for spot in spots if best in spot.bits]
        first, last = spans[0].start, spans[-1].stop - 1
        named = {i for span in spans for i in span}
        while first > 0 and (first in named or tokens[first].text in GRAMMAR) and not tokens[first - 1].stops:
            first -= 1
        while last + 1 < len(tokens) and (last in named or tokens[last].text in GRAMMAR) and not tokens[last].stops:
            last += 1
        return any(self._is_name(tokens[i], words) for i in range(first, last + 1) if i not in named)

    def _is_name(self, token: Token, words: Sequence[Spoken]) -> bool:
        """A word nobody says otherwise; where the recogniser writes capitals, one with a capital."""
        if len(token.text) < SHORTEST or not token.text.isalpha() or token.text in EVERYDAY:
            return False
        cased = any(word.text[:1].isupper() for word in words)
        return token.text not in self._lexicon.terms and (not cased or words[token.first].text[:1].isupper())

    def _mention(
        self, words: Sequence[Spoken], tokens: Sequence[Token], name: Named, meant: Meant, bound: Sequence[Quantity]
    ) -> Mention:
        first, last = tokens[name.span.start].first, tokens[name.span.stop - 1].last
        return Mention(
            product_id=self.products[meant.product].product_id,
            start=min(word.start for word in words[first : last + 1]),
            end=max(word.end for word in words[first : last + 1]),
            text=_text(words[first : last + 1], tokens[name.span.start : name.span.stop]),
            weight=meant.weight,
            kind=name.kind,
            quantities=tuple(quantity.text for quantity in bound),
        )


def _text(words: Sequence[Spoken], tokens: Sequence[Token]) -> str:
    """As it was heard. Of Chinese, whose words are as long as a recogniser likes, only the characters themselves."""
    if all(is_run_on(token.text) for token in tokens):
        return "".join(token.text for token in tokens)
    return " ".join(word.text for word in words)


def _as_heard(mention: Mention, words: Sequence[Spoken]) -> Mention:
    """Whatever it was respelt to, this is what the ear wrote there."""
    there = [word.text for word in words if word.start < mention.end and word.end > mention.start]
    return replace(mention, text=" ".join(there) or mention.text)


def scores_of(spots: Sequence[Spot]) -> dict[int, float]:
    """Bits for each product that anything was heard of."""
    scores: dict[int, float] = {}
    for spot in spots:
        for product, bits in spot.bits.items():
            scores[product] = scores.get(product, 0.0) + bits
    return scores


def _bound(quantities: Sequence[Quantity], spans: Sequence[range]) -> list[list[Quantity]]:
    """Each size and price with the name it was said behind, or else right before."""
    bound: list[list[Quantity]] = [[] for _ in spans]
    for quantity in quantities:
        behind = [i for i, span in enumerate(spans) if 0 <= quantity.last - span.start <= FOLLOWS + len(span)]
        ahead = [i for i, span in enumerate(spans) if 0 < span.start - quantity.last <= LEADS]
        if behind or ahead:
            bound[behind[-1] if behind else ahead[0]].append(quantity)
    return bound
