"""Fuses and decides again over traces of watched lives, and scores it: seconds, since nothing is decoded.

    python -m benchmarks.liveshop.replay_decide LIVE... [--show-at 0.95] [--false-shows 1] [--rows] [--curve]

LIVE: folders that `nowshowing eval liveshop` watched, with truth.jsonl and trace.jsonl. The recogniser's own classes
decide; what they are told is what they were told then, what earlier views had of a new product included. Delays count
what each view cost when it was watched. All figures are those of `nowshowing eval liveshop`, from the same code.
--single: views by themselves. --rows lists each introduction with the errors of both ends, and every span that tells
of none. --curve prints, for thresholds from even upwards, how many false shows an hour they let through: the budget's
curve is fitted to it. The threshold is what the bundle's curve asks for --false-shows, unless --show-at says it.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.replay import TRACE
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.score import TOLERANCE_S, Span, score
from benchmarks.liveshop.scoring.calibration import Claim, calibration
from benchmarks.liveshop.scoring.events import Account, events_of
from benchmarks.liveshop.scoring.judged import Judged
from benchmarks.liveshop.scoring.windows import presented_at
from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from engines.presence import SINGLE
from engines.shows import THEORY
from stream.config import DecideConfig, WindowConfig
from stream.dating import Sight
from stream.decide import Decider
from stream.errors import KNOWN
from stream.fuse import Fuser, sigmoid
from stream.types import Change, Moment, Reason
from stream.weighing import SINGLY, TOGETHER
from stream.window import Windower

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.liveshop.evaluate.trace import Traced
    from benchmarks.liveshop.score import Score
    from benchmarks.liveshop.truth import Shown, Truth
    from engines.presence import Presence
    from stream.types import Decision

STEPS = [0.5 * n for n in range(1, 25)]  # log-odds that --curve tries
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Watched:
    name: str
    truth: Truth
    trace: list[Traced]


def read_live(folder: Path) -> Watched:
    return Watched(folder.name, read_truth(folder / TRUTH), read_trace(folder / TRACE))


@dataclass(frozen=True, slots=True)
class Again:
    """What would be told of one live."""

    spans: list[Span]
    windows: list[tuple[float, str, float]]  # of each, when it closed, its first product and how probable that was


def decide_again(trace: Sequence[Traced], show_at: float, presence: Presence = SINGLE) -> Again:
    window, defaults = WindowConfig(), DecideConfig()
    windower, fuser = Windower(length_s=window.length_s, hop_s=window.hop_s), Fuser(presence)
    decider = Decider(
        show_at=show_at,
        hide_at=defaults.hide_at,
        hold_s=defaults.hold_s,
        update_every_s=defaults.update_every_s,
        max_shown=defaults.max_shown,
        weighing=TOGETHER if presence.fitted else SINGLY,
        step_s=window.hop_s,
    )
    again = Again([], [])
    told: dict[str, float] = {}
    for line in trace:
        closed = windower.push(line.view())
        fuser.push(line.look())
        if closed is None:
            continue
        sighting = line.sighting(fuser.close(closed))
        again.windows.extend((line.at, first.product_id, first.probability) for first in sighting.ranked[:1])
        _tell(decider.push(sighting), line.at + line.encode_s + line.search_s, told, again.spans)
        for product_id in sorted(decider.opened):
            decider.found_before(product_id, _before(line, product_id))
    _tell(decider.end(Reason.END_OF_STREAM), trace[-1].at if trace else 0.0, told, again.spans)
    again.spans.sort(key=lambda span: (span.shown_at, span.product_id))
    return again


def _before(line: Traced, product_id: str) -> list[Sight]:
    found = ((at, looks.get(product_id)) for at, looks in line.earlier)
    return [Sight(Moment(at, None, at), sigmoid(m.logit), m.box) for at, m in found if m is not None]


def _tell(decisions: Sequence[Decision], at: float, told: dict[str, float], spans: list[Span]) -> None:
    for decision in decisions:
        product_id, shown_at = decision.candidate.product_id, decision.shown_at.pts
        if decision.change is Change.SHOWN:
            told[product_id] = at - shown_at
        elif decision.hidden_at is not None:
            hidden_at = decision.hidden_at.pts
            after_s = None if decision.why is Reason.END_OF_STREAM else at - hidden_at
            spans.append(Span(product_id, shown_at, hidden_at, told.pop(product_id), after_s))


def account(live: Watched, again: Again) -> Account:
    return Account(Judged(live.name, live.truth, tuple(again.spans)))


def false_shows(accounts: Iterable[Account]) -> int:
    """Spans that tell of a product while it is not presented, at no time of theirs: the rest is dated badly."""
    return sum(not any(_touches(span, shown) for shown in one.asked) for one in accounts for span in one.live.spans)


def window_claims(truth: Truth, again: Again) -> list[Claim]:
    asked = [shown for shown in truth.shown if shown.listed]
    return [Claim(said, product_id in presented_at(asked, at)) for at, product_id, said in again.windows]


def pooled(lives: Sequence[Watched], show_at: float, presence: Presence = SINGLE) -> dict[str, float | None]:
    told_again = [(live, decide_again(live.trace, show_at, presence)) for live in lives]
    accounts = [account(live, again) for live, again in told_again]
    claims = [claim for live, again in told_again for claim in window_claims(live.truth, again)]
    found = events_of(accounts)
    return {
        "show_at": round(show_at, 4),
        "f1": found.at_1s.f1,
        "f1_3s": found.at_3s.f1,
        "precision": found.at_1s.precision,
        "recall": found.at_1s.recall,
        "wrong_s_per_hour": found.wrong_s_per_hour,
        "false_shows": false_shows(accounts),
        "unknown_shows_per_hour": found.unknown_shows.per_hour,
        "flaps_per_hour": found.flaps.per_hour,
        "untold": found.abstention.introductions,
        "onset_median_s": found.onset.median,
        "onset_p95_s": found.onset.p95,
        "hide_median_s": found.hide.median,
        "ece": calibration(claims, 0).ece,
    }


def _touches(span: Span, shown: Shown) -> bool:
    right = span.product_id == shown.product_id
    near = span.shown_at <= shown.hidden_at + TOLERANCE_S and span.hidden_at >= shown.shown_at - TOLERANCE_S
    return right and near


def rows(live: Watched, found: Score) -> list[str]:
    lines = []
    for row in found.rows:
        shown = row.shown
        near = row.span or _nearest(shown.product_id, shown.shown_at, shown.hidden_at, found.stray)
        ends = f"{near.shown_at - shown.shown_at:+.2f} {near.hidden_at - shown.hidden_at:+.2f}" if near else "untold"
        mark = "ok  " if row.span else ("MISS" if shown.listed else "unl.")
        lines.append(f"{mark} {live.name} {shown.shown_at:7.2f} {shown.hidden_at:7.2f} {shown.product_id} {ends}")
    stray = [f"TOLD {live.name} {s.shown_at:7.2f} {s.hidden_at:7.2f} {s.product_id}" for s in found.stray]
    return lines + stray


def _nearest(product_id: str, start: float, stop: float, spans: Sequence[Span]) -> Span | None:
    touching = [s for s in spans if s.product_id == product_id and s.shown_at <= stop and s.hidden_at >= start]
    return min(touching, key=lambda s: abs(s.shown_at - start) + abs(s.hidden_at - stop), default=None)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.liveshop.replay_decide",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lives", type=Path, nargs="+", help="folders of watched lives")
    parser.add_argument("--show-at", type=float, help="probability to show at, whatever the budget")
    parser.add_argument("--false-shows", type=float, default=1.0, help="an hour: the budget (default: %(default)s)")
    parser.add_argument(
        "--single", action="store_true", help="without what the classic bundle knows of earlier views"
    )
    parser.add_argument("--rows", action="store_true", help="every introduction and every stray span")
    parser.add_argument("--curve", action="store_true", help="false shows an hour over thresholds")
    chosen = parser.parse_args(arguments)
    try:
        lives = [read_live(folder) for folder in chosen.lives]
    except KNOWN as error:
        print(f"replay_decide: {error}", file=sys.stderr)
        return 1
    bundle = open_bundle("classic")
    presence, curve = (SINGLE, THEORY) if chosen.single else (bundle.presence, bundle.false_shows)
    show_at = chosen.show_at or sigmoid(curve.log_odds(chosen.false_shows))
    for live in lives if chosen.rows else []:
        print("\n".join(rows(live, score(live.truth, decide_again(live.trace, show_at, presence).spans))))
    for odds in STEPS if chosen.curve else []:
        told = [account(live, decide_again(live.trace, sigmoid(odds), presence)) for live in lives]
        hours = sum(live.truth.seconds for live in lives) / HOUR_S
        print(json.dumps({"log_odds": odds, "false_shows_per_hour": false_shows(told) / hours}))
    print(json.dumps(pooled(lives, show_at, presence)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
