"""No sink delays another or a livestream; nothing is lost in silence; order is kept."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from stream import lane
from stream.clock import ManualClock
from stream.config import KafkaConfig
from stream.errors import EventRefused, PublishError, SinkGone, UsageError
from stream.jsonl import JsonLines, LineWriter
from stream.kafka import KafkaSink
from stream.metrics import Metrics
from stream.sink import FanOut, open_sink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.events import Event
    from tests.telling import Host

pytestmark = pytest.mark.unit


class FakeSink:
    """Takes what it is given, after `errors` and while `open`."""

    def __init__(self, name: str, *errors: Exception) -> None:
        self.name = name
        self.errors = list(errors)
        self.start_errors: list[Exception] = []
        self.taken: list[int] = []
        self.open = asyncio.Event()
        self.open.set()
        self.stopped = False
        self._took = asyncio.Condition()

    async def start(self) -> None:
        if self.start_errors:
            raise self.start_errors.pop(0)

    async def send(self, event: Event) -> None:
        await self.open.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(event.seq)
        async with self._took:
            self._took.notify_all()

    async def stop(self) -> None:
        self.stopped = True

    async def has(self, count: int) -> None:
        async with self._took:
            await self._took.wait_for(lambda: len(self.taken) >= count)


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "RETRY_FIRST_S", 0.0)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(ManualClock())


def failed(metrics: Metrics, cause: str) -> float | None:
    return metrics.registry.get_sample_value("nowshowing_events_failed_total", {"cause": cause})


async def test_every_sink_gets_every_event_in_order(host: Callable[..., Host], metrics: Metrics) -> None:
    sinks = [FakeSink("a"), FakeSink("b")]
    mine = host()
    async with FanOut(sinks, metrics, ManualClock()) as out:
        for _ in range(50):
            out.publish(mine.is_live())
    assert sinks[0].taken == sinks[1].taken == list(range(1, 51))
    assert all(sink.stopped for sink in sinks)


async def test_a_stuck_sink_delays_no_other(host: Callable[..., Host], metrics: Metrics) -> None:
    stuck, quick = FakeSink("stuck"), FakeSink("quick")
    stuck.open.clear()
    mine = host()
    async with FanOut([stuck, quick], metrics, ManualClock(), drain_s=0.0) as out:
        for _ in range(5):
            out.publish(mine.is_live())
        await quick.has(5)
        assert [facts.waiting for facts in out.facts()] == [5, 0]
    assert failed(metrics, "shutdown") == 5


async def test_an_event_is_tried_until_it_is_taken(host: Callable[..., Host], metrics: Metrics) -> None:
    sink = FakeSink("a", PublishError("away"), PublishError("away"))
    mine = host()
    async with FanOut([sink], metrics, ManualClock()) as out:
        out.publish(mine.shows("tea"))
        out.publish(mine.hides("tea"))
    assert sink.taken == [1, 2]
    assert metrics.registry.get_sample_value("nowshowing_sink_retries_total", {"sink": "a"}) == 2


async def test_a_sink_that_cannot_start_yet_keeps_its_events(host: Callable[..., Host], metrics: Metrics) -> None:
    sink = FakeSink("a")
    sink.start_errors = [PublishError("no broker"), ValueError("a bug")]
    async with FanOut([sink], metrics, ManualClock()) as out:
        out.publish(host().is_live())
    assert sink.taken == [1]


async def test_a_refused_event_is_counted_and_the_next_goes_through(
    host: Callable[..., Host], metrics: Metrics
) -> None:
    sink = FakeSink("a", EventRefused("too large"))
    mine = host()
    async with FanOut([sink], metrics, ManualClock()) as out:
        out.publish(mine.is_live())
        out.publish(mine.is_live())
    assert sink.taken == [2]
    assert failed(metrics, "refused") == 1


async def test_a_bug_in_one_sink_stays_there(host: Callable[..., Host], metrics: Metrics) -> None:
    sink, other = FakeSink("a", KeyError("oops")), FakeSink("b")
    mine = host()
    async with FanOut([sink, other], metrics, ManualClock()) as out:
        out.publish(mine.is_live())
        out.publish(mine.is_live())
    assert (sink.taken, other.taken) == ([2], [1, 2])
    assert failed(metrics, "error") == 1


async def test_a_full_backlog_gives_up_what_is_least_missed_and_says_so(
    host: Callable[..., Host], metrics: Metrics
) -> None:
    sink = FakeSink("a")
    sink.open.clear()
    mine = host()
    async with FanOut([sink], metrics, ManualClock(), capacity=3) as out:
        for event in (mine.shows("tea"), mine.updates("tea"), mine.updates("tea"), mine.hides("tea")):
            out.publish(event)
        assert out.facts()[0].lost == 1
        sink.open.set()
    assert sink.taken == [1, 3, 4]
    assert failed(metrics, "full") == 1


async def test_a_sink_that_nobody_reads_is_given_up(host: Callable[..., Host], metrics: Metrics) -> None:
    sink = FakeSink("a", SinkGone("nobody reads it"))
    mine = host()
    async with FanOut([sink], metrics, ManualClock()) as out:
        out.publish(mine.is_live())
        await out.gone()
        out.publish(mine.is_live())
        assert out.facts()[0].state == "gone"
    assert failed(metrics, "gone") == 2
    assert sink.stopped


async def test_the_main_sink_alone_is_counted_as_published(host: Callable[..., Host], metrics: Metrics) -> None:
    clock = ManualClock(1_800_000_001.0)
    async with FanOut([FakeSink("a"), FakeSink("b")], metrics, clock) as out:
        out.publish(host().shows("tea"))
    read = metrics.registry.get_sample_value
    assert read("nowshowing_events_total", {"type": "nowshowing.product.shown.v1"}) == 1
    assert read("nowshowing_event_age_seconds_sum") == pytest.approx(1.2), "from the frame to the acknowledgement"


async def test_watchers_see_an_event_before_any_sink(host: Callable[..., Host], metrics: Metrics) -> None:
    sink = FakeSink("a")
    seen: list[list[int]] = []
    async with FanOut([sink], metrics, ManualClock()) as out:
        out.watch(lambda event: seen.append([event.seq, *sink.taken]))
        out.publish(host().is_live())
    assert seen == [[1]]


async def test_leaving_with_an_error_still_drains(host: Callable[..., Host], metrics: Metrics) -> None:
    sink = FakeSink("a")
    with pytest.raises(LookupError):
        await break_within(FanOut([sink], metrics, ManualClock()), host().hides("tea"))
    assert sink.taken == [1]


async def break_within(fan_out: FanOut, event: Event) -> None:
    async with fan_out as out:
        out.publish(event)
        raise LookupError("the worker broke")


def test_without_a_sink_there_is_no_fan_out(metrics: Metrics) -> None:
    with pytest.raises(UsageError, match="no sink is given"):
        FanOut([], metrics, ManualClock())


async def test_json_lines_are_written_one_an_event(host: Callable[..., Host], tmp_path: Path) -> None:
    sink, mine = JsonLines(str(tmp_path / "events.jsonl")), host(title='a "title"\nin two lines ☕')
    await sink.start()
    await sink.send(mine.shows("tea"))
    await sink.send(mine.hides("tea"))
    await sink.stop()
    lines = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["live-1:1:1", "live-1:1:2"]
    assert json.loads(lines[0])["data"]["product"]["title"] == 'a "title"\nin two lines ☕'


def test_a_line_that_was_cut_short_is_completed_and_not_repeated() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    line, lines, text = b"x" * 200_000 + b"\n", LineWriter(writer, ours=True), b""
    with pytest.raises(BlockingIOError):
        lines.write([line])
    taken = False
    while not taken:
        text += os.read(reader, 65_536)
        with suppress(BlockingIOError):
            lines.write([line])
            taken = True
    lines.close()
    while rest := os.read(reader, 65_536):
        text += rest
    assert text == line
    os.close(reader)


async def test_a_broken_pipe_means_that_nobody_reads_any_more(host: Callable[..., Host]) -> None:
    reader, writer = os.pipe()
    sink = JsonLines(f"/dev/fd/{writer}")
    await sink.start()
    os.close(reader)
    with pytest.raises(SinkGone, match="nobody reads it any more"):
        await sink.send(host().is_live())
    await sink.stop()
    os.close(writer)


async def test_a_reader_that_is_stuck_does_not_hang_us(
    host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.jsonl.DEADLINE_S", 0.1)
    reader, writer = os.pipe()
    sink = JsonLines(f"/dev/fd/{writer}")
    await sink.start()
    large = host(title="x" * 200_000).shows("tea")
    for _ in range(2):
        with pytest.raises(PublishError, match=r"took no line for 0\.1 s"):
            await sink.send(large)
    os.close(reader)
    await sink.stop()
    os.close(writer)


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("", "give jsonl:-"),
        ("jsonl:", "give jsonl:-"),
        ("csv:out", "give jsonl:-"),
        ("kafka:host:9092", "give jsonl:-"),
        ("kafka://host", "'host' is not HOST:PORT"),
        ("kafka://host:99999", "is not HOST:PORT"),
    ],
)
def test_a_sink_that_makes_no_sense_is_named(spec: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        open_sink(spec, KafkaConfig(), ManualClock())


@pytest.mark.parametrize(
    ("target", "complaint"),
    [("no/such/place/x", "there is no directory .*no/such/place"), (".", "is a directory")],
)
async def test_a_place_where_no_line_can_ever_go_ends_the_program(
    target: str, complaint: str, tmp_path: Path, metrics: Metrics
) -> None:
    sink = JsonLines(str(tmp_path / target))
    with pytest.raises(ExceptionGroup) as errors:
        async with FanOut([sink], metrics, ManualClock()):
            await asyncio.Event().wait()
    assert errors.group_contains(UsageError, match=complaint)


def test_credentials_in_a_sink_are_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="credentials belong in the config") as error:
        open_sink("kafka://user:secret@host:9092", KafkaConfig(), ManualClock())
    assert "secret" not in str(error.value)


def test_a_kafka_address_overrides_the_config() -> None:
    sink = open_sink("kafka://one:9092,two:9093/shop", KafkaConfig(), ManualClock())
    assert isinstance(sink, KafkaSink)
    assert sink.name == "kafka:one:9092,two:9093"
    assert open_sink("kafka://", KafkaConfig(), ManualClock()).name == "kafka:127.0.0.1:9092"


async def test_a_pipe_that_nobody_reads_is_an_error_and_no_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    async with asyncio.timeout(5):
        with pytest.raises(PublishError, match="cannot be opened"):
            await JsonLines(str(pipe)).start()


async def test_a_torn_last_line_does_not_swallow_the_next_event(tmp_path: Path, host: Callable[..., Host]) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"whole":1}\n{"torn":')
    sink = JsonLines(str(path))
    await sink.start()
    await sink.send(host().shows("tea"))
    await sink.stop()
    lines = path.read_text().splitlines()
    assert lines[:2] == ['{"whole":1}', '{"torn":']
    assert json.loads(lines[2])["data"]["product_id"] == "tea"
