"""Who told what of each watched live: the recogniser, the baselines, and whoever else left events. Scores nothing."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.liveshop.evaluate.baselines import LABELS, LAGS, looked, spans_of
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.galleries import FEED
from benchmarks.liveshop.evaluate.replay import EVENTS, TRACE
from benchmarks.liveshop.evaluate.thresholds import fit, fitted
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.score import Zero, read_spans
from benchmarks.liveshop.scoring.grouped import resolved
from benchmarks.liveshop.scoring.judged import Contender, Judged, Ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.liveshop.evaluate.lives import Family
    from benchmarks.liveshop.evaluate.run import Watched
    from benchmarks.liveshop.evaluate.trace import Ranked, Traced
    from benchmarks.liveshop.score import Span
    from stream.types import Seconds

TITLES = {"nearest": "nearest frame", "majority": "majority of frames"}


class Threshold(NamedTuple):
    at: float
    note: str


def systems_of(watched: Sequence[Watched], family: Family, others: Sequence[Path]) -> list[Contender]:
    """Ours first, then the baselines, then `others`: folders with events.jsonl in a folder of each live's name.

    One live's trace is in memory at a time, except where a baseline's threshold is yet to be found.
    """
    bundle = watched[0].effort.bundle
    thresholds = {name: _threshold(name, watched, bundle, family) for name in LABELS}
    ours, *baselines = zip(*(_told(live, thresholds) for live in watched), strict=True)
    return [
        Contender(f"nowshowing ({bundle})", ours),
        *(
            Contender(TITLES[name], told, threshold.note, calibrated=name == "majority")
            for (name, threshold), told in zip(thresholds.items(), baselines, strict=True)
        ),
        *(_other(folder, watched) for folder in others),
    ]


def _threshold(name: str, watched: Sequence[Watched], bundle: str, family: Family) -> Threshold:
    at, where = fitted(bundle, family, name), "fitted on tuning seeds"
    if at is None:
        asked = [[shown for shown in live.truth.shown if shown.listed] for live in watched]
        traces = [read_trace(live.folder / TRACE) for live in watched]
        at, _ = fit(name, list(zip(traces, asked, strict=True)))
        where = "the best one on this very run"
    return Threshold(at, f"threshold {at:.3g}, {where}")


def _told(live: Watched, thresholds: Mapping[str, Threshold]) -> list[Judged]:
    """By us, then by the baselines."""
    trace = read_trace(live.folder / TRACE)
    baselines = [_baseline_told(name, threshold.at, live, trace) for name, threshold in thresholds.items()]
    return [_ours(live, trace), *baselines]


def _ours(live: Watched, trace: Sequence[Traced]) -> Judged:
    spans = read_events(live.folder / EVENTS, live.truth.seconds, live.effort.zero)
    closed = [view for view in trace if view.window is not None]
    windows = tuple(Ranking(view.at, view.window or (), view.main) for view in closed)
    return Judged(live.name, live.truth, _resolved(live, spans), windows, groups_of(live.folder))


def _resolved(live: Watched, spans: Sequence[Span]) -> tuple[Span, ...]:
    return resolved(live.truth, spans, titles_of(live.folder))


def _baseline_told(name: str, at: float, live: Watched, trace: Sequence[Traced]) -> Judged:
    def ranked(view: Traced) -> Ranked:
        return view.nearest if name == "nearest" else tuple(looked(view))

    spans = spans_of(trace, LABELS[name](trace, at), LAGS[name])
    windows = tuple(Ranking(view.at, ranked(view)) for view in trace)
    return Judged(live.name, live.truth, tuple(spans), windows, groups_of(live.folder))


def _other(folder: Path, watched: Sequence[Watched]) -> Contender:
    def judged(live: Watched) -> Judged:
        spans = read_events(folder / live.name / EVENTS, live.truth.seconds, Zero())
        return Judged(live.name, live.truth, _resolved(live, spans), groups=groups_of(live.folder))

    return Contender(folder.resolve().name, tuple(judged(live) for live in watched))


def groups_of(live: Path) -> dict[str, str]:
    """Products that are variants of one another, as the live's own feed says."""
    with (live / FEED).open(encoding="utf-8", newline="") as feed:
        rows = [(row["id"], row.get("item_group_id")) for row in csv.DictReader(feed)]
    return {product_id: group for product_id, group in rows if group}


def titles_of(live: Path) -> dict[str, str]:
    """What the live's own feed calls them."""
    with (live / FEED).open(encoding="utf-8", newline="") as feed:
        return {row["id"]: row.get("title") or "" for row in csv.DictReader(feed)}


def read_events(path: Path, seconds: Seconds, zero: Zero) -> tuple[Span, ...]:
    try:
        return tuple(read_spans(path.read_text(encoding="utf-8").splitlines(), seconds, zero))
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"events {path}: cannot be read: {error}: one CloudEvent a line is expected") from error
