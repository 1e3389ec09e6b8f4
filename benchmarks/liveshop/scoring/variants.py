"""Look-alikes: was the right one told where the host says which, and their group where he does not? Pure.

An introduction counts if its product has look-alikes among the listed ones. What the event of it came to, before it
was hidden, is what became of it: whoever corrects himself is right. Whether that was told while the product was still
in view is said beside (`in_time`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.liveshop.evaluate.joining import Telling
    from benchmarks.liveshop.score import Span
    from benchmarks.liveshop.truth import Shown, Truth
    from stream.types import Seconds

LEAD_S = 3.0  # hosts name a product before it is in view
HIDES_S = 3.0  # what has left the view is hidden so soon
EDGE_S = 0.5  # what is told for less than this of an introduction is of the one before or after

Became = Literal["right", "wrong", "group", "untold"]
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Variant:
    """`said_at`: the end of the first word that only this one of the look-alikes has; None: he never says it.

    `told_at`: when the right one was told, for good; `wrong_s`: how long another of them was told as the one.
    `in_time`: the right one was what was told last before it left the view.
    """

    product_id: str
    shown_at: Seconds
    said_at: Seconds | None
    became: Became
    told_at: Seconds | None
    wrong_s: Seconds
    in_time: bool = False
    beside: bool = False  # another of them is presented at the same time: only one can be told


def variants_of(
    truth: Truth,
    titles: Mapping[str, str],
    groups: Mapping[str, str],
    spans: Sequence[Span],
    tellings: Sequence[Telling],
) -> list[Variant]:
    """`titles` and `groups`: of all listed products, by id. `spans`: as told, a group by its guess."""
    out = []
    for shown in truth.shown:
        among = [i for i, group in groups.items() if shown.listed and group and group == groups[shown.product_id]]
        if len(among) > 1:
            of_group = [one for one in tellings if one.product_id in among]
            of_it = [span for span in spans if span.product_id in among and _common(span, shown) > EDGE_S]
            beside = any(
                other.group == shown.group and other.product_id != shown.product_id and _meet(other, shown)
                for other in truth.shown
            )
            said = said_at(truth, shown, titles, among)
            out.append(replace(_variant(shown, said, of_it, of_group), beside=beside))
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


def _variant(shown: Shown, said_at: Seconds | None, spans: Sequence[Span], tellings: Sequence[Telling]) -> Variant:
    came_to = max(spans, key=lambda one: one.shown_at, default=None)
    right = came_to is not None and came_to.product_id == shown.product_id
    became: Became = "untold" if came_to is None else "group" if came_to.could_be else "right" if right else "wrong"
    during = [one for one in tellings if _during(one, shown) > EDGE_S]
    wrong = [_during(one, shown) for one in during if one.decided and one.product_id != shown.product_id]
    return Variant(
        shown.product_id,
        shown.shown_at,
        said_at,
        became,
        told_at=_told_at(shown, came_to, tellings) if became == "right" else None,
        wrong_s=sum(wrong, 0.0),
        in_time=bool(during) and _is_it(max(during, key=lambda one: one.start), shown),
    )


def _told_at(shown: Shown, came_to: Span | None, tellings: Sequence[Telling]) -> Seconds | None:
    until = float("inf") if came_to is None else came_to.hidden_at + HIDES_S
    times = [one.start for one in tellings if _is_it(one, shown) and shown.shown_at <= one.start <= until]
    return max(times, default=None)


def _is_it(telling: Telling, shown: Shown) -> bool:
    return telling.decided and telling.product_id == shown.product_id


def _meet(one: Shown, other: Shown) -> bool:
    return one.shown_at < other.hidden_at and other.shown_at < one.hidden_at


def _during(one: Telling, shown: Shown) -> Seconds:
    return min(one.stop, shown.hidden_at) - max(one.start, shown.shown_at)


def _common(span: Span, shown: Shown) -> Seconds:
    return min(span.hidden_at, shown.hidden_at) - max(span.shown_at, shown.shown_at)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
