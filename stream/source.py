"""A livestream, from its URL to frames: connects, watches over the thread that decodes, reconnects. Decodes nothing.

One thread a connection. The loop only looks at its signs of life; a thread that gives none is abandoned, not joined.
"""

from __future__ import annotations

import asyncio
import random
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import av.error
import structlog

from stream.cursor import Memory
from stream.decoding import Decoding
from stream.demux import Opener
from stream.errors import SourceError, SourceLost
from stream.hardware import Hardware
from stream.link import Link
from stream.mixing import Mixing
from stream.retry import Backoff, explain
from stream.sound import RATE
from stream.types import Gap, Reason, State, Status
from stream.urls import GuardedClient, parse_url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stream.channel import Channel
    from stream.clock import Clock
    from stream.config import SourceConfig
    from stream.types import AudioChunk, Frame
    from stream.urls import SafeUrl

    OnStatus = Callable[[Status], Awaitable[None]]
    Read = Callable[["Connection", Link], Reason]

log = structlog.get_logger()

WATCH_EVERY_S = 0.5
HEALTHY_S = 5.0  # a connection that lived so long starts its back-off anew
SILENT = frozenset({Reason.STALLED, Reason.READ_TIMEOUT, Reason.HUNG})  # connected, and nothing comes


class SourceMeter(Protocol):
    def frame_kept(self) -> None: ...
    def frames_dropped(self, cause: str, n: int) -> None: ...
    def decoder_abandoned(self) -> None: ...
    def sound_silenced(self, samples: int) -> None: ...
    def reconnected(self, cause: Reason) -> None: ...
    def stage(self, stage: str, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Connection:
    """What every connection of one livestream is made with."""

    url: SafeUrl
    config: SourceConfig
    clock: Clock
    meter: SourceMeter
    client: GuardedClient
    memory: Memory
    mixing: Mixing


async def play(
    url: str,
    config: SourceConfig,
    frames: Channel[Frame | Gap],
    audio: Channel[AudioChunk | Gap] | None,
    *,
    clock: Clock,
    metrics: SourceMeter,
    on_status: OnStatus,
    read: Read | None = None,
    chance: Callable[[], float] = random.random,
) -> Reason:
    """Runs until the livestream says that it is over; raises SourceError where trying again is of no use.

    `audio` is None where nobody listens: then sound is not even decoded.

    Each connection has its own stream time from zero; a Gap lies between two of them. Does not close the channels.
    """
    target = parse_url(url, allow_files=config.allow_files)
    client = await asyncio.to_thread(GuardedClient, allow_private=config.allow_private_hosts, clock=clock)
    connection = Connection(target, config, clock, metrics, client, Memory(), Mixing(RATE, _cancels))
    channels = (frames, audio)
    backoff = Backoff(config.retry_first_s, config.retry_max_s, chance)
    try:
        return await _Player(connection, channels, backoff, on_status, read or read_connection).run()
    finally:
        client.close()


class _Player:
    def __init__(
        self,
        connection: Connection,
        channels: tuple[Channel[Frame | Gap], Channel[AudioChunk | Gap] | None],
        backoff: Backoff,
        on_status: OnStatus,
        read: Read,
    ) -> None:
        self._connection = connection
        self._config = connection.config
        self._channels = channels
        self._backoff = backoff
        self._on_status = on_status
        self._read = read

    async def run(self) -> Reason:
        while True:
            link = self._link()
            try:
                return await self._watch(link)
            except SourceError as error:
                await self._broke(link, error)

    def _link(self) -> Link:
        config = self._config
        frames, audio = self._channels
        patience_s = max(config.open_timeout_s, config.read_timeout_s, config.stall_after_s)
        return Link(frames, audio, self._connection.clock, patience_s=patience_s, on_first=self._live)

    async def _live(self) -> None:
        await self._on_status(Status(State.LIVE, Reason.CONNECTED, attempt=self._backoff.attempt))

    async def _watch(self, link: Link) -> Reason:
        """Waits for the thread to end, or gives it up."""
        url = self._connection.url
        context = copy_context()  # what is logged in the thread names its livestream, too
        link.start(lambda link: context.run(self._read, self._connection, link), f"source {url.host or 'file'}")
        try:
            while not link.ended.done():
                await asyncio.wait([link.ended], timeout=WATCH_EVERY_S)
                if not link.ended.done() and link.hung():
                    self._connection.meter.decoder_abandoned()
                    raise SourceLost(f"{url}: the demuxer hangs and was abandoned", Reason.HUNG)
            return link.ended.result()
        finally:
            link.abandon()

    async def _broke(self, link: Link, error: SourceError) -> None:
        """Tells everybody that the stream broke, and waits; raises where that is no use."""
        if link.delivered:
            await link.deliver_gap(Gap(link.last_at, error.reason))
        if not error.retriable or link.live is False or self._config.live is False:
            raise error
        if link.first_wall is not None and self._connection.clock.now() - link.first_wall > HEALTHY_S:
            self._backoff.healthy()
        if link.delivered and error.reason in SILENT:
            await self._on_status(Status(State.STALLED, error.reason, str(error)))
        delay_s = self._backoff.next_s(error.reason)
        attempt = self._backoff.attempt
        if self._config.max_attempts is not None and attempt >= self._config.max_attempts:
            raise SourceError(
                f"gave up after {attempt} attempt{'s' * (attempt > 1)}: {error}", Reason.GAVE_UP
            ) from error
        self._connection.meter.reconnected(error.reason)
        if attempt & (attempt - 1) == 0:  # a stream that is down for a night logs a dozen lines
            log.info(
                "source broke", reason=error.reason, detail=str(error), attempt=attempt, retry_in_s=round(delay_s, 2)
            )
        await self._on_status(Status(State.RETRYING, error.reason, str(error), attempt, delay_s))
        await asyncio.sleep(delay_s)


def read_connection(connection: Connection, link: Link) -> Reason:
    """One connection, in its own thread, until it ends or breaks."""
    url, config = connection.url, connection.config
    hardware = Hardware(wanted=config.decode == "gpu")
    opener = Opener(url, config, connection.client, link, connection.clock, connection.memory, hardware)
    decoding = Decoding(
        config,
        link,
        connection.clock,
        connection.meter,
        audio=link.listens,
        hardware=hardware,
        mixing=connection.mixing,
    )
    live = False
    try:
        for part in opener.parts():
            live = part.live
            decoding.run(part)
    except (OSError, EOFError, av.error.FFmpegError) as error:
        raise explain(error, url, opening=False, live=live) from error
    return Reason.END_OF_STREAM


def _cancels(heard: str) -> None:
    log.warning(
        "left and right cancel each other, as where a plug inverts one: one of them is heard alone", heard=heard
    )
