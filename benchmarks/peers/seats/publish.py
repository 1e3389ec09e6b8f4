"""Publishers that take part: the same records to the same broker, each acknowledged by all replicas.

Settings: `servers`, `prefix` (of topics of one's own), `file` (events, as `benchmarks.peers.events` made them),
`rate` (events a second; 0: as many as go), `seconds`. An event is out when all its records are acknowledged.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from dataclasses import dataclass, field
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers.seats.seat import Stopwatch, percentile, take_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.peers.seats.seat import Figures, Open, Settings, Turn

ENOUGH = 50_000  # events in a turn, however many more would go
DELIVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Record:
    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]


@dataclass(slots=True)
class Tally:
    """Ages of events that are out, in seconds since they were handed over."""

    watch: Stopwatch = field(default_factory=Stopwatch)
    ages: list[float] = field(default_factory=list)

    def figures(self) -> Figures:
        wall_s, cpu_s, n = self.watch.wall_s(), self.watch.cpu_s(), len(self.ages)
        return {
            "events_per_s": n / wall_s,
            "p50_ms": 1000 * percentile(self.ages, 50),
            "p99_ms": 1000 * percentile(self.ages, 99),
            "cpu_ms": 1000 * cpu_s / n,
        }


def due(rate: float, seconds: float) -> Iterator[float]:
    """When each event is to be handed over, by the clock of time.perf_counter; at once where there is no rate."""
    began = time.perf_counter()
    for number in range(ENOUGH):
        at = began + number / rate if rate else time.perf_counter()
        if at > began + seconds:
            return
        yield at


def records_of(line: str, prefix: str) -> list[Record]:
    return [
        Record(
            prefix + each["topic"],
            each["key"].encode(),
            None if each["value"] is None else base64.b64decode(each["value"]),
            [(name, base64.b64decode(value)) for name, value in each["headers"]],
        )
        for each in json.loads(line)
    ]


def ours(settings: Settings) -> tuple[Figures, Turn]:
    from benchmarks.peers.events import events
    from stream.clock import SteadyClock
    from stream.config import KafkaConfig
    from stream.kafka import KafkaSink

    config = KafkaConfig(bootstrap_servers=settings["servers"], topic_prefix=settings["prefix"])
    sink = KafkaSink(config, SteadyClock())
    loop = asyncio.new_event_loop()
    loop.run_until_complete(sink.start())
    endless = events()

    async def publish() -> Figures:
        """As a worker's lane does: one event after the other."""
        tally = Tally()
        for at in due(float(settings["rate"]), float(settings["seconds"])):
            await asyncio.sleep(max(at - time.perf_counter(), 0))
            event, handed = next(endless), time.perf_counter()
            await sink.send(event)
            tally.ages.append(time.perf_counter() - handed)
        return tally.figures()

    return {}, lambda: loop.run_until_complete(publish())


class Confluent:
    """librdkafka's producer. `waits`: for each event before the next, as ours does."""

    def __init__(self, settings: Settings, more: dict[str, object], *, waits: bool) -> None:
        own = {"bootstrap.servers": settings["servers"], "acks": "all", "enable.idempotence": True}
        self._producer = import_module("confluent_kafka").Producer(own | more)
        self._rate, self._seconds, self._waits = float(settings["rate"]), float(settings["seconds"]), waits
        lines = Path(settings["file"]).read_text(encoding="utf-8").splitlines()
        self._events = cycle([records_of(line, settings["prefix"]) for line in lines])
        self._failed = ""
        for records in islice(self._events, 1):  # so that it knows its topics
            self._send(records, lambda: None)
            self._producer.flush(DELIVERY_S)

    def turn(self) -> Figures:
        tally = Tally()
        for at in due(self._rate, self._seconds):
            while (left := at - time.perf_counter()) > 0:
                self._producer.poll(left)
            out = threading.Event()
            self._send(next(self._events), self._counted(tally, time.perf_counter(), out))
            self._producer.poll(0)
            while self._waits and not out.is_set():
                self._producer.poll(DELIVERY_S)
        self._producer.flush(DELIVERY_S)
        if self._failed:
            raise SystemExit(self._failed)
        return tally.figures()

    def _counted(self, tally: Tally, since: float, out: threading.Event) -> Callable[[], None]:
        def count() -> None:
            tally.ages.append(time.perf_counter() - since)
            out.set()

        return count

    def _send(self, records: Sequence[Record], when_out: Callable[[], None]) -> None:
        left = [len(records)]

        def delivered(error: object, _: object) -> None:
            self._failed = self._failed or ("" if error is None else str(error))
            left[0] -= 1
            if not left[0]:
                when_out()

        for record in records:
            self._produce(record, delivered)

    def _produce(self, record: Record, delivered: Callable[[object, object], None]) -> None:
        while True:
            try:
                self._producer.produce(
                    record.topic, record.value, record.key, headers=record.headers, on_delivery=delivered
                )
            except BufferError:  # its queue is full: make room by hearing what is out
                self._producer.poll(0.1)
            else:
                return


def confluent(more: dict[str, object], *, waits: bool) -> Open:
    def opened(settings: Settings) -> tuple[Figures, Turn]:
        return {}, Confluent(settings, more, waits=waits).turn

    return opened


SEATS: dict[str, Open] = {
    "ours": ours,
    "each": confluent({"linger.ms": 0}, waits=True),
    "defaults": confluent({}, waits=False),
    "no-linger": confluent({"linger.ms": 0}, waits=False),
}

if __name__ == "__main__":
    take_part(SEATS)
