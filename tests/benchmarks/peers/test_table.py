"""Results as one table: who is better, by how much, and why."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.compare import direction
from benchmarks.machine import facts
from benchmarks.peers import encode, gallery, ingest, publish, reasons
from benchmarks.peers.merge import MEASURES
from benchmarks.peers.table import OURS, Floor, Measure, Work, advantage, losses, markdown, rows, table
from benchmarks.peers.turns import Result
from benchmarks.results import read_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

MS, RATE, SIZE = Measure("ms", "ms", -1), Measure("events_per_s", "events/s", 1, 0), Measure("n", "size", 0, 0)


def work(*results: Result) -> Work:
    floor = Floor("copying memory", {"ms": 0.5})
    return Work("lifting", "lifting a stone", (MS, RATE, SIZE), results, floor)


OUR = Result(OURS, {"ms": 2.0, "events_per_s": 100.0, "n": 3.0}, 5)
SLOW = Result("slow", {"ms": 8.0, "events_per_s": 50.0, "n": 4.0}, 5)
QUICK = Result("quick", {"ms": 1.0, "events_per_s": 103.0}, 5)
AWAY = Result("away", absent="not installed: make peers")


def test_more_is_better_of_rates_and_less_of_times() -> None:
    assert advantage(MS, 2.0, 8.0) == 4.0
    assert advantage(RATE, 100.0, 50.0) == 2.0
    assert advantage(SIZE, 3.0, 4.0) is None
    assert advantage(MS, 0.0, 4.0) is None


@given(st.floats(0.001, 1e6), st.floats(0.001, 1e6), st.sampled_from((-1, 1)))
def test_what_we_gain_over_them_they_lose_to_us(ours: float, theirs: float, way: int) -> None:
    measure = Measure("x", "x", way)
    one, other = advantage(measure, ours, theirs), advantage(measure, theirs, ours)
    assert one is not None
    assert other is not None
    assert one * other == pytest.approx(1)


def test_a_loss_is_more_than_noise_and_never_of_ours() -> None:
    ours_too = Result(f"{OURS}, int8", {"ms": 0.1}, 5)
    (loss,) = losses([work(OUR, ours_too, SLOW, QUICK, AWAY)])
    assert (loss.work, loss.who, loss.measure.figure, loss.ours, loss.theirs) == ("lifting", "quick", "ms", 2.0, 1.0)


def test_without_ours_there_is_nothing_to_lose() -> None:
    assert losses([work(Result(OURS, absent="no torch"), QUICK)]) == []


def test_the_table_shows_ratios_absences_and_what_the_machine_could_do() -> None:
    console = Console(width=150, file=StringIO())
    console.print(table([work(OUR, SLOW, QUICK, AWAY)], "machine"))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    for words in ("8.00 (4.00x)", "50 (2.00x)", "1.00 (0.50x)", "not installed: make peers", "copying memory"):
        assert words in text


def test_markdown_has_as_many_cells_in_each_line() -> None:
    text = markdown([work(OUR, SLOW, AWAY), Work("short", "short", (MS,), [OUR])])
    assert {line.count("|") for line in text.splitlines()} == {5}
    assert "**lifting a stone**" in text


def test_rows_are_what_results_read(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text("\n".join(json.dumps(row) for row in rows(work(OUR, SLOW, AWAY))))
    run = read_run(path)
    assert run.rows[f"lifting lifting a stone {OURS} rounds=5"] == {"ms": 2.0, "events_per_s": 100.0, "n": 3.0}
    assert run.rows["lifting lifting a stone slow rounds=5"]["ours_ms_ratio"] == 4.0
    assert "lifting lifting a stone the machine copying memory" in run.rows


@pytest.mark.parametrize("measure", [*encode.MEASURES, *gallery.MEASURES, *publish.SUSTAINED, *publish.PACED])
def test_compare_judges_figures_the_same_way(measure: Measure) -> None:
    assert measure.way in (0, direction(measure.figure))


def test_each_reason_gets_a_line_with_all_whom_it_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons, "REASONS", (("lifting", "quick", "It has a crane."),))
    fast = Result("fast", {"ms": 1.0, "events_per_s": 200.0}, 5)
    quicker = Result("quicker", {"ms": 0.5}, 5)
    assert list(reasons.explained(losses([work(OUR, QUICK, fast, quicker)]))) == [
        "- lifting: better are quick (ms 1.00 to our 2.00); quicker (ms 0.50 to our 2.00). It has a crane.",
        f"- lifting: better are fast (ms 1.00 to our 2.00, events/s 200 to our 100). {reasons.UNKNOWN}",
    ]


def test_every_work_has_a_reason_at_hand() -> None:
    for name in MEASURES:
        assert reasons.reason(name, "somebody") != reasons.UNKNOWN or name.startswith("encode")


def test_no_figure_is_named_as_a_fact_of_the_machine() -> None:
    measures = (*ingest.FILE, *ingest.LIVE, *encode.MEASURES, *gallery.MEASURES, *publish.SUSTAINED, *publish.PACED)
    assert not {measure.figure for measure in measures} & set(facts())
