"""Who told what: the recogniser, the baselines and other programs, of the same watched lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.evaluate import systems, thresholds
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.galleries import FEED
from benchmarks.liveshop.evaluate.replay import EVENTS, TRACE, Effort
from benchmarks.liveshop.evaluate.run import Watched
from benchmarks.liveshop.evaluate.systems import systems_of
from benchmarks.liveshop.evaluate.trace import Traced, write_trace
from benchmarks.liveshop.truth import Shown, Truth
from engines.base import Match

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

SHOWN = Shown("P", "PQ", listed=True, shown_at=2.0, hidden_at=4.0, covered_s=0.0)
EVENT = (
    '{{"type": "nowshowing.product.{0}.v1", "time": "2026-01-01T00:00:{1:06.3f}Z", "data": {{"product_id": "P", '
    '"state": "{0}", "shown_at": {{"pts": 2.0, "wall": "2026-01-01T00:00:02Z"}}, '
    '"hidden_at": {{"pts": 4.0, "wall": "2026-01-01T00:00:04Z"}}}}}}\n'
)


def traced(at: float) -> Traced:
    shown = 2.0 <= at <= 4.0
    looks = {"P": Match(3.0 if shown else -3.0, 0.5, 0.5)}
    main = (("Q", 0.6), ("P", 0.4)) if shown else None
    return Traced(at, looks, (("P", 0.9 if shown else 0.1),), (("P", 0.8 if shown else 0.2),), main)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    live = tmp_path / "printed-7-0"
    live.mkdir()
    (live / FEED).write_text("id,item_group_id\nP,PQ\nQ,PQ\nR,\n")
    (live / EVENTS).write_text(EVENT.format("shown", 3.0) + EVENT.format("hidden", 6.0))
    write_trace([traced(i / 2) for i in range(20)], live / TRACE)
    effort = Effort("key", "classic", 20, 10.0, 1.0, 1.0)
    return Watched(live.name, live, Truth("live", 7, 10.0, (SHOWN,)), effort)


@pytest.fixture(autouse=True)
def _nothing_fitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(thresholds, "KEPT", tmp_path / "kept.json")


def test_ours_comes_first_with_its_events_and_windows(watched: Watched) -> None:
    ours = systems_of([watched], "printed", [])[0]
    (judged,) = ours.lives
    assert (ours.name, ours.calibrated, judged.name) == ("nowshowing (classic)", True, "printed-7-0")
    assert [(span.shown_at, span.hidden_at, span.told_at) for span in judged.spans] == [(2.0, 4.0, 3.0)]
    assert judged.windows[4].ranked == (("P", 0.9),)
    assert judged.windows[4].main == (("Q", 0.6), ("P", 0.4))
    assert judged.groups == {"P": "PQ", "Q": "PQ"}


def test_baselines_say_where_their_threshold_is_from(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    _, nearest, majority = systems_of([watched], "printed", [])
    assert (nearest.calibrated, majority.calibrated) == (False, True)
    assert nearest.note == "threshold 0.8, the best one on this very run"
    assert [(span.shown_at, span.hidden_at) for span in nearest.lives[0].spans] == [(2.0, 4.0)]
    monkeypatch.setattr(systems, "fitted", lambda *_: 0.9)
    _, nearest, _ = systems_of([watched], "printed", [])
    assert nearest.note == "threshold 0.9, fitted on tuning seeds"
    assert nearest.lives[0].spans == ()


def test_another_programs_events_stand_beside(watched: Watched, tmp_path: Path) -> None:
    other = tmp_path / "spine"
    (other / watched.name).mkdir(parents=True)
    with pytest.raises(EvaluationError, match="cannot be read"):
        systems_of([watched], "printed", [other])
    (other / watched.name / EVENTS).write_bytes(b"\xff\xfe")
    with pytest.raises(EvaluationError, match="cannot be read"):
        systems_of([watched], "printed", [other])
    (other / watched.name / EVENTS).write_bytes((watched.folder / EVENTS).read_bytes())
    last = systems_of([watched], "printed", [other])[-1]
    assert last.name == "spine"
    assert len(last.lives[0].spans) == 1
    assert last.lives[0].windows == ()
