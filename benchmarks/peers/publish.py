"""Publishing to a real Kafka, acknowledged by all replicas, against librdkafka's producer (confluent-kafka)."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.broker import Broker, BrokerError, jars, missing
from benchmarks.peers.events import write_records
from benchmarks.peers.seats.seat import middle
from benchmarks.peers.table import OURS, Floor, Measure, Work
from benchmarks.peers.turns import Entrant, Result, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.peers.options import Options

RATE = 50  # events a second: more than a thousand livestreams tell
WRITTEN = 4000  # events that peers send again and again: ours go through as many products
API_VERSIONS = 18  # the request that asks least of a broker
GOES = 300
WARM_UP = 1  # a broker that has just begun is still being compiled
SUSTAINED = (Measure("events_per_s", "events/s", 1, 0), Measure("cpu_ms", "CPU ms an event", -1, 3))
PACED = (
    Measure("p50_ms", "p50 ms", -1),
    Measure("p99_ms", "p99 ms", -1),
    Measure("cpu_ms", "CPU ms an event", -1, 3),
)
SUSTAINED_WORK = ("publish-sustained", "publish: as many as go")
PACED_WORK = ("publish-paced", f"publish: {RATE} events/s")
PEERS = {
    "confluent-kafka, each event awaited": "each",
    "confluent-kafka, linger 0": "no-linger",
    "confluent-kafka, its defaults": "defaults",
}


def run(options: Options, folder: Path) -> list[Work]:
    try:
        with on_air(folder) as broker:
            write_records(folder / "events.jsonl", WRITTEN)
            return [
                _work(*SUSTAINED_WORK, SUSTAINED, options, folder, broker, 0),
                _work(*PACED_WORK, PACED, options, folder, broker, RATE),
            ]
    except BrokerError as error:
        result = Result(OURS, absent=str(error))
        return [Work(name, title, SUSTAINED, [result]) for name, title in (SUSTAINED_WORK, PACED_WORK)]


@contextmanager
def on_air(folder: Path) -> Iterator[Broker]:
    if lacks := missing():
        raise BrokerError(f"needs {', '.join(lacks)}: run tests/install_servers.sh")
    home = folder / "broker"
    home.mkdir()
    broker = Broker(jars(), home)
    broker.format()
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def _work(
    name: str, title: str, measures: tuple[Measure, ...], options: Options, folder: Path, broker: Broker, rate: int
) -> Work:
    settings = {
        "servers": broker.servers,
        "prefix": "bench",
        "file": str(folder / "events.jsonl"),
        "rate": str(rate),
        "seconds": "2" if options.quick else "6",
    }
    # Ours is the first to open: it makes the topics.
    entrants = [Entrant(OURS, "publish", "ours", settings, options.python)]
    entrants += [Entrant(who, "publish", seat, settings, options.peers) for who, seat in PEERS.items()]
    results = play(entrants, 1 if options.quick else options.rounds, WARM_UP)
    trip_ms = round_trip_ms(broker.port)
    floor = Floor("one question to this broker and its answer", {"p50_ms": trip_ms, "events_per_s": 1000 / trip_ms})
    return Work(name, title, measures, results, floor)


def round_trip_ms(port: int) -> float:
    """The middle of many: a bare socket, the request that asks least."""
    question = struct.pack(">hhih", API_VERSIONS, 0, 1, -1)
    taken = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(GOES):
            began = time.perf_counter()
            link.sendall(struct.pack(">i", len(question)) + question)
            (size,) = struct.unpack(">i", _exactly(link, 4))
            _exactly(link, size)
            taken.append(1000 * (time.perf_counter() - began))
    return middle(taken)


def _exactly(link: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        more = link.recv(size - len(got))
        if not more:
            raise BrokerError("the broker closed a connection that asked for its versions")
        got += more
    return bytes(got)
