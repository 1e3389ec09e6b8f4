"""Events against truth: which introductions were told, how exactly, how late, and what was told wrongly. Pure.

Everything is compared in the live's own time. An event's instant is its program date-time less that of the live's
first frame, where both are known; else its stream time, less what the recogniser missed of the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.liveshop.errors import WorldError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.liveshop.truth import Shown, Truth
    from stream.types import Seconds

    _Pairs = tuple[tuple[int, int], ...]
    _Best = tuple[int, float, _Pairs]  # how many, how near, which

TOLERANCE_S = 1.0
FLAP_S = 5.0
MISTAKEN = "mistaken"  # the reason of a hidden whose product was a look-alike of the right one


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Moment(_Read):
    pts: float
    utc: datetime | None = None
    wall: datetime


class _Alternative(_Read):
    product_id: str


class _Data(_Read):
    product_id: str | None = None
    state: str
    undecided: bool = False
    alternatives: tuple[_Alternative, ...] = ()
    reason: str | None = None

    @property
    def could_be(self) -> tuple[str, ...]:
        return tuple(other.product_id for other in self.alternatives) if self.undecided else ()

    shown_at: _Moment | None = None
    hidden_at: _Moment | None = None
    confidence: float | None = None


class _Event(_Read):
    type: str
    time: datetime
    data: _Data


@dataclass(frozen=True, slots=True)
class Zero:
    """Where the live's time begins: on the wall for program date-times, and in the recogniser's stream time."""

    utc: float | None = None
    pts: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """One shown with its hidden. `told_after_s`: from when it was said to have come, to the event.

    `hidden_after_s`: from when it is said to have gone; None: it was never hidden. `confidence`: the shown event's.
    `could_be`: the others of a group of look-alikes, where one of it was told to the end. `vague`: it was said which.
    """

    product_id: str
    shown_at: Seconds
    hidden_at: Seconds
    told_after_s: Seconds
    hidden_after_s: Seconds | None = None
    confidence: float | None = None
    could_be: tuple[str, ...] = ()
    vague: bool = False

    @property
    def told_at(self) -> Seconds:
        return self.shown_at + self.told_after_s


CERTAIN = Span("", 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One introduction and the span that told it, if one did."""

    shown: Shown
    span: Span | None


@dataclass(frozen=True, slots=True)
class Score:
    """`onset_delay_s`: median time from a product's first visible frame to its event, the transport's delay aside."""

    f1: float
    precision: float
    recall: float
    onset_delay_s: float | None
    onset_delay_p95_s: float | None
    wrong_product_s: float
    unknown_shown: int  # spans during products that are in no catalogue
    flaps: int
    products: int  # distinct catalogue products in the truth
    products_found: int
    rows: tuple[Row, ...]
    stray: tuple[Span, ...]  # spans that tell of no introduction


def read_spans(lines: Iterable[str], end: Seconds, zero: Zero) -> list[Span]:
    """Pairs each shown with its hidden, in order; one that never ended lasts until `end`.

    A group's guess that was taken back for the one that it is, dated from the same frame, is no span of its own.
    """
    open_: dict[str, Span] = {}
    spans: list[Span] = []
    for number, line in enumerate(lines, 1):
        event = _parse(line, number)
        data = event.data
        if not event.type.startswith("nowshowing.product.") or data.product_id is None or data.shown_at is None:
            continue
        if data.state == "shown":
            shown_at, after = _at(data.shown_at, zero), _after(event, data.shown_at)
            span = Span(data.product_id, shown_at, max(end, shown_at), after, None, data.confidence, data.could_be)
            open_[data.product_id] = span
        elif data.state == "updated" and data.product_id in open_:
            open_[data.product_id] = replace(open_[data.product_id], could_be=data.could_be)
        elif data.reason == MISTAKEN and open_.get(data.product_id, CERTAIN).could_be:
            del open_[data.product_id]
        elif data.state == "hidden" and data.product_id in open_ and data.hidden_at is not None:
            hidden_at, after = _at(data.hidden_at, zero), _after(event, data.hidden_at)
            spans.append(replace(open_.pop(data.product_id), hidden_at=hidden_at, hidden_after_s=after))
    return sorted([*spans, *open_.values()], key=lambda span: (span.shown_at, span.product_id))


def score(truth: Truth, spans: Sequence[Span], tolerance_s: Seconds = TOLERANCE_S) -> Score:
    asked = [shown for shown in truth.shown if shown.listed]
    pairs = match(asked, spans, tolerance_s)
    told = {id(span) for span in pairs.values()}
    stray = tuple(span for span in spans if id(span) not in told)
    precision = len(pairs) / len(spans) if spans else 0.0
    recall = len(pairs) / len(asked) if asked else 0.0
    delays = sorted(span.told_at - asked[i].shown_at for i, span in pairs.items())
    index_of = {id(shown): i for i, shown in enumerate(asked)}
    return Score(
        f1=2 * precision * recall / (precision + recall) if pairs else float(not asked and not spans),
        precision=precision,
        recall=recall,
        onset_delay_s=median(delays) if delays else None,
        onset_delay_p95_s=delays[min(len(delays) - 1, int(0.95 * len(delays)))] if delays else None,
        wrong_product_s=sum(wrong_seconds(truth.shown, span, tolerance_s) for span in spans),
        unknown_shown=sum(any(_overlap(span, s) > 0.5 for s in truth.shown if not s.listed) for span in stray),
        flaps=_flaps(spans),
        products=len({shown.product_id for shown in asked}),
        products_found=len({span.product_id for span in pairs.values()}),
        rows=tuple(Row(s, pairs.get(index_of[id(s)]) if s.listed else None) for s in truth.shown),
        stray=stray,
    )


def match(asked: Sequence[Shown], spans: Sequence[Span], tolerance_s: Seconds) -> dict[int, Span]:
    """Introduction's index to its span: same product, both ends within tolerance, each used once.

    As many pairs as there can be, and of those the nearest.
    """
    pairs: dict[int, Span] = {}
    for product_id in {shown.product_id for shown in asked}:
        mine = [i for i, shown in enumerate(asked) if shown.product_id == product_id]
        mine.sort(key=lambda i: asked[i].shown_at)
        theirs = [span for span in spans if span.product_id == product_id and not span.vague]
        theirs.sort(key=lambda span: span.shown_at)
        found = _aligned([asked[i] for i in mine], theirs, tolerance_s)
        pairs.update((mine[i], theirs[j]) for i, j in found)
    return pairs


def _aligned(asked: Sequence[Shown], spans: Sequence[Span], tolerance_s: Seconds) -> _Pairs:
    """In order of time on both sides, since pairs that cross are never nearer than the same ones uncrossed."""
    nothing: _Best = (0, 0.0, ())
    above = [nothing] * (len(spans) + 1)  # the best with the introductions so far and the first j spans
    for i, shown in enumerate(asked):
        row = [nothing]
        for j, span in enumerate(spans):
            ends = (abs(span.shown_at - shown.shown_at), abs(span.hidden_at - shown.hidden_at))
            options = [above[j + 1], row[j]]
            if max(ends) <= tolerance_s:
                count, nearness, pairs = above[j]
                options.append((count + 1, nearness - sum(ends), (*pairs, (i, j))))
            row.append(max(options, key=lambda option: option[:2]))
        above = row
    return above[-1][2]


def wrong_seconds(truth: Sequence[Shown], span: Span, tolerance_s: Seconds) -> Seconds:
    """How much of the span lies outside every introduction of its product, each widened by the tolerance."""
    wrong, at = 0.0, span.shown_at
    right = sorted(
        (s.shown_at - tolerance_s, s.hidden_at + tolerance_s) for s in truth if s.product_id == span.product_id
    )
    for start, stop in right:
        wrong += max(0.0, min(start, span.hidden_at) - at)
        at = max(at, min(stop, span.hidden_at))
    return wrong + max(0.0, span.hidden_at - at)


def _overlap(span: Span, shown: Shown) -> Seconds:
    return min(span.hidden_at, shown.hidden_at) - max(span.shown_at, shown.shown_at)


def _flaps(spans: Sequence[Span]) -> int:
    """How often a product came back within FLAP_S of its hiding."""
    last: dict[str, Seconds] = {}
    flaps = 0
    for span in spans:
        flaps += span.shown_at - last.get(span.product_id, -FLAP_S - 1) < FLAP_S
        last[span.product_id] = span.hidden_at
    return flaps


def _after(event: _Event, moment: _Moment) -> Seconds:
    return (event.time - moment.wall).total_seconds()


def _at(moment: _Moment, zero: Zero) -> Seconds:
    if zero.utc is not None and moment.utc is not None:
        return moment.utc.timestamp() - zero.utc
    return moment.pts - zero.pts


def _parse(line: str, number: int) -> _Event:
    try:
        return _Event.model_validate_json(line)
    except ValidationError as error:
        what = error.errors(include_url=False)[0]
        raise WorldError(f"events, line {number}: not an event of ours: {what['msg']}") from error
