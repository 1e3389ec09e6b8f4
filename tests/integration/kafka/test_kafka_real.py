"""What readers of a real Apache Kafka get: in order, once, the truth about now; also when the broker goes away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, ConfigResource

from stream.clock import SteadyClock
from stream.config import KafkaConfig
from stream.errors import PublishError
from stream.kafka import KafkaSink
from stream.metrics import Metrics
from stream.sink import FanOut

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from stream.events import Event
    from tests.telling import Host

    NewHost = Callable[..., Host]

    class Broker(Protocol):
        @property
        def servers(self) -> str: ...
        def start(self) -> None: ...
        def kill(self) -> None: ...


pytestmark = pytest.mark.kafka

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Message:
    key: str
    value: str | None
    headers: dict[str, str]


def settings(servers: str, deadline_s: float = 5.0) -> KafkaConfig:
    prefix = f"test-{uuid4().hex[:8]}"
    return KafkaConfig(bootstrap_servers=servers, topic_prefix=prefix, send_deadline_s=deadline_s, partitions=3)


def kcat(servers: str, topic: str) -> list[Message]:
    """All that is in the topic, as a foreign program reads it."""
    command = ["kcat", "-C", "-q", "-e", "-J", "-b", servers, "-t", topic, "-o", "beginning"]
    out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S).stdout
    return [message(json.loads(line)) for line in out.splitlines()]


def message(raw: dict[str, object]) -> Message:
    flat = raw["headers"]
    assert isinstance(flat, list)
    value = raw["payload"]
    return Message(
        str(raw["key"]), None if value is None else str(value), dict(zip(flat[::2], flat[1::2], strict=True))
    )


async def read(config: KafkaConfig, topic: str) -> list[Message]:
    return await asyncio.to_thread(kcat, config.bootstrap_servers, f"{config.topic_prefix}.{topic}")


async def until(true: Callable[[], bool]) -> None:
    """Servers have no event to wait for; this looks until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def fan_out(config: KafkaConfig, metrics: Metrics | None = None, drain_s: float = 20.0) -> FanOut:
    clock = SteadyClock()
    return FanOut([KafkaSink(config, clock)], metrics or Metrics(clock), clock, drain_s=drain_s)


async def publish(config: KafkaConfig, *events: Event) -> None:
    async with fan_out(config) as out:
        for event in events:
            out.publish(event)


async def test_kcat_reads_the_events_in_order_with_their_headers(broker: Broker, host: NewHost) -> None:
    config, mine = settings(broker.servers), host("live-1")
    events = [
        mine.is_live(),
        mine.shows("tea"),
        mine.hides("tea"),
    ]
    await publish(config, *events)
    messages = await read(config, "events")
    assert [m.headers["ce_id"] for m in messages] == ["live-1:1:1", "live-1:1:2", "live-1:1:3"]
    assert {m.key for m in messages} == {"live-1"}
    shown = messages[1]
    assert shown.headers["ce_type"] == "nowshowing.product.shown.v1"
    assert shown.headers["ce_specversion"] == "1.0"
    assert shown.headers["ce_source"] == "/streams/live-1"
    assert shown.headers["ce_subject"] == "tea"
    assert shown.headers["content-type"] == "application/json"
    assert shown.value is not None
    assert json.loads(shown.value)["product"]["title"] == "Tea"


async def test_one_who_joins_late_reads_what_shows_now(broker: Broker, host: NewHost) -> None:
    config, mine = settings(broker.servers), host("live-1")
    await publish(
        config,
        mine.shows("tea"),
        mine.shows("jam"),
        mine.hides("tea"),
    )
    last = (await read(config, "now"))[-1]
    assert last.key == "live-1"
    assert last.value is not None
    now = json.loads(last.value)
    assert [product["product_id"] for product in now["showing"]] == ["jam"]
    assert now["event_id"] == "live-1:1:3"


async def test_a_tombstone_follows_when_nothing_shows_any_more(broker: Broker, host: NewHost) -> None:
    config, mine = settings(broker.servers), host("live-1")
    await publish(config, mine.shows("tea"), mine.hides("tea"))
    assert [m.value is None for m in await read(config, "now")] == [False, True]


async def test_a_new_owner_voids_what_the_last_one_left_behind(broker: Broker, host: NewHost) -> None:
    config, mine = settings(broker.servers), host("live-1")
    await publish(config, mine.is_live())
    assert [m.value for m in await read(config, "now")] == [None]
    assert [json.loads(m.value or "")["state"] for m in await read(config, "status")] == ["live"]


async def test_missing_topics_are_made_with_the_right_cleanup(broker: Broker, host: NewHost) -> None:
    config = settings(broker.servers)
    await publish(config, host("live-1").is_live())
    policies = await asyncio.to_thread(cleanup_policies, config)
    assert policies == {"events": "delete", "now": "compact", "status": "compact"}


def cleanup_policies(config: KafkaConfig) -> dict[str, str]:
    admin = AdminClient({"bootstrap.servers": config.bootstrap_servers})
    topics = {f"{config.topic_prefix}.{name}": name for name in ("events", "now", "status")}
    asked = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic) for topic in topics])
    return {topics[what.name]: answer.result(PATIENCE_S)["cleanup.policy"].value for what, answer in asked.items()}


async def test_missing_topics_are_named_where_they_may_not_be_made(broker: Broker) -> None:
    config = settings(broker.servers).model_copy(update={"create_topics": False})
    sink = KafkaSink(config, SteadyClock())
    with pytest.raises(PublishError, match=rf"missing.*{config.topic_prefix}\.now \(cleanup\.policy=compact\).*make"):
        await sink.start()
    await sink.stop()


async def test_an_event_too_large_for_the_broker_is_refused_and_the_next_goes_through(
    broker: Broker, host: NewHost
) -> None:
    config, metrics = settings(broker.servers), Metrics()
    large, small = host("large", title="x" * 300_000), host("small")
    async with fan_out(config, metrics) as out:
        out.publish(large.shows("tea"))
        out.publish(small.shows("tea"))
    assert [m.key for m in await read(config, "events")] == ["small"]
    assert metrics.registry.get_sample_value("nowshowing_events_failed_total", {"cause": "refused"}) == 1


async def test_a_foreign_client_reads_the_same(broker: Broker, host: NewHost) -> None:
    config, mine = settings(broker.servers), host("live-1")
    await publish(
        config,
        *[event for _ in range(20) for event in (mine.shows("tea"), mine.hides("tea"))],
    )
    ids = await asyncio.to_thread(consume, config, 40)
    assert ids == [f"live-1:1:{i}" for i in range(1, 41)]


def consume(config: KafkaConfig, count: int) -> list[str]:
    consumer = Consumer(
        {"bootstrap.servers": config.bootstrap_servers, "group.id": uuid4().hex, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([f"{config.topic_prefix}.events"])
    ids: list[str] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(ids) < count and time.monotonic() < deadline:
        got = consumer.poll(1.0)
        if got is not None and got.error() is None:
            ids.append(dict(got.headers())["ce_id"].decode())
    consumer.close()
    return ids


async def test_a_broker_that_is_not_there_yet_is_waited_for(new_broker: Callable[[], Broker], host: NewHost) -> None:
    late = await asyncio.to_thread(new_broker)
    config, mine = settings(late.servers, deadline_s=2.0), host("live-1")
    async with fan_out(config) as out:
        out.publish(mine.shows("tea"))
        out.publish(mine.hides("tea"))
        await until(lambda: out.facts()[0].state == "down")
        facts = out.facts()[0]
        assert facts.why.startswith(f"kafka:{late.servers} unreachable since 2")
        assert facts.waiting == 2
        await asyncio.to_thread(late.start)
        await until(lambda: out.facts()[0].sent == 2)
        assert out.facts()[0].state == "up"
    assert [m.headers["ce_id"] for m in await read(config, "events")] == ["live-1:1:1", "live-1:1:2"]
    await asyncio.to_thread(late.kill)


async def test_a_broker_that_dies_and_returns_has_every_event_once_and_in_order(
    new_broker: Callable[[], Broker], host: NewHost
) -> None:
    mortal = await asyncio.to_thread(new_broker)
    await asyncio.to_thread(mortal.start)
    config, mine = settings(mortal.servers, deadline_s=2.0), host("live-1")
    async with fan_out(config) as out:
        out.publish(mine.shows("tea"))
        await until(lambda: out.facts()[0].sent == 1)
        await asyncio.to_thread(mortal.kill)
        for event in (mine.hides("tea"), mine.shows("tea"), mine.hides("tea")):
            out.publish(event)
        await until(lambda: out.facts()[0].state == "down")
        assert "no acknowledgement within 2 s" in out.facts()[0].why
        await asyncio.to_thread(mortal.start)
        await until(lambda: out.facts()[0].sent == 4)
    assert [m.headers["ce_id"] for m in await read(config, "events")] == [f"live-1:1:{i}" for i in range(1, 5)]
    await asyncio.to_thread(mortal.kill)


async def test_stopping_while_the_broker_is_gone_ends_soon_and_counts_what_is_lost(
    new_broker: Callable[[], Broker], host: NewHost
) -> None:
    mortal = await asyncio.to_thread(new_broker)
    await asyncio.to_thread(mortal.start)
    config, mine, metrics = settings(mortal.servers, deadline_s=1.0), host("live-1"), Metrics()
    async with asyncio.timeout(PATIENCE_S):
        async with fan_out(config, metrics, drain_s=1.0) as out:
            out.publish(mine.shows("tea"))
            await until(lambda: out.facts()[0].sent == 1)
            await asyncio.to_thread(mortal.kill)
            out.publish(mine.hides("tea"))
    assert out.facts()[0].lost == 1
    assert metrics.registry.get_sample_value("nowshowing_events_failed_total", {"cause": "shutdown"}) == 1
