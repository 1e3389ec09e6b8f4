"""What looks on while a live is watched: events get the times of a broadcast, views worth it are kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.liveshop.evaluate.recorder import START, Kept, Recorder
from benchmarks.liveshop.evaluate.trace import NOTHING
from benchmarks.liveshop.score import Zero, read_spans
from engines.base import Match
from indexes.fake import scripted_scope
from stream.clock import ManualClock
from stream.events import Versions
from stream.fuse import Look
from stream.matching import Query
from stream.scribe import ProductFacts, Scribe
from stream.types import (
    Candidate,
    Change,
    Decision,
    Moment,
    Reason,
    Seconds,
    Sighting,
    State,
    Status,
    View,
    Window,
)

pytestmark = pytest.mark.unit

FAST = 1e9  # the wall clock of a replay: it has nothing to do with the live's time
P = Candidate("P", 0.9)


def moment(at: Seconds) -> Moment:
    return Moment(at, None, FAST + at / 100)


def query(at: Seconds, utc: float | None = None) -> Query:
    view = View(at, NOTHING, FAST + at / 100, utc=utc, encode_s=0.08)
    return Query(view, (), scripted_scope(1))


def look(at: Seconds) -> Look:
    return Look(at, {"P": Match(2.0, 0.5, 0.7)}, search_s=0.02)


def sighting(seen: Query) -> Sighting:
    return Sighting(Window(seen.view.at, seen.view.at, (seen.view,)), (P,))


def decision(change: Change, hidden_at: Seconds | None = None) -> Decision:
    hidden = None if hidden_at is None else moment(hidden_at)
    why = None if hidden_at is None else Reason.NOT_SEEN
    return Decision(change, P, (), moment(2.0), 3, hidden_at=hidden, why=why, latency={"queue": 9.0, "encode": 0.08})


def recorder(*, replayed: bool = True) -> Recorder:
    return keeping([], replayed=replayed)


def keeping(kept: list[Kept], *, replayed: bool = True) -> Recorder:
    async def keep(one: Kept) -> None:
        kept.append(one)

    return Recorder(lambda _: (("P", 0.5),), worth=lambda at: at >= 2, on_worth=keep, replayed=replayed)


def scribe() -> Scribe:
    return Scribe(
        "live", None, 1, Versions(bundle="b", gallery="g", program="p"), lambda _: ProductFacts(), ManualClock(FAST)
    )


async def test_a_replays_events_carry_the_times_of_the_broadcast() -> None:
    watching, writing = recorder(), scribe()
    shown, hidden = decision(Change.SHOWN), decision(Change.HIDDEN, 4.0)
    for at, decided in ((2.0, []), (3.0, [shown]), (5.5, [hidden])):
        await watching.judged(query(at), look(at), sighting(query(at)), decided)
    for event in (
        writing.status(Status(State.LIVE, Reason.CONNECTED)),
        writing.decision(shown),
        writing.decision(hidden),
    ):
        await watching.send(event)
    lines = [json.loads(line) for line in watching.lines]
    assert lines[1]["time"] == "2026-01-01T00:00:03.100000Z"
    assert lines[2]["data"]["hidden_at"]["wall"] == "2026-01-01T00:00:04.000000Z"
    assert "queue" not in lines[1]["data"]["latency"]
    (span,) = read_spans(watching.lines, 10.0, Zero())
    assert (span.shown_at, span.hidden_at) == (2.0, 4.0)
    assert span.told_at == pytest.approx(3.1)


async def test_what_is_hidden_because_the_live_ended_is_told_at_its_end() -> None:
    watching, writing = recorder(), scribe()
    await watching.judged(query(2.0), look(2.0), None, [decision(Change.SHOWN)])
    await watching.send(writing.decision(decision(Change.SHOWN)))
    await watching.send(writing.decision(replace(decision(Change.HIDDEN, 6.0), why=Reason.END_OF_STREAM)))
    assert json.loads(watching.lines[1])["time"] == "2026-01-01T00:00:06.000000Z"


async def test_events_of_a_live_on_air_keep_their_times() -> None:
    watching, writing = recorder(replayed=False), scribe()
    watching.zero = lambda: START
    await watching.judged(query(0.5, utc=START + 2.5), look(0.5), None, [])
    assert watching.views[0].at == 2.5
    event = writing.decision(decision(Change.SHOWN))
    await watching.send(event)
    assert watching.lines == [event.structured()]


async def test_only_views_that_close_a_window_while_it_matters_are_kept() -> None:
    kept: list[Kept] = []
    watching = keeping(kept)
    for at, closes in ((1.0, True), (2.0, False), (2.5, True)):
        await watching.judged(query(at), look(at), sighting(query(at)) if closes else None, [])
    assert [one.index for one in kept] == [2]
    assert [view.window for view in watching.views] == [(("P", 0.9),), None, (("P", 0.9),)]
    assert np.isclose(watching.views[0].encode_s, 0.08)
