"""How the demo speaks: to people line by line, to programs as JSON, and at its end."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from benchmarks.liveshop.score import Span, score
from benchmarks.liveshop.truth import Shown, Truth
from stream.clock import ManualClock
from stream.demo.printing import Printer
from stream.demo.scoreboard import score_line, scoreboard
from stream.events import Versions
from stream.scribe import ProductFacts, Scribe
from stream.types import Candidate, Change, Decision, Moment, Reason, State, Status

if TYPE_CHECKING:
    from stream.events import Event

pytestmark = pytest.mark.unit


@pytest.fixture
def events() -> list[Event]:
    def lookup(_: str) -> ProductFacts:
        return ProductFacts(title="Oat [Crunch]", price="3.49 EUR")

    scribe = Scribe("demo", None, 1, Versions(bundle="b", gallery="g", program="p"), lookup, ManualClock(1000.0))
    seen = Candidate("A", 0.987)
    start, stop = Moment(4.0, 1004.0, 2004.0), Moment(9.5, 1009.5, 2009.5)
    return [
        scribe.status(Status(State.LIVE, Reason.CONNECTED)),
        scribe.decision(Decision(Change.SHOWN, seen, (), start, 3)),
        scribe.decision(Decision(Change.UPDATED, seen, (), start, 5)),
        scribe.decision(Decision(Change.HIDDEN, seen, (), start, 9, hidden_at=stop, why=Reason.NOT_SEEN)),
    ]


async def test_people_read_titles_and_durations(events: list[Event]) -> None:
    out = io.StringIO()
    printer = Printer(Console(file=out, width=120))
    await printer.start()
    for event in events:
        await printer.send(event)
    await printer.stop()
    lines = out.getvalue().splitlines()
    assert "stream live (connected)" in lines[0]
    assert "now showing  Oat [Crunch]  3.49 EUR  99% sure" in lines[1]
    assert "still showing" in lines[2]
    assert lines[3].endswith("Oat [Crunch]  after 5.5 s")


async def test_programs_read_one_cloudevent_a_line(events: list[Event], capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer(None)
    for event in events:
        await printer.send(event)
    lines = capsys.readouterr().out.splitlines()
    assert lines == printer.lines
    assert [json.loads(line)["data"]["state"] for line in lines] == ["live", "shown", "updated", "hidden"]


SHOWN = (
    Shown("A", "A", True, 4.0, 9.0, 0.0),  # noqa: FBT003
    Shown("B", "B", True, 12.0, 16.0, 0.0),  # noqa: FBT003
    Shown("X", "X", False, 20.0, 24.0, 0.0),  # noqa: FBT003
)
TRUTH = Truth("drawn", 0, 30.0, SHOWN)
SPANS = [Span("A", 4.5, 9.0, 1.0), Span("C", 20.0, 24.0, 1.0)]


def test_the_score_line_has_what_the_contract_names() -> None:
    line = json.loads(score_line(score(TRUTH, SPANS)))
    assert line["type"] == "nowshowing.demo.score"
    assert (line["f1"], line["precision"], line["recall"]) == (0.5, 0.5, 0.5)
    assert (line["onset_delay_s"], line["wrong_product_s"], line["products"]) == (1.5, 4.0, 2)


def test_the_scoreboard_names_what_was_right_missed_wrong_and_left_alone() -> None:
    out = io.StringIO()
    Console(file=out, width=140).print(scoreboard(score(TRUTH, SPANS), {"A": "Oat Crunch", "X": "Stranger"}))
    text = out.getvalue()
    for expected in (
        "Oat Crunch",
        "✓",
        "missed",
        "wrong",
        "Stranger (in no catalogue)",
        "F1 0.500",
        "1 of 2 products",
    ):
        assert expected in text
