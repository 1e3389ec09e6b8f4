"""From watched lives to what is said of them: score.json, report.html, a comparison. Watches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.systems import systems_of
from benchmarks.liveshop.scoring.compare import compare
from benchmarks.liveshop.scoring.record import read_result, result_of, write_result
from benchmarks.liveshop.scoring.report import write_report
from benchmarks.machine import facts
from stream import __version__
from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.liveshop.evaluate.lives import Run
    from benchmarks.liveshop.evaluate.run import Watched
    from benchmarks.liveshop.scoring.compare import Comparison
    from benchmarks.liveshop.scoring.record import Result

    About = dict[str, str | int | float | None]

SCORE, REPORT = "score.json", "report.html"


def read_other(path: Path, run: Run) -> Result:
    """The score to compare with, before the lives are made; UsageError where it is of others."""
    other = read_result(path)
    for key, value in about_lives(run).items():
        if other.about.get(key) != value:
            raise UsageError(
                f"eval --against {path}: it is of {key} {other.about.get(key)!r}, this run of {value!r}: "
                "give the score.json of a run over the same lives"
            )
    return other


def judge(
    run: Run, watched: Sequence[Watched], events: Sequence[Path], out: Path, other: Result | None
) -> tuple[Result, Comparison | None]:
    """All systems over all lives: kept in score.json, told in report.html."""
    systems = systems_of(watched, run.family, events)
    result = result_of(about(run, watched), systems)
    comparison = None if other is None else compare(result, other)
    write_result(result, out / SCORE)
    write_report(out / REPORT, result, systems[0], {live.name: live.folder for live in watched}, comparison)
    return result, comparison


def about_lives(run: Run) -> About:
    """What two runs over the same lives have in common."""
    return {
        "family": run.family,
        "products": f"{run.which}, {run.kind}" if run.family == "photos" else None,
        "seed": run.seed,
        "lives": run.lives,
        "minutes": run.seconds / 60,
    }


def about(run: Run, watched: Sequence[Watched]) -> About:
    efforts = [live.effort for live in watched]
    views = sum(effort.views for effort in efforts)
    return {
        **about_lives(run),
        "fed": "replay" if efforts[0].zero_utc is None else "HLS in real time",
        "bundle": efforts[0].bundle,
        "program": __version__,
        "cpu_ms_per_frame": round(1000 * sum(effort.cpu_s for effort in efforts) / max(views, 1), 1),
        **facts(),
    }
