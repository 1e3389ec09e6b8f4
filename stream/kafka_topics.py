"""Which Kafka topics there must be, and making those that are missing. Knows no event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code
from aiokafka.protocol.admin import CreateTopicsRequest

from stream.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiokafka.client import AIOKafkaClient

    from stream.config import KafkaConfig

Topic = tuple[str, int, int, list[object], list[tuple[str, str]]]  # as the protocol lists it

REPLICAS = 3  # or as many as there are brokers, if fewer
CREATE_TIMEOUT_MS = 10_000
# `now` must keep its last word per livestream for ever; the broker's own retention rules the log of events.
CLEANUP = {"events": "delete", "now": "compact", "status": "compact"}


async def ensure_topics(client: AIOKafkaClient, config: KafkaConfig) -> None:
    """Makes what is missing if the config allows; PublishError names what is missing still."""
    cluster = await client.fetch_all_metadata()
    wanted = {f"{config.topic_prefix}.{name}": how for name, how in CLEANUP.items()}
    missing = {topic: how for topic, how in wanted.items() if topic not in cluster.topics()}
    if not missing:
        return
    if not config.create_topics:
        named = ", ".join(f"{topic} (cleanup.policy={how})" for topic, how in missing.items())
        raise PublishError(f"missing Kafka topics {named}: make them, or set kafka.create_topics = true")
    await client.force_metadata_update()
    replicas = min(REPLICAS, len(cluster.brokers()))
    topics: list[Topic] = [
        (topic, config.partitions, replicas, [], [("cleanup.policy", how)]) for topic, how in missing.items()
    ]
    request = CreateTopicsRequest(topics, CREATE_TIMEOUT_MS, validate_only=False)
    response = await client.send(client.cluster.controller.nodeId, request)
    _raise_for(response.topic_errors)


def _raise_for(answers: Iterable[tuple[str, int, str | None]]) -> None:
    troubles = [
        f"{topic}: {for_code(code).__name__} {why or ''}".strip()
        for topic, code, why in answers
        if for_code(code) not in (NoError, TopicAlreadyExistsError)
    ]
    if troubles:
        raise PublishError(f"cannot make Kafka topics: {'; '.join(troubles)}")
