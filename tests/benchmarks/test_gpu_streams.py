"""Livestreams by script against one encoder: what is counted, when there are too many, and that all else is real."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import bench_gpu_streams
from benchmarks.bench_gpu_streams import LIMIT_MS, Recorder, ended_by, measure
from benchmarks.gpu_house import House, Script, sees_nothing
from engines.errors import BundleError
from engines.fake import SleepingEncoder, picture_of
from indexes.fake import scripted_scope
from stream.channel import Channel, Policy
from stream.clock import SteadyClock
from stream.metrics import Metrics
from stream.types import Frame, Gap, Reason, State, Status

if TYPE_CHECKING:
    from benchmarks.gpu_house import Wanted
    from stream.fuse import Look
    from stream.matching import Query

pytestmark = pytest.mark.unit

PICTURES = [picture_of(number) for number in range(1, 7)]


def house(fixed_s: float = 0.001) -> House:
    encoder = SleepingEncoder(fixed_s=fixed_s, max_batch=64)
    return House(encoder, sees_nothing, scripted_scope(3), PICTURES, 64, {"backend": "sleeping"})


def test_frames_go_through_the_whole_pipeline_and_are_counted() -> None:
    row = asyncio.run(measure(house(), 8, 1.0, warm_up_s=0.6))
    assert (row["streams"], row["dropped"], row["events"], row["event_age_ms"]) == (8, 0, 0, None)
    assert row["encode_ms"]
    assert row["view_age_ms"]
    assert row["views_per_s"]
    assert row["batch_mean"]


def test_a_device_that_is_too_slow_is_said_to_be() -> None:
    row = asyncio.run(measure(house(fixed_s=0.2), 4, 1.0, warm_up_s=0.6))
    assert row["ended_by"] == "encode p99 over 50 ms"


def test_each_livestream_has_pictures_and_moments_of_its_own() -> None:
    async def first_of(url: str) -> tuple[Frame, list[Status]]:
        frames: Channel[Frame | Gap] = Channel("frames", capacity=4, policy=Policy.WAIT)
        said: list[Status] = []
        clock = SteadyClock()

        async def on_status(status: Status) -> None:
            said.append(status)

        task = asyncio.create_task(
            Script(PICTURES).play(url, None, frames, None, clock=clock, metrics=Metrics(), on_status=on_status)
        )
        first = await anext(aiter(frames))
        task.cancel()
        assert isinstance(first, Frame)
        return first, said

    one, again, other = (asyncio.run(first_of(f"rtmp://a/{name}")) for name in ("x", "x", "y"))
    assert one[1] == [Status(State.LIVE, Reason.CONNECTED)]
    assert (one[0].at, other[0].at) == (0, 0)
    assert one[0].image is again[0].image
    assert one[0].image is not other[0].image


@given(st.floats(0, 200), st.integers(0, 1000), st.integers(1000, 100_000))
def test_too_many_is_a_slow_encoder_or_lost_frames_and_nothing_else(p99: float, dropped: int, kept: int) -> None:
    why = ended_by([1.0, p99], dropped, kept)
    assert (why is None) == (p99 <= LIMIT_MS and dropped * 1000 <= kept)
    assert (why == "encode p99 over 50 ms") == (p99 > LIMIT_MS)


def test_nothing_encoded_is_no_success() -> None:
    assert ended_by(None, 0, 0) == "no frame was encoded"


def test_only_what_comes_while_it_watches_counts() -> None:
    recorder = Recorder()
    for on in (False, True, False):
        recorder.on = on
        recorder.stage("encode", 0.010)
        recorder.stage("decode", 1.0)
        recorder.batch(4)
        recorder.frame_kept()
        recorder.frames_dropped("behind", 2)
    assert recorder.milliseconds("encode") == [10.0, 10.0]
    assert recorder.milliseconds("event") is None
    assert (recorder.batches, recorder.kept, recorder.dropped) == ([4], 1, 2)


def test_the_first_number_that_is_too_many_is_the_last_that_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measured(_house: House, streams: int, _seconds: float) -> dict[str, object]:
        return {"streams": streams, "ended_by": "frames dropped" if streams > 10 else None}

    monkeypatch.setattr(bench_gpu_streams, "open_house", lambda *_: replace(house(), about={"backend": "torch-cuda"}))
    monkeypatch.setattr(bench_gpu_streams, "measure", measured)
    assert bench_gpu_streams.main(["--streams", "5,10,20,40"]) == 0
    first, *rows = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["commit"]
    assert [row["streams"] for row in rows] == [5, 10, 20]


def test_where_the_search_is_too_slow_the_encoder_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    async def measured(house: House, streams: int, _seconds: float) -> dict[str, object]:
        most = 30 if house.look is sees_nothing else 10
        return {"streams": streams, "ended_by": "frames dropped" if streams > most else None}

    monkeypatch.setattr(bench_gpu_streams, "measure", measured)

    def searched(query: Query) -> Look:
        return sees_nothing(query)

    searching = replace(house(), look=searched)
    rows = list(bench_gpu_streams.rising(searching, [5, 20, 30, 40, 50], 0, float("inf")))
    assert [(row["streams"], row["searches"]) for row in rows] == [
        (5, True), (20, True), (20, False), (30, False), (40, False),
    ]  # fmt: skip


def test_numbers_that_there_is_no_time_for_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_gpu_streams, "open_house", lambda *_: house())
    assert bench_gpu_streams.main(["--streams", "5,10", "--within", "1"]) == 0
    _, row = map(json.loads, capsys.readouterr().out.splitlines())
    assert row == {"backend": "sleeping", "left_out": "5, 10 livestreams: no time"}


def test_a_bundle_that_cannot_be_opened_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_wanted: Wanted, _work: object) -> House:
        raise BundleError("bundle b: no bundle.json")

    monkeypatch.setattr(bench_gpu_streams, "open_house", refuse)
    assert bench_gpu_streams.main([]) == 1
    assert capsys.readouterr().err == "nothing to measure: bundle b: no bundle.json\n"
