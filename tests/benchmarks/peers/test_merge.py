"""Runs of one work at a time become one table again; roofs are sums that one can check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.peers.__main__ import main
from benchmarks.peers.gallery import MEASURES
from benchmarks.peers.merge import read
from benchmarks.peers.roofline import best_s, scan_ms, vit_gflop
from benchmarks.peers.table import OURS, Floor, Work, rows
from benchmarks.peers.turns import Result
from benchmarks.results import ResultsError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

FIGURES = {"recall": 1.0, "p50_ms": 2.0, "p99_ms": 3.0, "cpu_ms": 2.0, "build_s": 9.0, "memory_mb": 80.0}


def saved(path: Path, p50_ms: float, absent: str = "") -> Path:
    results = [Result(OURS, FIGURES | {"p50_ms": p50_ms}, 5), Result("hnswlib", {}, absent=absent or "away")]
    work = Work("gallery", "search", MEASURES, results, Floor("reading", {"p50_ms": 1.0}))
    path.write_text("\n".join(json.dumps(row | {"cpu": "x"}) for row in rows(work)))
    return path


def test_what_was_printed_is_read_back(tmp_path: Path) -> None:
    (work,) = read([saved(tmp_path / "one", 2.0)])
    assert (work.name, work.title) == ("gallery", "search")
    assert work.results[0] == Result(OURS, FIGURES)
    assert work.results[1].absent == "away"
    assert work.floor == Floor("reading", {"p50_ms": 1.0})


def test_of_two_runs_of_a_work_the_later_counts(tmp_path: Path) -> None:
    (work,) = read([saved(tmp_path / "one", 2.0), saved(tmp_path / "two", 7.0)])
    assert work.results[0].figures["p50_ms"] == 7.0


def test_works_of_several_files_make_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    other.write_text(json.dumps({"work": "publish-paced", "title": "publish", "who": OURS, "p50_ms": 0.4}))
    assert main(["--read", str(other), str(saved(tmp_path / "one", 2.0)), "--markdown"]) == 0
    text = capsys.readouterr().out
    assert text.index("**search**") < text.index("**publish**")
    assert "away" in text


def test_a_file_without_rows_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none").write_text("nothing")
    assert main(["--read", str(tmp_path / "none")]) == 2
    assert "--json" in capsys.readouterr().err
    with pytest.raises(ResultsError, match="cannot be read"):
        read([tmp_path / "missing"])


def test_a_work_that_does_not_exist_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "ingest,cooking"])
    assert "cooking" in capsys.readouterr().err


def test_a_vision_transformer_is_as_large_as_its_makers_say() -> None:
    """ViT-B/32 and ViT-B/16: 4.4 and 17.6 billion multiply-adds."""
    assert vit_gflop(width=768, depth=12, tokens=50, patch=32, dim=512) == pytest.approx(2 * 4.4, rel=0.01)
    assert vit_gflop(width=768, depth=12, tokens=197, patch=16, dim=512) == pytest.approx(2 * 17.6, rel=0.01)


def test_reading_a_gigabyte_at_a_gigabyte_a_second_takes_a_second() -> None:
    assert scan_ms(250_000, 1000, 1.0) == pytest.approx(1000)


def test_a_roof_is_measured_after_a_first_go() -> None:
    goes: list[int] = []
    assert best_s(lambda: goes.append(1), goes=4) >= 0
    assert len(goes) == 5
