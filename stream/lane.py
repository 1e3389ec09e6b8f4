"""One sink with its backlog and its task: holds on to an event until the sink has taken it. Knows no other sink."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from stream.backlog import Backlog
from stream.errors import EventRefused, PublishError, SinkGone, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stream.clock import Clock
    from stream.events import Event
    from stream.metrics import Metrics
    from stream.sink import Sink

log = structlog.get_logger()

RETRY_FIRST_S, RETRY_MAX_S = 0.2, 5.0
LOG_EVERY_S = 1.0
STOP_S = 5.0  # for a sink to let go, after its backlog was drained or given up


@dataclass(frozen=True, slots=True)
class SinkFacts:
    """A sink as operators see it. `state`: starting, up, down (tried again), gone (nobody reads there)."""

    name: str
    state: str
    since: float  # epoch seconds
    why: str  # what is wrong; empty while up
    waiting: int
    sent: int
    lost: int


class _Outcome(Enum):
    DONE = "done"
    AGAIN = "again"
    NEVER = "never"


class Lane:
    """`run` is the task; everything else is called on the same loop and never waits."""

    def __init__(self, sink: Sink, metrics: Metrics, clock: Clock, capacity: int, *, main: bool) -> None:
        """`main`: this sink's acknowledgements are what the event metrics speak of."""
        self.name = sink.name
        self.gone = asyncio.Event()
        self._sink = sink
        self._metrics = metrics
        self._clock = clock
        self._main = main
        self._backlog = Backlog(capacity)
        self._holding: Event | None = None
        self._closed = False
        self._changed = asyncio.Event()
        self._state, self._since, self._why = "starting", clock.now(), ""
        self._sent = self._lost = 0
        self._logged_at = self._since - LOG_EVERY_S
        metrics.sink_up(self.name, up=False)

    def facts(self) -> SinkFacts:
        return SinkFacts(self.name, self._state, self._since, self._why, self._waiting, self._sent, self._lost)

    def push(self, event: Event) -> None:
        if self.gone.is_set():
            self._lose("gone", 1)
            return
        if lost := self._backlog.push(event):
            self._lose("full", len(lost))
        self._metrics.sink_queue(self.name, self._waiting)
        self._changed.set()

    def close(self) -> bool:
        """No more will come: the task ends when all is sent. True if nothing waits even now."""
        self._closed = True
        self._changed.set()
        return self._waiting == 0

    async def run(self) -> None:
        try:
            await self._start()
            while not self.gone.is_set() and (event := await self._next()) is not None:
                await self._deliver(event)
        finally:
            left = self._waiting
            self._backlog.clear()
            self._holding = None
            self._lose("gone" if self.gone.is_set() else "shutdown", left)
            self._metrics.sink_queue(self.name, 0)
            await self._let_go()

    @property
    def _waiting(self) -> int:
        return len(self._backlog) + (self._holding is not None)

    async def _start(self) -> None:
        await self._persist(self._sink.start, give_up=_Outcome.AGAIN)

    async def _next(self) -> Event | None:
        while not self._backlog:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        self._holding = self._backlog.pop()
        return self._holding

    async def _deliver(self, event: Event) -> None:
        stamped = event.handed_over(self._clock.now())
        outcome = await self._persist(lambda: self._sink.send(stamped), give_up=_Outcome.NEVER)
        if self.gone.is_set():
            return  # still held: `run` counts it with the rest
        self._holding = None
        self._metrics.sink_queue(self.name, self._waiting)
        if outcome is _Outcome.NEVER:
            return
        self._sent += 1
        if self._main:
            self._metrics.event_published(event.type.value, self._clock.now() - event.frame_wall)

    async def _persist(self, act: Callable[[], Awaitable[None]], *, give_up: _Outcome) -> _Outcome:
        """Tries until it works or never will. `give_up`: what an error that is a bug means."""
        pause_s = RETRY_FIRST_S
        while (outcome := await self._attempt(act, give_up)) is _Outcome.AGAIN:
            self._metrics.sink_retried(self.name)
            await asyncio.sleep(random.uniform(pause_s / 2, pause_s))  # noqa: S311  jitter, not a secret
            pause_s = min(pause_s * 2, RETRY_MAX_S)
        return outcome

    async def _attempt(self, act: Callable[[], Awaitable[None]], bug: _Outcome) -> _Outcome:
        try:
            await act()
        except SinkGone as error:
            self._move("gone", str(error))
            self.gone.set()
            return _Outcome.NEVER
        except EventRefused as error:
            self._lose("refused", 1, str(error))
            return _Outcome.NEVER
        except PublishError as error:
            self._move("down", str(error))
            return _Outcome.AGAIN
        except UsageError:
            raise  # it was told to go where it never can: that ends the program, and says so
        except Exception as error:  # noqa: BLE001  the task's boundary: a bug in one sink stays in that sink
            self._move("down", f"{type(error).__name__}: {error}")
            if bug is _Outcome.NEVER:
                self._lose("error", 1, f"{type(error).__name__}: {error}")
            return bug
        self._move("up", "")
        return _Outcome.DONE

    def _move(self, state: str, why: str) -> None:
        if (state, why) == (self._state, self._why):
            return
        before, self._why = self._state, why
        if state != before:
            self._state, self._since = state, self._clock.now()
        self._metrics.sink_up(self.name, up=state == "up")
        if state == "up":
            log.info("sink takes events", sink=self.name, before=before)
        else:
            log.error("sink takes no events", sink=self.name, state=state, why=why, waiting=self._waiting)

    def _lose(self, cause: str, n: int, why: str = "") -> None:
        """Every event that will not arrive is counted here; the log speaks at most once a second."""
        if n == 0:
            return
        self._lost += n
        self._metrics.event_failed(cause, n)
        now = self._clock.now()
        if now - self._logged_at >= LOG_EVERY_S:
            self._logged_at = now
            log.error("events lost", sink=self.name, cause=cause, why=why, lost=self._lost, waiting=self._waiting)

    async def _let_go(self) -> None:
        try:
            async with asyncio.timeout(STOP_S):
                await self._sink.stop()
        except TimeoutError:
            log.warning("sink did not stop in time", sink=self.name, deadline_s=STOP_S)
        except Exception:  # the task's boundary: nothing is left to be lost here
            log.exception("sink failed to stop", sink=self.name)
