"""How views add up, fitted to lives: what is told apart by what came before is told apart by the fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.liveshop import fit_presence
from benchmarks.liveshop.evaluate.replay import TRACE
from benchmarks.liveshop.evaluate.trace import Traced, write_trace
from benchmarks.liveshop.fit_presence import START, fit, gathered, loss
from benchmarks.liveshop.live import TRUTH
from benchmarks.liveshop.replay_decide import Watched, read_live
from benchmarks.liveshop.truth import Shown, Truth, write_truth
from engines.base import Box, Match
from engines.presence import read_presence

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

LINE = "..b....aaaaaaaaaaaa....b....b....aaaaaaaa...b.."  # what comes again is there, what flickers is not
VIEWS = [
    Traced(n / 2, {} if x == "." else {x: Match(0.5, 0.5, 0.5, Box(0.4, 0.3, 0.4, 0.6))}) for n, x in enumerate(LINE)
]


def truth() -> Truth:
    spans = ((3.5, 9.0), (16.5, 20.0))
    shown = tuple(Shown("a", "a", listed=True, shown_at=one, hidden_at=two, covered_s=0.0) for one, two in spans)
    return Truth("timeline", 1006, len(LINE) / 2, shown)


@pytest.fixture
def live(tmp_path: Path) -> Path:
    folder = tmp_path / "printed-1006-0"
    folder.mkdir()
    write_trace(VIEWS, folder / TRACE)
    write_truth(truth(), folder / TRUTH)
    return folder


def test_a_product_found_again_and_again_is_likelier_than_one_that_flickers(live: Path) -> None:
    views = gathered([read_live(live)])
    presence = fit(views, hours=0.01)
    assert presence.lately > 0
    assert loss(np.array(presence[:-1]), views) < 0.6 * loss(np.array(START), views)
    assert fit(views, hours=0.01) == presence


def test_families_count_alike_however_long_they_are() -> None:
    lives = [Watched(name, truth(), VIEWS) for name in ("printed-1001-0", "printed-1001-1", "photos-1001-0")]
    worth = gathered(lives).worth
    assert worth.sum() == pytest.approx(1.0)
    assert worth[-len(worth) // 3 :].sum() == pytest.approx(0.5)


def test_the_numbers_are_kept_when_they_are_asked_to_be(
    live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_presence, "files", lambda _: tmp_path)
    assert fit_presence.main([str(live)]) == 0
    assert not (tmp_path / fit_presence.KEPT).exists()
    assert fit_presence.main([str(live), "--write"]) == 0
    kept = read_presence(tmp_path / fit_presence.KEPT)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["lately"] == kept.lately


def test_a_scored_seed_is_not_fitted_to(live: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored = live.rename(live.with_name("printed-7-0"))
    assert fit_presence.main([str(scored)]) == 1
    assert "seed 7 is scored" in capsys.readouterr().err
