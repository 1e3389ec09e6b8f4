"""Look-alikes: was the right one told where the host says which, and their group where he does not? Pure.

An introduction counts if its product has look-alikes among the listed ones. What is told of it last, before it is
over, is what became of it; whoever corrects himself in time is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.liveshop.evaluate.joining import Telling
    from benchmarks.liveshop.truth import Shown, Truth
    from stream.types import Seconds

LEAD_S = 3.0  # hosts name a product before it is in view
EDGE_S = 0.5  # what is told for less than this of an introduction is of the one before or after

Became = Literal["right", "wrong", "group", "untold"]
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Variant:
    """`said_at`: the end of the first word that only this one of the look-alikes has; None: he never says it.

    `told_at`: when the right one was told, for good; `wrong_s`: how long another of them was told as the one.
    """

    product_id: str
    shown_at: Seconds
    said_at: Seconds | None
    became: Became
    told_at: Seconds | None
    wrong_s: Seconds
    beside: bool = False  # another of them is presented at the same time: only one can be told


def variants_of(
    truth: Truth, titles: Mapping[str, str], groups: Mapping[str, str], tellings: Sequence[Telling]
) -> list[Variant]:
    """`titles` and `groups`: of all listed products, by id."""
    out = []
    for shown in truth.shown:
        among = [i for i, group in groups.items() if shown.listed and group and group == groups[shown.product_id]]
        if len(among) > 1:
            mine = [one for one in tellings if one.product_id in among and _during(one, shown) > EDGE_S]
            beside = any(
                other.group == shown.group and other.product_id != shown.product_id and _meet(other, shown)
                for other in truth.shown
            )
            out.append(replace(_variant(shown, said_at(truth, shown, titles, among), mine), beside=beside))
    return out


def telling_words(product_id: str, titles: Mapping[str, str], among: Sequence[str]) -> set[str]:
    """Words of its title that no look-alike has."""
    others = {word for i in among if i != product_id for word in _words(titles[i])}
    return _words(titles[product_id]) - others


def said_at(truth: Truth, shown: Shown, titles: Mapping[str, str], among: Sequence[str]) -> Seconds | None:
    """When the host first says a word of its title that no look-alike has; None: he never does."""
    telling = telling_words(shown.product_id, titles, among)
    times = [
        word.end
        for word in truth.words
        if word.product_id == shown.product_id
        and shown.shown_at - LEAD_S <= word.start <= shown.hidden_at
        and _words(word.text) & telling
    ]
    return min(times, default=None)


def _variant(shown: Shown, said_at: Seconds | None, tellings: Sequence[Telling]) -> Variant:
    last = max(tellings, key=lambda one: one.start, default=None)
    right = last is not None and last.decided and last.product_id == shown.product_id
    became: Became = "untold" if last is None else "group" if not last.decided else "right" if right else "wrong"
    wrong = [_during(one, shown) for one in tellings if one.decided and one.product_id != shown.product_id]
    told_at = last.start if last is not None and right else None
    return Variant(shown.product_id, shown.shown_at, said_at, became, told_at, sum(wrong, 0.0))


def _meet(one: Shown, other: Shown) -> bool:
    return one.shown_at < other.hidden_at and other.shown_at < one.hidden_at


def _during(one: Telling, shown: Shown) -> Seconds:
    return min(one.stop, shown.hidden_at) - max(one.start, shown.shown_at)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
