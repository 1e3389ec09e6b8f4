"""What is told as one of a group of look-alikes: which of them it was, and whether more could have been told. Pure.

Of products that share one picture nobody can tell which it is unless the host says so. Where he does not, their group
is the right answer, and such a span is of the one that is presented. Where he does, it is neither right nor wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.variants import said_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.liveshop.score import Span
    from benchmarks.liveshop.truth import Shown, Truth
    from stream.types import Seconds


def resolved(truth: Truth, spans: Iterable[Span], titles: Mapping[str, str]) -> tuple[Span, ...]:
    """`titles`: of all listed products, by id."""
    return tuple(_resolved(truth, span, titles) if span.could_be else span for span in spans)


def _resolved(truth: Truth, span: Span, titles: Mapping[str, str]) -> Span:
    """Where none of the group is presented it stays the guess that it was."""
    among = (span.product_id, *span.could_be)
    met = [shown for shown in truth.shown if shown.product_id in among and _common(span, shown) > 0]
    if not met:
        return span
    shown = max(met, key=lambda one: _common(span, one))
    known = [product_id for product_id in among if product_id in titles]
    said = said_at(truth, shown, titles, known)
    return replace(span, product_id=shown.product_id, vague=said is not None)


def _common(span: Span, shown: Shown) -> Seconds:
    return min(span.hidden_at, shown.hidden_at) - max(span.shown_at, shown.shown_at)
