"""What was said, as log-odds for each product: by how surely it was meant, what was said of it, and when. Pure."""

from __future__ import annotations

from dataclasses import replace
from math import exp, prod
from typing import TYPE_CHECKING, NamedTuple

from engines.text import Kind
from stream.types import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from engines.text import Mention
    from stream.types import Seconds

NAMED = 3.0  # log-odds of a name that is surely meant: nineteen in twenty are really of what is in the hand
OF_KIND = {Kind.THIS: 1.0, Kind.PAST: -0.3, Kind.NEXT: -0.5, Kind.NOT_THIS: -1.0, Kind.RIVAL: -0.5}
LASTS_S = 20.0  # after which a name counts a third: by then something else may be in the hand
MOST = 4.5  # one name said again and again is no better proof than that of what the host believes
OUT_OF_VIEW = 0.25  # beside one in view: how likely one out of view is meant by a name that both have. By judgement
OVERTAKEN = 0.5  # of what a name is worth is gone when another product is surely named after it: the host has gone on
LEAST = 0.05  # worth less than that, it is not told

ALONE: Mapping[str, str] = {}
NOTHING: Mapping[str, Sequence[Said]] = {}


def votes_of(
    mentions: Sequence[Mention], now: Seconds, groups: Mapping[str, str] = ALONE
) -> dict[str, tuple[Said, ...]]:
    """What was said of each product, the latest last. A name that could be several products' is said of each."""
    said: dict[str, list[Said]] = {}
    named = _named(mentions, groups)
    for mention in mentions:
        worth = NAMED * mention.weight * OF_KIND[mention.kind] * exp(-max(now - mention.end, 0.0) / LASTS_S)
        worth *= _still(mention, named, groups) if worth > 0 else 1.0
        if abs(worth) >= LEAST:
            words = Said(mention.text, mention.start, mention.end, worth)
            said.setdefault(mention.product_id, []).append(words)
    return {product_id: tuple(words) for product_id, words in said.items()}


def as_seen(mentions: Iterable[Mention], there: AbstractSet[str], groups: Mapping[str, str]) -> list[Mention]:
    """A name that could be several products' is likelier that of one that is `there` than of one that is not.

    Look-alikes share a weight and a place: one of them there is all of them there. What is said of another than is
    being shown stays as it was said: a rival, or what comes later, need not be there.
    """
    names: dict[tuple[Seconds, Seconds], list[Mention]] = {}
    for mention in mentions:
        names.setdefault((mention.start, mention.end), []).append(mention)
    near = {groups.get(product_id, product_id) for product_id in there}
    return [
        one
        for name in names.values()
        for one in (_as_seen(name, near, groups) if name[0].kind is Kind.THIS else name)
    ]


def _as_seen(name: Sequence[Mention], near: AbstractSet[str], groups: Mapping[str, str]) -> Iterator[Mention]:
    families = [groups.get(one.product_id, one.product_id) for one in name]
    weights = {family: one.weight for family, one in zip(families, name, strict=True)}
    trust = {family: 1.0 if family in near or near.isdisjoint(weights) else OUT_OF_VIEW for family in weights}
    nobody = max(1.0 - sum(weights.values()), 0.0)
    whole = nobody + sum(weight * trust[family] for family, weight in weights.items())
    for family, one in zip(families, name, strict=True):
        yield replace(one, weight=one.weight * trust[family] / whole)


class _Name(NamedTuple):
    """What was said at one moment of what is in the hand, whosever name it is."""

    start: Seconds
    weight: float
    families: Mapping[str, float]  # and how much of it is whose


def _named(mentions: Iterable[Mention], groups: Mapping[str, str]) -> list[_Name]:
    """Once for all mentions: a shop of one brand has hundreds, and judging waits for this."""
    spans: dict[tuple[Seconds, Seconds], dict[str, float]] = {}
    for one in mentions:
        if one.kind is Kind.THIS:
            families = spans.setdefault((one.start, one.end), {})
            family = groups.get(one.product_id, one.product_id)
            families[family] = families.get(family, 0.0) + one.weight
    return [_Name(start, sum(families.values()), families) for (start, _), families in spans.items()]


def _still(mention: Mention, named: Iterable[_Name], groups: Mapping[str, str]) -> float:
    """What is left of a name's worth after those of other products that were said since."""
    family = groups.get(mention.product_id, mention.product_id)
    others = (name.weight - name.families.get(family, 0.0) for name in named if name.start >= mention.end)
    return prod(1 - OVERTAKEN * min(weight, 1.0) for weight in others)


def doubted(mentions: Iterable[Mention]) -> list[Mention]:
    """As evidence of what is in view: a name that may be a stranger's speaks less for what looks much like it.

    Who hears "potato chips" and sees chips that he knows may as well see a stranger's: the words say what he saw.
    """
    return [replace(one, weight=one.weight**2) for one in mentions]


def total(said: Iterable[Said]) -> float:
    return max(-MOST, min(MOST, sum(words.weight for words in said)))
