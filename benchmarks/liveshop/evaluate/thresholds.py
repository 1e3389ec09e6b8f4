"""The baselines' thresholds: fitted on runs that are not scored, kept beside the code. Knows no recogniser.

    python -m benchmarks.liveshop.evaluate.thresholds RUN... [--write]

RUN: folders of `nowshowing eval liveshop` with seeds 1000 to 1999. For each bundle and family it finds the threshold
that gives each baseline its best F1 at 1 s over those lives, and with --write keeps it for the runs to come.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.evaluate.baselines import LABELS, LAGS, looked, spans_of
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.replay import TRACE, read_effort
from benchmarks.liveshop.evaluate.run import read_run
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.score import TOLERANCE_S, match
from benchmarks.liveshop.truth import read_truth
from stream.errors import KNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.liveshop.evaluate.trace import Traced
    from benchmarks.liveshop.truth import Shown

    Seen = tuple[list[Traced], list[Shown]]  # of one live

KEPT = Path(__file__).with_name("thresholds.json")
TUNING = range(1000, 2000)
STEPS = 101


@dataclass(frozen=True, slots=True)
class Threshold:
    at: float
    f1: float  # on the lives it was fitted to
    lives: int
    seeds: tuple[int, ...]


def fitted(bundle: str, family: str, baseline: str) -> float | None:
    """None where nobody has fitted it yet."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    found = kept.get(bundle, {}).get(family, {}).get(baseline)
    return None if found is None else float(found["at"])


def fit(baseline: str, lives: Sequence[Seen]) -> tuple[float, float]:
    """The threshold with the best F1 over all lives, and that F1; of equal ones the highest."""
    figures = sorted(figure for trace, _ in lives for view in trace for figure in _figures(baseline, view))
    steps = np.unique(np.quantile(figures or [0.0], np.linspace(0, 1, STEPS)).round(4))
    scored = [(f1(baseline, float(at), lives), float(at)) for at in steps]
    best, at = max(scored)
    return at, best


def f1(baseline: str, at: float, lives: Sequence[Seen]) -> float:
    """Pooled over lives, both ends within a second."""
    right = told = asked = 0
    for trace, shown in lives:
        spans = spans_of(trace, LABELS[baseline](trace, at), LAGS[baseline])
        right += len(match(shown, spans, TOLERANCE_S))
        told += len(spans)
        asked += len(shown)
    return 2 * right / max(told + asked, 1)


def _figures(baseline: str, view: Traced) -> list[float]:
    ranked = view.nearest if baseline == "nearest" else looked(view)
    return [figure for _, figure in ranked[:1]]


def fit_runs(runs: Sequence[Path]) -> dict[str, dict[str, dict[str, Threshold]]]:
    """By bundle, family and baseline."""
    found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    seeds: dict[tuple[str, str], set[int]] = defaultdict(set)
    for folder in runs:
        run = read_run(folder)
        if run.seed not in TUNING:
            raise EvaluationError(
                f"run {folder}: seed {run.seed} is for scores: fit on seeds {TUNING.start} to {TUNING.stop - 1}"
            )
        for bundle, seen in _seen(folder):
            found[bundle, run.family].append(seen)
            seeds[bundle, run.family].add(run.seed)
    out: dict[str, dict[str, dict[str, Threshold]]] = defaultdict(dict)
    for (bundle, family), lives in found.items():
        best = {name: fit(name, lives) for name in LABELS}
        used = tuple(sorted(seeds[bundle, family]))
        out[bundle][family] = {name: Threshold(at, round(f, 4), len(lives), used) for name, (at, f) in best.items()}
    return out


def _seen(run: Path) -> list[tuple[str, Seen]]:
    """The lives that were watched to their end, and by which bundle."""
    efforts = {path.parent: read_effort(path.parent) for path in sorted(run.glob(f"*/{TRACE}"))}
    seen = [
        (effort.bundle, (read_trace(live / TRACE), [s for s in read_truth(live / TRUTH).shown if s.listed]))
        for live, effort in efforts.items()
        if effort is not None
    ]
    if not seen:
        raise EvaluationError(f"run {run}: no live in it was watched: `nowshowing eval liveshop --out {run}` first")
    return seen


def keep(found: Mapping[str, Mapping[str, Mapping[str, Threshold]]]) -> None:
    """Beside what is kept of other bundles and families."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    for bundle, families in found.items():
        for family, best in families.items():
            kept.setdefault(bundle, {})[family] = {name: asdict(threshold) for name, threshold in best.items()}
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.liveshop.evaluate.thresholds", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of `nowshowing eval liveshop`")
    parser.add_argument("--write", action="store_true", help="keep them for the runs to come")
    chosen = parser.parse_args(arguments)
    try:
        found = fit_runs(chosen.runs)
    except KNOWN as error:
        print(error, file=sys.stderr)
        return 1
    for bundle, families in found.items():
        for family, best in families.items():
            for name, threshold in best.items():
                print(json.dumps({"bundle": bundle, "family": family, "baseline": name, **asdict(threshold)}))
    if chosen.write:
        keep(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
