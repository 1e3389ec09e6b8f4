"""What simpler recognisers tell, by timelines drawn by hand: one letter a view, half a second apart."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.evaluate import thresholds
from benchmarks.liveshop.evaluate.baselines import LABELS, LAGS, spans_of
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.lives import Run
from benchmarks.liveshop.evaluate.replay import MADE_BY, TRACE
from benchmarks.liveshop.evaluate.thresholds import Threshold, fit, fitted, keep
from benchmarks.liveshop.evaluate.trace import Traced, write_trace
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.truth import Shown, Truth, write_truth
from engines.base import Match

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def traced(line: str) -> list[Traced]:
    """A capital is a sure look and a near picture, a small letter an unsure look and a far one, a dot is nothing."""
    return [view(i / 2, letter) for i, letter in enumerate(line)]


def view(at: float, letter: str) -> Traced:
    if letter == ".":
        return Traced(at, {}, encode_s=0.1, search_s=0.05)
    product, sure = letter.upper(), letter.isupper()
    looks = {product: Match(2.0 if sure else -2.0, 0.5, 0.5), "Z": Match(-5.0, 0.1, 0.1)}
    return Traced(at, looks, nearest=((product, 0.9 if sure else 0.4), ("Z", 0.1)), encode_s=0.1, search_s=0.05)


def told(baseline: str, line: str) -> str:
    return "".join(label or "." for label in LABELS[baseline](traced(line), 0.5))


def test_nearest_labels_every_frame_by_itself() -> None:
    assert told("nearest", "..AAbAA.B") == "..AA.AA.B"


def test_majority_rides_over_a_frame_and_lags_behind_a_change() -> None:
    line = "....AAaAAAA....."
    assert told("majority", line) == ".......AAAAAA..."
    assert told("majority", "AAAABA") == "AAAAAA"
    assert told("majority", "") == ""


def test_a_run_of_one_label_is_one_span_told_with_its_first_frame() -> None:
    trace = traced("..AAA.B")
    spans = spans_of(trace, LABELS["nearest"](trace, 0.5))
    assert [(s.product_id, s.shown_at, s.hidden_at) for s in spans] == [("A", 1.0, 2.0), ("B", 3.0, 3.0)]
    assert spans[0].told_after_s == pytest.approx(0.15)
    assert spans[0].hidden_after_s == pytest.approx(0.65)
    assert spans[1].hidden_after_s is None


def test_a_majority_speaks_of_the_frame_in_the_middle_of_those_that_voted() -> None:
    trace = traced("....AAAAA.....")
    spans = spans_of(trace, LABELS["majority"](trace, 0.5), LAGS["majority"])
    assert [(s.product_id, s.shown_at, s.hidden_at) for s in spans] == [("A", 2.0, 4.0)]
    assert spans[0].told_after_s == pytest.approx(1.15)
    assert spans[0].hidden_after_s == pytest.approx(1.65)


def shown(product: str, start: float, stop: float) -> Shown:
    return Shown(product, product, listed=True, shown_at=start, hidden_at=stop, covered_s=0.0)


def test_the_best_threshold_of_those_that_do_as_well_is_the_highest() -> None:
    at, f1 = fit("nearest", [(traced("aaaa....BBBB....AAAA"), [shown("B", 4, 5.5), shown("A", 8, 9.5)])])
    assert (at, f1) == (0.9, 1.0)
    assert fit("nearest", [([], [])]) == (0.0, 0.0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with one live that was watched."""
    out = tmp_path / "run"
    live = out / "printed-1003-0"
    live.mkdir(parents=True)
    about = {key: value for key, value in asdict(Run("printed", 1003, 1, 10.0)).items() if key != "lives"}
    (out / "run.json").write_text(json.dumps(about))
    write_trace(traced("....BBBB...."), live / TRACE)
    write_truth(Truth("live", 1003, 6.0, (shown("B", 2.0, 3.5),)), live / TRUTH)
    effort = {"key": "k", "bundle": "classic", "views": 12, "live_s": 6.0, "wall_s": 1.0, "cpu_s": 1.0}
    (live / MADE_BY).write_text(json.dumps(effort))
    return out


def test_thresholds_are_fitted_on_tuning_runs_and_kept(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(thresholds, "KEPT", tmp_path / "kept.json")
    assert fitted("classic", "printed", "nearest") is None
    keep({"other": {"printed": {"nearest": Threshold(0.3, 0.5, 1, (1001,))}}})
    assert thresholds.main([str(run), "--write"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["baseline"]: line["at"] for line in lines} == {"nearest": 0.9, "majority": pytest.approx(0.8808)}
    assert (fitted("classic", "printed", "nearest"), fitted("other", "printed", "nearest")) == (0.9, 0.3)


def test_a_scored_seed_is_not_fitted_on(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "run.json").write_text((run / "run.json").read_text().replace("1003", "7"))
    assert thresholds.main([str(run)]) == 1
    assert "seed 7 is for scores" in capsys.readouterr().err


def test_what_was_not_watched_cannot_be_fitted_on(run: Path, tmp_path: Path) -> None:
    (run / "printed-1003-0" / MADE_BY).unlink()
    with pytest.raises(EvaluationError, match="no live in it was watched"):
        thresholds.fit_runs([run])
    with pytest.raises(EvaluationError, match="not a folder of"):
        thresholds.fit_runs([tmp_path])
