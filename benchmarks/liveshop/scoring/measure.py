"""All figures of one system over one live or many. Pure; the door of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.calibration import Claim, calibration
from benchmarks.liveshop.scoring.events import Account, events_of, hide_s, onset_s
from benchmarks.liveshop.scoring.figures import delays, share
from benchmarks.liveshop.scoring.mistakes import mistakes_of
from benchmarks.liveshop.scoring.scores import Group, Introduction, Scores
from benchmarks.liveshop.scoring.windows import main_ranks, presented_at, ranks, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.scoring.judged import Judged
    from benchmarks.liveshop.scoring.scores import Calibration
    from benchmarks.liveshop.truth import Shown

ATTRIBUTES = {
    "scale": ("small", "medium", "large"),
    "duration": ("short", "mid", "long"),
    "number": ("one", "few", "many"),
}


def measure(lives: Sequence[Judged], *, calibrated: bool = True) -> Scores:
    """Pooled over the lives. Not `calibrated`: the windows' figures are no probabilities, only an order."""
    accounts = [Account(live) for live in lives]
    rows = [row for account in accounts for row in _rows(account)]
    claims = _window_claims(accounts) if calibrated else []
    mistakes = sorted((m for account in accounts for m in mistakes_of(account)), key=lambda m: -m.cost_s)
    return Scores(
        lives=len(lives),
        hours=sum(live.truth.seconds for live in lives) / 3600,
        introductions=sum(len(account.asked) for account in accounts),
        unlisted=sum(len(account.unlisted) for account in accounts),
        events=events_of(accounts),
        all_images=ranks(tally(a.asked, a.live.windows, a.asked, main=False) for a in accounts),
        main_image=main_ranks(tally(a.asked, a.live.windows, a.asked, main=True) for a in accounts),
        calibration=calibration(claims, _windows_asked(accounts)) if claims else None,
        ece_presented=calibration([claim for claim in claims if claim.asked], 0).ece,
        events_calibration=_events_calibration(accounts),
        groups=tuple(_groups(rows)),
        rows=tuple(rows),
        mistakes=tuple(mistakes),
    )


def _rows(account: Account) -> list[Introduction]:
    index_of = {id(shown): i for i, shown in enumerate(account.asked)}
    return [_row(account, shown, index_of.get(id(shown))) for shown in account.live.truth.shown]


def _row(account: Account, shown: Shown, index: int | None) -> Introduction:
    """`index` among those to be told; None for one of no catalogue."""
    during = [] if index is None else [shown]
    span = None if index is None else account.told.get(index)
    windows, hits = tally(account.asked, account.live.windows, during, main=False)
    main_windows, main_hits = tally(account.asked, account.live.windows, during, main=True)
    return Introduction(
        live=account.live.name,
        product_id=shown.product_id,
        group=shown.group,
        listed=shown.listed,
        shown_at=shown.shown_at,
        hidden_at=shown.hidden_at,
        scale=shown.scale,
        duration=shown.duration,
        number=shown.number,
        right_1s=index in account.within_1s,
        right_3s=index in account.within_3s,
        onset_s=onset_s(shown, span),
        hide_s=hide_s(shown, span),
        windows=windows,
        hits=hits,
        main_windows=main_windows,
        main_hits=main_hits,
    )


def _window_claims(accounts: Sequence[Account]) -> list[Claim]:
    """Of each window's first product: is it presented at the frame that closed the window?"""
    return [
        Claim(window.ranked[0][1], window.ranked[0][0] in (now := presented_at(a.asked, window.at)), bool(now))
        for a in accounts
        for window in a.live.windows
        if window.ranked
    ]


def _windows_asked(accounts: Sequence[Account]) -> int:
    """Windows in which there was something to tell, those that ranked nothing included."""
    return sum(bool(presented_at(a.asked, window.at)) for a in accounts for window in a.live.windows)


def _events_calibration(accounts: Sequence[Account]) -> Calibration | None:
    """Of the confidence a shown carries: was its product presented then? None where no event carries one."""
    claims: list[Claim] = []
    for account in accounts:
        false = {id(span) for span in account.false}
        claims += [
            Claim(span.confidence, id(span) not in false, id(span) not in false)
            for span in account.live.spans
            if span.confidence is not None
        ]
    return calibration(claims, sum(len(account.asked) for account in accounts)) if claims else None


def _groups(rows: Sequence[Introduction]) -> list[Group]:
    """Only values that occur: a truth of old has no attributes."""
    asked = [row for row in rows if row.listed]
    split = [
        (attribute, value, [row for row in asked if getattr(row, attribute) == value])
        for attribute, values in ATTRIBUTES.items()
        for value in values
    ]
    return [_group(attribute, value, rows) for attribute, value, rows in split if rows]


def _group(attribute: str, value: str, rows: Sequence[Introduction]) -> Group:
    return Group(
        attribute=attribute,
        value=value,
        introductions=len(rows),
        recall_1s=share(sum(row.right_1s for row in rows), len(rows)),
        recall_3s=share(sum(row.right_3s for row in rows), len(rows)),
        onset_median=delays(row.onset_s for row in rows if row.onset_s is not None).median,
        all_images=ranks((row.windows, row.hits) for row in rows),
        main_image=main_ranks((row.main_windows, row.main_hits) for row in rows),
    )
