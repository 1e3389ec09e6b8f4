"""Deciding again over traces, and the curve of false shows that is fitted to it: timelines, one letter a view."""

from __future__ import annotations

import json
from math import exp, log
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop import fit_false_shows, replay_decide
from benchmarks.liveshop.evaluate.replay import TRACE
from benchmarks.liveshop.evaluate.trace import Traced, write_trace
from benchmarks.liveshop.fit_false_shows import fit
from benchmarks.liveshop.live import TRUTH
from benchmarks.liveshop.replay_decide import STEPS, Watched, account, decide_again, false_shows
from benchmarks.liveshop.truth import Shown, Truth, write_truth
from engines.base import Match
from engines.shows import read_false_shows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

ODDS = {"A": 4.0, "B": 4.0, "b": 0.5}
LINE = "....AAAAAAAA....BBBBBB....bbbbbbbbbb...."


def traced(line: str) -> list[Traced]:
    return [Traced(i / 2, looks(letter), encode_s=0.1, search_s=0.05) for i, letter in enumerate(line)]


def looks(letter: str) -> dict[str, Match]:
    return {} if letter == "." else {letter.upper(): Match(ODDS[letter], 0.5, 0.5)}


def truth() -> Truth:
    shown = (
        Shown("A", "A", listed=True, shown_at=2.0, hidden_at=5.5, covered_s=0.0),
        Shown("U", "U", listed=False, shown_at=8.0, hidden_at=10.5, covered_s=0.0),
    )
    return Truth("timeline", 1006, len(LINE) / 2, shown)


@pytest.fixture
def live(tmp_path: Path) -> Path:
    folder = tmp_path / "printed-1006-0"
    folder.mkdir()
    write_trace(traced(LINE), folder / TRACE)
    write_truth(truth(), folder / TRUTH)
    return folder


def test_the_recogniser_decides_again_what_it_was_told_then() -> None:
    spans = decide_again(traced(LINE), 0.95).spans
    assert [(s.product_id, s.shown_at, s.hidden_at) for s in spans[:2]] == [("A", 1.75, 5.75), ("B", 7.75, 10.75)]
    assert spans[0].told_after_s == pytest.approx(0.75 + 0.15)


def test_what_nobody_introduced_is_a_false_show_and_a_higher_threshold_has_fewer() -> None:
    told = [len(decide_again(traced(LINE), show_at).spans) for show_at in (0.7, 0.999)]
    assert told == [3, 2]
    assert false_shows([account(Watched("timeline", truth(), traced(LINE)), decide_again(traced(LINE), 0.7))]) == 2


def test_rows_name_every_introduction_and_every_stray_span(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay_decide.main([str(live), "--rows", "--curve", "--single", "--show-at", "0.999"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines[:3]] == ["ok  ", "unl.", "TOLD"]
    assert len(lines) == 3 + len(STEPS) + 1
    assert json.loads(lines[-1])["recall"] == 1.0
    assert json.loads(lines[-1])["ece"] > 0


def test_a_folder_without_a_trace_is_told_and_nothing_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay_decide.main([str(tmp_path / "nothing")]) == 1
    assert "nothing" in capsys.readouterr().err


def test_without_any_false_show_theory_and_one_that_nobody_saw_remain() -> None:
    curve = fit([0] * len(STEPS), hours=2.0)
    assert curve.fall == 1.0
    assert curve.log_odds(0.1) == pytest.approx(STEPS[0] + log(0.5 / 0.1), abs=0.05)


def test_a_steep_fall_is_found_again() -> None:
    found = [round(4000 * exp(-2.0 * (odds - STEPS[0]))) for odds in STEPS]
    curve = fit(found, hours=10.0)
    assert curve.fall == pytest.approx(2.0, rel=0.1)
    assert curve.at_even == pytest.approx(400 * exp(2.0 * STEPS[0]), rel=0.1)


def test_what_no_threshold_keeps_away_is_counted_apart() -> None:
    found = [round(40 * exp(-1.0 * (odds - STEPS[0]))) for odds in STEPS]
    with_stubborn = fit([count + 3 for count in found], hours=2.0)
    assert with_stubborn == fit(found, hours=2.0)._replace(left=1.5)


def test_the_curve_is_kept_when_it_is_asked_to_be(
    live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_false_shows, "files", lambda _: tmp_path)
    assert fit_false_shows.main([str(live)]) == 0
    assert not (tmp_path / fit_false_shows.KEPT).exists()
    assert fit_false_shows.main([str(live), "--write"]) == 0
    kept = read_false_shows(tmp_path / fit_false_shows.KEPT)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["fall"] == kept.fall


def test_a_scored_seed_is_not_fitted_to(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored = live.rename(live.with_name("printed-7-0"))
    assert fit_false_shows.main([str(scored)]) == 1
    assert "seed 7 is scored" in capsys.readouterr().err
