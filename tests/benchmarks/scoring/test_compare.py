"""score.json, and two of them compared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.scoring.compare import compare
from benchmarks.liveshop.scoring.judged import Contender, Ranking
from benchmarks.liveshop.scoring.record import SCHEMA, read_result, result_of, write_result
from benchmarks.liveshop.scoring.sample import STATISTICS, Sampled, cells_of
from benchmarks.liveshop.scoring.summary import FIGURES
from benchmarks.liveshop.scoring.tables import comparison_table, json_lines, tables

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.scoring.compare import Difference
    from benchmarks.liveshop.scoring.record import Result
    from tests.drawn import Draw

pytestmark = pytest.mark.unit

TRUTH = "....AAAAAAAA......BBBBBBBB....XXXXXXXX......CCCCCC...."
WORSE = "....AAAAAAAA..DD....................DDDD...CCCCCC....."
ABOUT: dict[str, str | int | float | None] = {"family": "printed", "seed": 7, "minutes": 0.45}


@pytest.fixture
def right(draw: Draw) -> Result:
    return run(draw, TRUTH.replace("X", "."))


@pytest.fixture
def worse(draw: Draw) -> Result:
    return run(draw, WORSE)


def run(draw: Draw, told: str, lives: int = 4, name: str = "ours") -> Result:
    windows = (Ranking(4.0, (("A", 0.9), ("B", 0.1)), (("A", 0.8),)), Ranking(10.0, (("A", 0.6), ("B", 0.3))))
    judged = tuple(draw.live(TRUTH, told, *windows, name=f"printed-7-{i}") for i in range(lives))
    return result_of(
        ABOUT, [Contender(name, judged, "as it is"), Contender("silent", tuple(replace(j, spans=()) for j in judged))]
    )


def by_key(differences: tuple[Difference, ...]) -> dict[str, Difference]:
    return {one.key: one for one in differences}


def test_a_score_is_read_as_it_was_written(right: Result, tmp_path: Path) -> None:
    path = write_result(right, tmp_path / "score.json")
    back = read_result(path)
    assert json.loads(path.read_text())["schema"] == SCHEMA
    assert back.systems[0].pooled.events.at_1s == right.systems[0].pooled.events.at_1s
    assert back.systems[0].lives.keys() == right.systems[0].lives.keys()
    assert write_result(back, tmp_path / "again.json").read_text() == path.read_text()
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[]", "its schema is None"),
        ('{"schema": "nowshowing.liveshop.score/0"}', "score/0"),
        ('{"schema": "nowshowing.liveshop.score/1", "about": {}}', "damaged at systems"),
    ],
)
def test_what_is_no_score_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "score.json"
    path.write_text(text)
    with pytest.raises(WorldError, match=says) as refused:
        read_result(path)
    assert str(path) in str(refused.value)


def test_a_score_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read"):
        read_result(tmp_path / "score.json")


def test_a_run_against_itself_differs_in_nothing(right: Result, tmp_path: Path) -> None:
    kept = read_result(write_result(right, tmp_path / "score.json"))
    for one in compare(right, kept, draws=50).differences:
        assert one.verdict in {"same", "unknown"}
        assert one.difference in {0.0, None}


def test_a_better_run_is_said_to_be_better_with_an_interval_about_the_difference(
    right: Result, worse: Result
) -> None:
    found = by_key(compare(right, worse, draws=400).differences)
    f1 = found["f1_1s"]
    assert (f1.verdict, f1.mine) == ("better", 1.0)
    assert f1.difference is not None
    assert f1.low is not None
    assert f1.high is not None
    assert 0 < f1.low <= f1.difference <= f1.high
    assert found["wrong_s_per_hour"].verdict == "better"
    assert by_key(compare(worse, right, draws=400).differences)["f1_1s"].verdict == "worse"


def test_the_same_dice_give_the_same_intervals(right: Result, worse: Result) -> None:
    assert compare(right, worse, draws=100) == compare(right, worse, draws=100)
    assert compare(right, worse, draws=100, seed=1) != compare(right, worse, draws=100)


def test_runs_over_other_lives_are_not_compared(draw: Draw, right: Result) -> None:
    with pytest.raises(WorldError, match="seed 7 against 8"):
        compare(right, replace(right, about={**ABOUT, "seed": 8}))
    with pytest.raises(WorldError, match="printed-7-3 is in one run only"):
        compare(right, run(draw, TRUTH, lives=3))
    moved = draw.live("A" + TRUTH, TRUTH, name="printed-7-0")
    other = result_of(
        ABOUT, [Contender("ours", (moved, *[draw.live(TRUTH, TRUTH, name=f"printed-7-{i}") for i in (1, 2, 3)]))]
    )
    with pytest.raises(WorldError, match="printed-7-0 has other introductions"):
        compare(right, other)


def test_all_cells_drawn_once_give_the_score_itself(worse: Result) -> None:
    """What is drawn from is the whole of what was scored."""
    scored = worse.systems[0]
    lives = [scored.lives[name] for name in sorted(scored.lives)]
    whole = [(i, range(len(cells_of(scores)))) for i, scores in enumerate(lives)]
    found = Sampled(lives).figures([(i, list(cells)) for i, cells in whole])  # type: ignore[misc]
    known = {figure.key: figure.value(scored.pooled) for figure in FIGURES if figure.key in STATISTICS}
    assert found == {key: None if value is None else pytest.approx(value) for key, value in known.items()}


def test_a_live_without_introductions_can_be_drawn(draw: Draw) -> None:
    empty = result_of(ABOUT, [Contender("ours", (draw.live("........", "..AA...."),))])
    assert by_key(compare(empty, empty, draws=20).differences)["false_shows"].verdict == "same"


def test_tables_have_every_figure_of_every_system(right: Result, worse: Result) -> None:
    summary, groups = tables(right)
    assert summary.row_count == len(FIGURES)
    assert [str(column.header) for column in summary.columns] == ["", "ours", "silent"]
    assert groups.row_count == 3
    assert comparison_table(compare(right, worse, draws=20)).row_count == len(STATISTICS)


def test_json_lines_are_one_a_live_then_one_a_system_then_one_a_difference(right: Result, worse: Result) -> None:
    lines = list(json_lines(right, compare(right, worse, draws=20)))
    kinds = [line["type"] for line in lines]
    wanted = {"live": 8, "score": 2, "difference": len(STATISTICS)}
    assert kinds == [f"nowshowing.eval.{kind}" for kind, times in wanted.items() for _ in range(times)]
    assert json.loads(json.dumps(lines[8]))["f1_1s"] == 1.0
