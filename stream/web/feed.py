"""Events for those who watch a livestream over HTTP: a bounded ring each, read by cursor. Knows no HTTP.

Readers keep a place in the ring and nothing of their own, so a slow one costs nothing: when the ring has moved past
its place it is told so and let go, and may come back for what is showing then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream.now import NowBoard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stream.events import Event
    from stream.metrics import Metrics

RING = 512  # events kept per livestream: many minutes of a lively show
HEARTBEAT_S = 15.0  # proxies close what is silent for half a minute
RETRY_MS = 1000  # how soon a browser comes back by itself

HELLO = f"retry: {RETRY_MS}\n\n"
HEARTBEAT = ": still here\n\n"
RESET = "event: reset\ndata: {}\n\n"  # forget what you know: what is showing follows
TOO_SLOW = "event: slow\ndata: {}\n\n"  # you missed events: come back for what is showing
MAX_STREAMS = 4096  # rings; a worker holds far fewer livestreams


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    text: str


class _Ring:
    """The newest events of one livestream. Places count from its first event on."""

    def __init__(self, capacity: int) -> None:
        self._entries: deque[_Entry] = deque(maxlen=capacity)
        self.end = 0
        self.changed = asyncio.Event()

    @property
    def start(self) -> int:
        return self.end - len(self._entries)

    def push(self, entry: _Entry) -> None:
        self._entries.append(entry)
        self.end += 1
        self.wake()

    def wake(self) -> None:
        """Whoever waits has waited for this very event object; the next wait is for a new one."""
        self.changed.set()
        self.changed = asyncio.Event()

    def since(self, place: int) -> list[_Entry]:
        return list(self._entries)[place - self.start :]

    def after(self, event_id: str) -> int | None:
        """The place after that event, if it is still here."""
        for i, entry in enumerate(self._entries):
            if entry.id == event_id:
                return self.start + i + 1
        return None


class Feed:
    """Belongs to one loop. `push` never waits."""

    def __init__(self, metrics: Metrics, *, ring: int = RING, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._metrics = metrics
        self._ring = ring
        self._heartbeat_s = heartbeat_s
        self._rings: dict[str, _Ring] = {}
        self._board = NowBoard()
        self._readers = 0
        self._closed = False

    def push(self, event: Event) -> None:
        self._board.push(event)
        self._of(event.stream_id).push(_Entry(event.id, _message(event)))

    def close(self) -> None:
        """Every reader is let go; browsers come back by themselves."""
        self._closed = True
        for ring in self._rings.values():
            ring.wake()

    async def read(self, stream_id: str, last_event_id: str | None) -> AsyncIterator[str]:
        """Server-sent events from where the reader was, or from what is showing now."""
        self._count(+1)
        try:
            ring = self._of(stream_id)
            place = None if last_event_id is None else ring.after(last_event_id)
            yield HELLO
            if place is None:
                place = ring.end
                yield RESET + "".join(_message(event) for event in self._board.showing(stream_id))
            async for text in self._follow(ring, place):
                yield text
        finally:
            self._count(-1)

    async def _follow(self, ring: _Ring, place: int) -> AsyncIterator[str]:
        while True:
            if place < ring.start:
                self._metrics.reader_dropped()
                yield TOO_SLOW
                return
            changed = ring.changed
            entries = ring.since(place)
            place = ring.end
            if entries:
                yield "".join(entry.text for entry in entries)
            elif self._closed:
                return
            elif not await _within(changed, self._heartbeat_s):
                yield HEARTBEAT

    def _of(self, stream_id: str) -> _Ring:
        ring = self._rings.get(stream_id)
        if ring is None:
            if len(self._rings) >= MAX_STREAMS:
                self._rings.pop(next(iter(self._rings))).wake()
            ring = self._rings[stream_id] = _Ring(self._ring)
        return ring

    def _count(self, change: int) -> None:
        self._readers += change
        self._metrics.readers(self._readers)


def _message(event: Event) -> str:
    return f"id: {event.id}\ndata: {event.structured()}\n\n"


async def _within(changed: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return False
    return True
