"""The Kafka sink: events, statuses and what shows now, acknowledged by all replicas. Knows no livestream.

The client is idempotent and its batches never expire: a record handed to it is sent when the broker comes back,
however late that is. So a send that passes its deadline is not repeated: the records are kept, and asking again for
the same event waits for those same records. They are produced anew only when the client itself has failed; readers
then drop the double by its `id`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerClosed, RecordListTooLargeError

from stream.errors import EventRefused, PublishError
from stream.events import NOW_SCHEMA, Type, instant, rfc3339
from stream.kafka_topics import ensure_topics
from stream.now import NowBoard

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

    from stream.clock import Clock
    from stream.config import KafkaConfig
    from stream.events import Event

Header = tuple[str, bytes]

RETRY_BACKOFF_MS = 200  # between attempts of the client's own; its default floods a broker that comes back
CLOSE_S = 2.0  # for a client to close; it hangs for ever when its broker is gone
METADATA_MAX_AGE_MS = 30_000  # how late a moved partition or a recreated topic is noticed without an error
NOW_HEADERS: list[Header] = [("content-type", b"application/json"), ("ce_dataschema", NOW_SCHEMA.encode())]


@dataclass(slots=True)
class _Record:
    """`acknowledged`: the client's future once it has the record."""

    topic: str
    value: bytes | None
    headers: list[Header]
    acknowledged: asyncio.Future[object] | None = None

    def forget(self) -> None:
        """The client is going: unless it has confirmed this record, another will be asked."""
        future = self.acknowledged
        if future is None or (future.done() and not future.cancelled() and future.exception() is None):
            return
        future.cancel()
        self.acknowledged = None


@dataclass(slots=True)
class _UnderWay:
    event: Event
    records: list[_Record] = field(default_factory=list)


class KafkaSink:
    def __init__(self, config: KafkaConfig, clock: Clock) -> None:
        self.name = f"kafka:{config.bootstrap_servers}"
        self._config = config
        self._clock = clock
        self._board = NowBoard()
        self._producer: AIOKafkaProducer | None = None
        self._under_way: _UnderWay | None = None
        self._away_since: float | None = None

    async def start(self) -> None:
        await self._within("no answer", self._connect())

    async def send(self, event: Event) -> None:
        if self._under_way is None or self._under_way.event.id != event.id:
            self._under_way = _UnderWay(event, list(self._records(event)))
        if self._producer is None:
            await self._within("no answer", self._connect())
        await self._within("no acknowledgement", self._produce(self._under_way))
        self._under_way = None

    async def stop(self) -> None:
        await self._disconnect()

    def _records(self, event: Event) -> Iterator[_Record]:
        prefix = self._config.topic_prefix
        headers, value = event.binary()
        yield _Record(f"{prefix}.events", value, headers)
        if event.type is Type.STATUS:
            yield _Record(f"{prefix}.status", value, headers)
        if self._board.push(event):
            now = self._board.record(event)
            # Without a value it is a tombstone: nothing is showing.
            yield _Record(f"{prefix}.now", None if now is None else now.model_dump_json().encode(), NOW_HEADERS)

    async def _produce(self, under_way: _UnderWay) -> None:
        """Hands over what the client does not have yet, and waits until all of it is acknowledged."""
        key = under_way.event.stream_id.encode()
        for record in under_way.records:
            if record.acknowledged is None:
                assert self._producer is not None
                record.acknowledged = await self._producer.send(
                    record.topic, value=record.value, key=key, headers=record.headers
                )
        waiting = [record.acknowledged for record in under_way.records if record.acknowledged is not None]
        await asyncio.wait(waiting)  # unlike gather it leaves the futures alone when its deadline passes
        # Each is asked, or asyncio would complain of an error that nobody looked at.
        if errors := [error for future in waiting if (error := future.exception()) is not None]:
            raise errors[0]

    async def _connect(self) -> None:
        """All or nothing: a client that is not ready is let go again."""
        producer = AIOKafkaProducer(
            **await asyncio.to_thread(client_settings, self._config),
            enable_idempotence=True,
            acks="all",
            linger_ms=self._config.linger_ms,
        )
        try:
            await producer.start()
            await ensure_topics(producer.client, self._config)
        except BaseException:
            await _close(producer)
            raise
        self._producer = producer

    async def _disconnect(self) -> None:
        """Lets go of the client. Records it has not answered for are to be produced anew."""
        producer, self._producer = self._producer, None
        for record in self._under_way.records if self._under_way is not None else ():
            record.forget()
        if producer is not None:
            await _close(producer)

    async def _within(self, what: str, act: Coroutine[None, None, None]) -> None:
        """Does it before the deadline, or says in one line what is wrong and since when."""
        deadline_s = self._config.send_deadline_s
        try:
            async with asyncio.timeout(deadline_s):
                await act
        except TimeoutError as error:
            raise self._away(f"{what} within {deadline_s:g} s") from error
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            raise self._refused() from error
        except (KafkaError, OSError) as error:
            await self._disconnect()
            raise self._away(str(error) or type(error).__name__) from error
        self._away_since, _last_words.text = None, ""

    def _away(self, why: str) -> PublishError:
        self._away_since = self._clock.now() if self._away_since is None else self._away_since
        words = f" ({_last_words.text})" if _last_words.text else ""
        return PublishError(f"{self.name} unreachable since {rfc3339(instant(self._away_since))}: {why}{words}")

    def _refused(self) -> EventRefused:
        """The event as a whole is left out, also from what shows now: half of it would mislead."""
        assert self._under_way is not None
        event, self._under_way = self._under_way.event, None
        self._board.discard(event)
        return EventRefused(
            f"{self.name}: event {event.id} is larger than the broker takes; shorten the product's data"
        )


def client_settings(config: KafkaConfig) -> dict[str, object]:
    """Client settings. Reads certificates: not for the loop."""
    context: ssl.SSLContext | None = None
    if config.security_protocol.endswith("SSL"):
        context = _tls(config.ca_file)
    settings: dict[str, object] = {
        "bootstrap_servers": config.bootstrap_servers,
        "client_id": config.client_id,
        "security_protocol": config.security_protocol,
        "ssl_context": context,
        "request_timeout_ms": int(config.send_deadline_s * 1000),
        "metadata_max_age_ms": METADATA_MAX_AGE_MS,
        "retry_backoff_ms": RETRY_BACKOFF_MS,
    }
    if config.sasl_mechanism is not None and config.sasl_password is not None:
        settings["sasl_mechanism"] = config.sasl_mechanism
        settings["sasl_plain_username"] = config.sasl_username
        settings["sasl_plain_password"] = config.sasl_password.get_secret_value()
    return settings


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:
        raise PublishError(f"kafka.ca_file {ca_file}: cannot be used: {error}; give a PEM file") from error


async def _close(producer: AIOKafkaProducer) -> None:
    """Gracefully if that works within CLOSE_S. Else by force: a client left behind would send doubles later.

    `stop` waits for batches that never expire (https://github.com/aio-libs/aiokafka/issues/1101), so force
    means failing them first, which its public face does not offer.
    """
    try:
        async with asyncio.timeout(CLOSE_S):
            await producer.stop()
    except (TimeoutError, KafkaError):
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(CLOSE_S):
                await producer._sender.close()  # noqa: SLF001
        producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(CLOSE_S):
                await producer.client.close()


class _LastWords(logging.Handler):
    """The client logs each failed connection, many a second, and raises few of them: kept here, told once by us."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "onnect" in message:
            self.text = message


_last_words = _LastWords()
_client_log = logging.getLogger("aiokafka")
_client_log.addHandler(_last_words)
_client_log.propagate = False
