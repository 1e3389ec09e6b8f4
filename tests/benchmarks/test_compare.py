"""Two runs beside each other: what is called worse, what is missing, and when nobody may judge."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.compare import Pair, direction, main
from benchmarks.results import Json, ResultsError, read_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

HERE: dict[str, Json] = {"cpu": "Toy 1", "cores": 2, "python": "3.11", "commit": "abc"}


def lines(path: Path, *rows: dict[str, Json]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(index: str = "ours", **figures: Json) -> dict[str, Json]:
    return {"index": index, "pictures": 1000, **HERE, **figures}


def test_a_row_is_named_by_what_is_not_measured(tmp_path: Path) -> None:
    run = read_run(lines(tmp_path / "a", row(p99_ms=3.0, recall=0.98)))
    assert run.rows == {"ours pictures=1000": {"p99_ms": 3.0, "recall": 0.98}}
    assert run.machine["commit"] == "abc"


def test_results_in_one_indented_object_and_rows_by_name_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "streams").write_text(
        json.dumps({"machine": HERE, "results": [{"streams": 4, "bundle": "classic", "age_s": 0.2}]}, indent=1)
    )
    assert read_run(tmp_path / "streams").rows == {"streams=4 classic": {"age_s": 0.2}}
    run = read_run(lines(tmp_path / "decode", {"seconds": 30, "ffmpeg": {"cpu_s": 1.5, "streams": 20.1}}))
    assert run.rows == {"seconds=30 ffmpeg": {"cpu_s": 1.5, "streams": 20.1}}


def test_short_lists_are_figures_and_courses_over_time_are_not(tmp_path: Path) -> None:
    run = read_run(lines(tmp_path / "a", row(whole_ms=[1.0, 2.0], rss_mb=[1, 2, 3, 4])))
    assert run.rows["ours pictures=1000"] == {"whole_ms[0]": 1.0, "whole_ms[1]": 2.0}


def test_rows_of_the_same_name_are_kept_apart(tmp_path: Path) -> None:
    run = read_run(lines(tmp_path / "a", row(p99_ms=1.0), row(p99_ms=2.0)))
    assert list(run.rows) == ["ours pictures=1000", "ours pictures=1000 (2)"]


def test_words_for_people_between_the_lines_do_no_harm(tmp_path: Path) -> None:
    path = lines(tmp_path / "a", row(p99_ms=1.0))
    path.write_text("usearch: left out: not installed\n" + path.read_text() + "[1]\n")
    assert list(read_run(path).rows) == ["ours pictures=1000"]


@pytest.mark.parametrize("text", ["", "no figures here\n", "[]", '{"cpu": "Toy 1"}'])
def test_a_file_without_figures_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    with pytest.raises(ResultsError, match="holds no figures"):
        read_run(tmp_path / "a")
    assert main([str(tmp_path / "a"), str(tmp_path / "a")]) == 2
    assert main([str(tmp_path / "none"), str(tmp_path / "a")]) == 2


def test_what_got_worse_is_named_and_is_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = lines(tmp_path / "a", row(p99_ms=3.0, views_per_s=10.0))
    slower = lines(tmp_path / "b", row(p99_ms=4.0, views_per_s=10.0))
    fewer = lines(tmp_path / "c", row(p99_ms=3.0, views_per_s=5.0))
    assert main([str(before), str(slower)]) == 1
    assert "worse: ours pictures=1000: p99_ms 3 -> 4" in capsys.readouterr().out
    assert main([str(before), str(slower), "--limit", "1.5"]) == 0
    assert main([str(slower), str(before)]) == 0
    assert main([str(before), str(fewer)]) == 1
    assert "views_per_s 10 -> 5" in capsys.readouterr().out
    assert main([str(fewer), str(before)]) == 0


def test_what_is_in_one_run_only_is_said_and_missing_rows_are_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = lines(tmp_path / "a", row(p99_ms=3.0, recall=0.9))
    more = lines(tmp_path / "b", row(p99_ms=3.0, recall=0.9, p50_ms=1.0), row("hnswlib", p99_ms=1.0))
    assert main([str(one), str(more)]) == 0
    assert "only in the second: hnswlib pictures=1000" in capsys.readouterr().out
    assert main([str(more), str(one)]) == 1
    said = capsys.readouterr().out
    assert "only in the first: hnswlib pictures=1000" in said
    assert "only in the first: ours pictures=1000: p50_ms" in said


def test_other_machines_are_shown_and_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = lines(tmp_path / "a", row(p99_ms=3.0))
    other = lines(tmp_path / "b", row(p99_ms=30.0) | {"cpu": "Toy 2"})
    assert main([str(one), str(other)]) == 0
    assert "different machines" in capsys.readouterr().out


def test_nothing_in_common_is_no_comparison(tmp_path: Path) -> None:
    one, other = lines(tmp_path / "a", row(p99_ms=3.0)), lines(tmp_path / "b", row("x", p99_ms=3.0))
    assert main([str(one), str(other)]) == 2


@pytest.mark.parametrize(
    ("figure", "way"),
    [("views_per_s", 1), ("p99_ms", -1), ("build_s", -1), ("recall", 1), ("whole_ms[1]", -1), ("frames", 0)],
)
def test_which_way_is_better(figure: str, way: int) -> None:
    assert direction(figure) == way


@given(st.floats(0.001, 1e6), st.floats(0.001, 1e6))
def test_there_and_back_is_as_much_better_as_it_was_worse(one: float, other: float) -> None:
    there, back = Pair("row", "p99_ms", one, other), Pair("row", "p99_ms", other, one)
    assert math.isclose(there.worse * back.worse, 1)


def test_from_nothing_to_something_is_worse_without_end() -> None:
    assert Pair("row", "dropped", 0, 3).worse == math.inf
    assert Pair("row", "dropped", 3, 0).worse == 0
    assert Pair("row", "recall", 0.9, 0).worse == math.inf
    assert Pair("row", "dropped", 0, 0).worse == 1
