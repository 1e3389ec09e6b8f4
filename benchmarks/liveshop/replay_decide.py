"""Fuses and decides again over traces of watched lives, and scores it: seconds, since nothing is decoded.

    python -m benchmarks.liveshop.replay_decide LIVE... [--show-at 0.95] [--false-shows 1] [--rows] [--curve]

LIVE: folders that `nowshowing eval liveshop` watched, with truth.jsonl and trace.jsonl. The recogniser's own classes
decide; what they are told is what they were told then. Delays count what each view cost when it was watched.
`ece` is the calibration error of windows, as `nowshowing eval liveshop` has it. --single: views by themselves.
--rows lists each introduction with the errors of both ends, and every span that tells of none. --curve prints, for
thresholds from even upwards, how many false shows an hour they let through: the budget's curve is fitted to it.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.replay import TRACE
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.score import Span, score
from benchmarks.liveshop.scoring.calibration import Claim, calibration
from benchmarks.liveshop.scoring.windows import presented_at
from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from engines.presence import SINGLE
from stream.config import DecideConfig, WindowConfig
from stream.decide import Decider
from stream.errors import KNOWN
from stream.fuse import Fuser, sigmoid
from stream.types import Change, Reason
from stream.weighing import SINGLY, TOGETHER
from stream.window import Windower

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.evaluate.trace import Traced
    from benchmarks.liveshop.score import Score
    from benchmarks.liveshop.truth import Truth
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
    )
    again = Again([], [])
    told: dict[str, float] = {}
    for line in trace:
        closed = windower.push(line.view())
        fuser.push(line.look())
        if closed is None:
            continue
        sighting = fuser.close(closed)
        again.windows.extend((line.at, first.product_id, first.probability) for first in sighting.ranked[:1])
        _tell(decider.push(sighting), line.at + line.encode_s + line.search_s, told, again.spans)
    _tell(decider.end(Reason.END_OF_STREAM), trace[-1].at if trace else 0.0, told, again.spans)
    again.spans.sort(key=lambda span: (span.shown_at, span.product_id))
    return again


def _tell(decisions: Sequence[Decision], at: float, told: dict[str, float], spans: list[Span]) -> None:
    for decision in decisions:
        product_id, shown_at = decision.candidate.product_id, decision.shown_at.pts
        if decision.change is Change.SHOWN:
            told[product_id] = at - shown_at
        elif decision.hidden_at is not None:
            spans.append(Span(product_id, shown_at, decision.hidden_at.pts, told.pop(product_id)))


def false_shows(lives: Sequence[tuple[Truth, Sequence[Span]]], tolerance_s: float) -> int:
    """Spans that touch no introduction of their product."""
    return sum(
        not any(
            s.product_id == span.product_id
            and s.listed
            and span.shown_at <= s.hidden_at + tolerance_s
            and span.hidden_at >= s.shown_at - tolerance_s
            for s in truth.shown
        )
        for truth, spans in lives
        for span in spans
    )


def window_claims(truth: Truth, again: Again) -> list[Claim]:
    asked = [shown for shown in truth.shown if shown.listed]
    return [Claim(said, product_id in presented_at(asked, at)) for at, product_id, said in again.windows]


def pooled(lives: Sequence[Watched], show_at: float, presence: Presence = SINGLE) -> dict[str, float | None]:
    told_again = [(live, decide_again(live.trace, show_at, presence)) for live in lives]
    scores = [(live, score(live.truth, again.spans)) for live, again in told_again]
    claims = [claim for live, again in told_again for claim in window_claims(live.truth, again)]
    right = sum(row.span is not None for _, found in scores for row in found.rows)
    asked = sum(row.shown.listed for _, found in scores for row in found.rows)
    told = sum(len(found.stray) for _, found in scores) + right
    hours = sum(live.truth.seconds for live in lives) / HOUR_S
    delays = sorted(
        row.span.told_at - row.shown.shown_at for _, found in scores for row in found.rows if row.span is not None
    )
    return {
        "show_at": show_at,
        "f1": 2 * right / max(told + asked, 1),
        "precision": right / max(told, 1),
        "recall": right / max(asked, 1),
        "wrong_s_per_hour": sum(found.wrong_product_s for _, found in scores) / hours,
        "flaps_per_hour": sum(found.flaps for _, found in scores) / hours,
        "onset_median_s": median(delays) if delays else None,
        "ece": calibration(claims, 0).ece,
        "onset_p95_s": delays[min(len(delays) - 1, int(0.95 * len(delays)))] if delays else None,
    }


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
    parser.add_argument("--show-at", type=float, default=0.95, help="probability to show at (default: %(default)s)")
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
    presence = SINGLE if chosen.single else open_bundle("classic").presence
    for live in lives if chosen.rows else []:
        print("\n".join(rows(live, score(live.truth, decide_again(live.trace, chosen.show_at, presence).spans))))
    for odds in STEPS if chosen.curve else []:
        told = [(live.truth, decide_again(live.trace, sigmoid(odds), presence).spans) for live in lives]
        hours = sum(live.truth.seconds for live in lives) / HOUR_S
        print(json.dumps({"log_odds": odds, "false_shows_per_hour": false_shows(told, 1.0) / hours}))
    print(json.dumps(pooled(lives, chosen.show_at, presence)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
