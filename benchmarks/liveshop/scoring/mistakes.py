"""Each mistake by what it is, the worst first. Pure; shows nothing.

A span that told wrongly is called by what it told of: a look-alike or another product than the one presented; a
product that is merely there (lying, on the shelf, in an ad); or while an unknown product, or none, was presented.
A right one is called by its ends: it stayed too long, or it began or ended too far off. An introduction of which
nothing was told is missed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.liveshop.score import TOLERANCE_S, wrong_seconds
from benchmarks.liveshop.scoring.events import begin
from benchmarks.liveshop.scoring.scores import Mistake

if TYPE_CHECKING:
    from benchmarks.liveshop.score import Span
    from benchmarks.liveshop.scoring.events import Account
    from benchmarks.liveshop.truth import Shown

LOOK_ALIKE, ANOTHER, UNKNOWN, NOTHING = "look-alike", "another product", "unknown product", "nothing presented"
MISSED, LINGERED, ENDS = "missed", "stayed too long", "ends are off"
MERELY_THERE = {"lying": "lying about", "shelf": "on the shelf", "ad": "in an ad"}


def mistakes_of(account: Account) -> list[Mistake]:
    """Nothing wrong, and both ends within a second, is no mistake."""
    right = {id(span) for span in account.within_1s.values()}
    told = [_wrongly_told(account, span) for span in account.live.spans if id(span) not in right]
    missed = [_missed(account, shown) for i, shown in enumerate(account.asked) if i not in account.told]
    return sorted([*told, *missed], key=lambda mistake: (-mistake.cost_s, mistake.start))


def _missed(account: Account, shown: Shown) -> Mistake:
    start, stop = shown.shown_at, shown.hidden_at
    return Mistake(account.live.name, MISSED, start, stop, None, shown.product_id, stop - start)


def _wrongly_told(account: Account, span: Span) -> Mistake:
    wrong, true = wrong_seconds(account.live.truth.shown, span, TOLERANCE_S), _true(account, span)
    mistake = Mistake(account.live.name, "", span.shown_at, span.hidden_at, span.product_id, true, wrong)
    if not any(span is false for false in account.false):
        near = any(span is one for one in account.within_3s.values())
        return replace(mistake, kind=LINGERED if wrong > 0 else ENDS, true=span.product_id, right_3s=near)
    return replace(mistake, kind=_false_kind(account, span, true), during=account.during(span))


def _false_kind(account: Account, span: Span, true: str | None) -> str:
    during = account.during(span)
    if during == "other" and true is not None and _alike(account, span.product_id, true):
        return LOOK_ALIKE
    why = _merely_there(account, span)
    if why is not None:
        return MERELY_THERE.get(why, why)
    return {"other": ANOTHER, "unknown": UNKNOWN, "nothing": NOTHING}[during]


def _true(account: Account, span: Span) -> str | None:
    """What was presented where the span begins, of no catalogue included."""
    at = begin(span)
    found = [s for s in account.live.truth.shown if s.shown_at <= at <= s.hidden_at]
    found.sort(key=lambda s: (not s.listed, -s.shown_at))
    return found[0].product_id if found else None


def _alike(account: Account, told: str, true: str) -> bool:
    groups = {s.product_id: s.group for s in account.live.truth.shown} | dict(account.live.groups)
    return told in groups and groups[told] == groups.get(true)


def _merely_there(account: Account, span: Span) -> str | None:
    """Why the product was in the picture without being presented, where the truth says that it was."""
    at = begin(span)
    there = [o for o in account.live.truth.others if o.product_id == span.product_id and o.start <= at <= o.stop]
    return there[0].why if there else None
