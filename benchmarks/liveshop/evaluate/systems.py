"""Who told what of each watched live: the recogniser, the baselines, and whoever else left events. Scores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.baselines import LABELS, looked, spans_of
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.replay import EVENTS, TRACE
from benchmarks.liveshop.evaluate.thresholds import fit, fitted
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.score import Zero, read_spans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.liveshop.evaluate.lives import Family
    from benchmarks.liveshop.evaluate.run import Watched
    from benchmarks.liveshop.evaluate.trace import Ranked, Traced
    from benchmarks.liveshop.score import Span
    from stream.types import Seconds


@dataclass(frozen=True, slots=True)
class Ranking:
    """A window's products, best first; `main`: by the main image of each alone, where that was asked."""

    at: Seconds
    ranked: Ranked
    main: Ranked | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one system told of one live."""

    live: Watched
    spans: tuple[Span, ...]
    windows: tuple[Ranking, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """`calibrated`: its windows' figures are probabilities."""

    name: str
    note: str
    told: tuple[Told, ...]  # one a live
    calibrated: bool = True


def systems_of(watched: Sequence[Watched], family: Family, others: Sequence[Path]) -> list[System]:
    """Ours first, then the baselines, then `others`: folders with events.jsonl in a folder of each live's name."""
    traces = [read_trace(live.folder / TRACE) for live in watched]
    bundle = watched[0].effort.bundle
    ours = System(f"nowshowing ({bundle})", "", tuple(_ours(*pair) for pair in zip(watched, traces, strict=True)))
    baselines = [_baseline(name, watched, traces, bundle, family) for name in LABELS]
    return [ours, *baselines, *(_other(folder, watched) for folder in others)]


def _ours(live: Watched, trace: Sequence[Traced]) -> Told:
    spans = read_events(live.folder / EVENTS, live.truth.seconds, live.effort.zero)
    closed = [view for view in trace if view.window is not None]
    return Told(live, spans, tuple(Ranking(view.at, view.window or (), view.main) for view in closed))


def _baseline(
    name: str, watched: Sequence[Watched], traces: Sequence[Sequence[Traced]], bundle: str, family: Family
) -> System:
    at, note = fitted(bundle, family, name), "fitted on tuning seeds"
    if at is None:
        asked = [[shown for shown in live.truth.shown if shown.listed] for live in watched]
        at, _ = fit(name, [(list(trace), shown) for trace, shown in zip(traces, asked, strict=True)])
        note = "the best one on this very run"
    told = tuple(_baseline_told(name, at, *pair) for pair in zip(watched, traces, strict=True))
    title = {"nearest": "nearest frame", "majority": "majority of frames"}[name]
    return System(title, f"threshold {at:.3g}, {note}", told, calibrated=name == "majority")


def _baseline_told(name: str, at: float, live: Watched, trace: Sequence[Traced]) -> Told:
    def ranked(view: Traced) -> Ranked:
        return view.nearest if name == "nearest" else tuple(looked(view))

    spans = spans_of(trace, LABELS[name](trace, at))
    return Told(live, tuple(spans), tuple(Ranking(view.at, ranked(view)) for view in trace))


def _other(folder: Path, watched: Sequence[Watched]) -> System:
    told = [Told(live, read_events(folder / live.name / EVENTS, live.truth.seconds, Zero())) for live in watched]
    return System(folder.name, f"events in {folder}", tuple(told))


def read_events(path: Path, seconds: Seconds, zero: Zero) -> tuple[Span, ...]:
    try:
        return tuple(read_spans(path.read_text(encoding="utf-8").splitlines(), seconds, zero))
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"events {path}: cannot be read: {error}: one CloudEvent a line is expected") from error
