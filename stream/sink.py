"""Where events go: the Sink protocol, and the fan-out that keeps one sink from hurting another or a livestream.

Each sink has its own bounded backlog and its own task. The task holds on to one event until the sink has taken it, so
order is kept; while a sink is away its backlog fills; when that is full, events are given up as `stream.backlog`
chooses, counted, logged and alerted on. Publishing itself never waits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from stream.errors import UsageError
from stream.lane import Lane, SinkFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from stream.clock import Clock
    from stream.config import KafkaConfig
    from stream.events import Event
    from stream.metrics import Metrics

__all__ = ["FanOut", "Sink", "SinkFacts", "open_sink"]

CAPACITY = 4096  # events: the best part of an hour of a busy worker, some 20 MB


class Sink(Protocol):
    """Takes events one at a time. An event that `send` gave up on is handed to it again until it is taken."""

    @property
    def name(self) -> str: ...

    async def start(self) -> None:
        """Gets ready to take events; PublishError if that is not possible now, UsageError if it never will be."""

    async def send(self, event: Event) -> None:
        """Returns when the event is safe there; PublishError within a deadline of its own."""

    async def stop(self) -> None: ...


def open_sink(spec: str, kafka: KafkaConfig, clock: Clock) -> Sink:
    """`jsonl:-`, `jsonl:PATH`, or `kafka://HOST:PORT[,HOST:PORT]/[PREFIX]` (`kafka://`: as in the config)."""
    from stream.jsonl import JsonLines  # noqa: PLC0415  a worker without Kafka never imports its client
    from stream.kafka import KafkaSink  # noqa: PLC0415

    scheme, _, rest = spec.partition(":")
    if scheme == "jsonl" and rest:
        return JsonLines(rest)
    if scheme == "kafka" and rest.startswith("//"):
        return KafkaSink(_kafka(spec, kafka), clock)
    named = f"{scheme}:" if rest else spec  # what follows a scheme may hold a password
    raise UsageError(f"sink {named!r}: give jsonl:-, jsonl:PATH or kafka://HOST:PORT[,HOST:PORT]/[PREFIX]")


def _kafka(spec: str, config: KafkaConfig) -> KafkaConfig:
    parts = urlsplit(spec)
    if "@" in parts.netloc:
        raise UsageError("sink kafka://...: credentials belong in the config (sasl_username, sasl_password)")
    changes: dict[str, str] = {}
    if parts.netloc:
        changes["bootstrap_servers"] = ",".join(_server(server, spec) for server in parts.netloc.split(","))
    if prefix := parts.path.strip("/"):
        changes["topic_prefix"] = prefix
    return config.model_copy(update=changes)


def _server(server: str, spec: str) -> str:
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(f"sink {spec!r}: {server!r} is not HOST:PORT")
    return server


class FanOut:
    """`async with FanOut(sinks, ...) as out: out.publish(event)`. Leaving it drains within `drain_s`.

    The first sink is the main one: `events_total` and `event_age_seconds` speak of its acknowledgements.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        metrics: Metrics,
        clock: Clock,
        *,
        capacity: int = CAPACITY,
        drain_s: float = 10.0,
    ) -> None:
        if not sinks:
            raise UsageError("no sink is given: events would go nowhere; give at least one, such as jsonl:-")
        self._drain_s = drain_s
        self._watchers: list[Callable[[Event], None]] = []
        self._lanes = [Lane(sink, metrics, clock, capacity, main=i == 0) for i, sink in enumerate(sinks)]
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._tasks = [self._group.create_task(lane.run(), name=f"sink {lane.name}") for lane in self._lanes]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane, task in zip(self._lanes, self._tasks, strict=True):
            if lane.close():
                task.cancel()
        try:
            await asyncio.wait(self._tasks, timeout=self._drain_s)
        finally:
            for task in self._tasks:
                task.cancel()
            if isinstance(error, asyncio.CancelledError):
                await self._group.__aexit__(kind, error, trace)
            else:  # the body's own error goes on as it is, not wrapped in a group
                await self._group.__aexit__(None, None, None)

    def publish(self, event: Event) -> None:
        """Never waits. Order is kept per sink, and so per livestream."""
        for see in self._watchers:
            see(event)
        for lane in self._lanes:
            lane.push(event)

    def watch(self, see: Callable[[Event], None]) -> None:
        """`see` is called with each event at once, on the loop; it must not block or raise."""
        self._watchers.append(see)

    def facts(self) -> list[SinkFacts]:
        return [lane.facts() for lane in self._lanes]

    async def gone(self) -> None:
        """Returns when no sink is left that anybody reads."""
        await asyncio.gather(*(lane.gone.wait() for lane in self._lanes))
