"""The event level: what was told against what was presented, over many lives. Pure; the matching rule is score.py's.

Everything is in the lives' own time, where a shown is dated back to the first frame that it speaks of. How long the
event itself took is in the delays alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks.liveshop.score import FLAP_S, TOLERANCE_S, match, wrong_seconds
from benchmarks.liveshop.scoring import spells
from benchmarks.liveshop.scoring.figures import agreement, delays, rate, share
from benchmarks.liveshop.scoring.scores import Abstention, Events, Groups, Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.score import Span
    from benchmarks.liveshop.scoring.judged import Judged
    from benchmarks.liveshop.scoring.scores import Agreement
    from benchmarks.liveshop.scoring.spells import Spell
    from benchmarks.liveshop.truth import Shown
    from stream.types import Seconds

LOOSE_S = 3.0


@dataclass(frozen=True)
class Account:
    """One live's spans held against its introductions; what several figures need is found once."""

    live: Judged

    @cached_property
    def asked(self) -> list[Shown]:
        return [shown for shown in self.live.truth.shown if shown.listed]

    @cached_property
    def unlisted(self) -> list[Shown]:
        return [shown for shown in self.live.truth.shown if not shown.listed]

    @cached_property
    def within_1s(self) -> dict[int, Span]:
        """Introduction's index in `asked` to its span."""
        return match(self.asked, self.live.spans, TOLERANCE_S)

    @cached_property
    def within_3s(self) -> dict[int, Span]:
        return match(self.asked, self.live.spans, LOOSE_S)

    @cached_property
    def told(self) -> dict[int, Span]:
        """Which span told of an introduction at all: its match, else the first of its product during it."""
        found = self.within_3s | self.within_1s
        for i, shown in enumerate(self.asked):
            during = [span for span in self.live.spans if span.product_id == shown.product_id and meet(span, shown)]
            if i not in found and during:
                found[i] = during[0]
        return found

    @cached_property
    def presented(self) -> list[Spell]:
        return spells.united((s.shown_at, s.hidden_at) for s in self.asked)

    @cached_property
    def unknown(self) -> list[Spell]:
        """When a product of no catalogue is presented and none of the catalogue is."""
        return spells.without([(s.shown_at, s.hidden_at) for s in self.unlisted], self.presented)

    @cached_property
    def empty(self) -> list[Spell]:
        """When no product is presented at all."""
        whole = [(0.0, self.live.truth.seconds)]
        return spells.without(whole, [*self.presented, *self.unknown])

    @cached_property
    def false(self) -> list[Span]:
        """Spans that begin where their product is not presented, an edge's tolerance aside."""
        return [span for span in self.live.spans if not any(_begins_in(span, shown) for shown in self.asked)]

    def during(self, span: Span) -> str:
        """What is presented where a span begins, an edge's tolerance aside: "other", "unknown" or "nothing"."""
        at = begin(span)
        if spells.holds(self.presented, at):
            return "other"
        return "unknown" if spells.holds(self.unknown, at) else "nothing"

    @cached_property
    def wrong_s(self) -> Seconds:
        return sum((wrong_seconds(self.live.truth.shown, span, TOLERANCE_S) for span in self.live.spans), 0.0)

    @cached_property
    def flaps(self) -> int:
        """How often a product came back soon, where the host had not put it away in between."""
        which = {id(span): i for i, span in self.within_3s.items()}
        products = {span.product_id for span in self.live.spans}
        runs = [[s for s in self.live.spans if s.product_id == product] for product in products]
        return sum(_flap(a, b, which) for run in runs for a, b in pairwise(run))


def _flap(first: Span, second: Span, which: dict[int, int]) -> bool:
    soon = second.shown_at - first.hidden_at < FLAP_S
    return soon and not (id(first) in which and id(second) in which)


def meet(span: Span, shown: Shown) -> bool:
    return span.shown_at < shown.hidden_at and shown.shown_at < span.hidden_at


def begin(span: Span) -> Seconds:
    """Just inside the span: its own edge may be a tolerance too early and still be right."""
    return min(span.shown_at + TOLERANCE_S, (span.shown_at + span.hidden_at) / 2)


def _begins_in(span: Span, shown: Shown) -> bool:
    right = span.product_id == shown.product_id
    return right and shown.shown_at - TOLERANCE_S <= span.shown_at <= shown.hidden_at + TOLERANCE_S


def onset_s(shown: Shown, span: Span | None) -> Seconds | None:
    """From the first visible frame to the event."""
    return None if span is None else span.told_at - shown.shown_at


def hide_s(shown: Shown, span: Span | None) -> Seconds | None:
    """From the last visible frame to the event; None where nothing was hidden before the live ended."""
    if span is None or span.hidden_after_s is None:
        return None
    return span.hidden_at + span.hidden_after_s - shown.hidden_at


def events_of(accounts: Sequence[Account]) -> Events:
    seconds = sum(account.live.truth.seconds for account in accounts)
    wrong_s = sum((account.wrong_s for account in accounts), 0.0)
    told = [(account.asked[i], span) for account in accounts for i, span in account.told.items()]
    return Events(
        at_1s=_agreement(accounts, TOLERANCE_S),
        at_3s=_agreement(accounts, LOOSE_S),
        wrong_s=wrong_s,
        wrong_s_per_hour=share(wrong_s * 3600, seconds),
        false_shows=_false(accounts, "nothing", sum(spells.total(a.empty) for a in accounts)),
        unknown_shows=_false(accounts, "unknown", sum(spells.total(a.unknown) for a in accounts)),
        mistaken_shows=_false(accounts, "other", sum(spells.total(a.presented) for a in accounts)),
        onset=delays(late for shown, span in told if (late := onset_s(shown, span)) is not None),
        hide=delays(late for shown, span in told if (late := hide_s(shown, span)) is not None),
        flaps=rate(sum(account.flaps for account in accounts), seconds),
        abstention=_abstention(accounts),
        groups=_groups(accounts),
    )


def _agreement(accounts: Sequence[Account], tolerance_s: Seconds) -> Agreement:
    pairs = [a.within_1s if tolerance_s == TOLERANCE_S else a.within_3s for a in accounts]
    told = sum(len(account.live.spans) for account in accounts)
    return agreement(tolerance_s, sum(map(len, pairs)), told, sum(len(account.asked) for account in accounts))


def _false(accounts: Sequence[Account], during: str, seconds: Seconds) -> Rate:
    return rate(sum(a.during(span) == during for a in accounts for span in a.false), seconds)


def _abstention(accounts: Sequence[Account]) -> Abstention:
    """Told is what overlaps: of whatever product, for time and for unlisted ones."""
    asked = sum(len(account.asked) for account in accounts)
    untold = sum(not any(meet(span, s) for span in a.live.spans) for a in accounts for s in a.asked)
    presented = sum(spells.total(account.presented) for account in accounts)
    covered = sum(spells.common(a.presented, _spells(a.live.spans)) for a in accounts)
    unlisted = [(account, shown) for account in accounts for shown in account.unlisted]
    alone = sum(not any(_fooled(a, span, shown) for span in a.false) for a, shown in unlisted)
    return Abstention(share(untold, asked), share(presented - covered, presented), share(alone, len(unlisted)))


def _groups(accounts: Sequence[Account]) -> Groups:
    """Not right and not vague: none of the group was presented."""
    told = [(account, span) for account in accounts for span in account.live.spans if span.could_be]
    right = sum(not span.vague and not any(span is one for one in account.false) for account, span in told)
    return Groups(len(told), right, sum(span.vague for _, span in told))


def _fooled(account: Account, span: Span, shown: Shown) -> bool:
    return account.during(span) == "unknown" and shown.shown_at <= begin(span) <= shown.hidden_at


def _spells(spans: Sequence[Span]) -> list[Spell]:
    return spells.united((span.shown_at, span.hidden_at) for span in spans)
