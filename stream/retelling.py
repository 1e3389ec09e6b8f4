"""One livestream's words told again by a summariser, now and then. Nobody waits for it; knows no sound."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import structlog

from stream.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stream.clock import Clock
    from stream.ear import Heard
    from stream.hearsay import Hearsay
    from stream.speech import Seat
    from stream.summary import Summariser
    from stream.turns import Job
    from stream.types import Words

log = structlog.get_logger()

EVERY_S = 5.0  # a host names a few products a minute, and services bill by the word


class Retelling:
    """One question under way at most; what comes while it is answered waits for the next."""

    def __init__(
        self, summariser: Summariser, ask: Callable[[Job], Awaitable[Heard]], seat: Seat, clock: Clock
    ) -> None:
        self._summariser, self._thread, self._seat, self._clock = summariser, ask, seat, clock
        self._due = 0.0
        self._task: asyncio.Task[None] | None = None

    def want(self, words: tuple[Words, ...], board: Hearsay) -> asyncio.Task[None] | None:
        """Asks about these words if it is time to; the answer goes on the board. A replay may await the task."""
        now = self._clock.now()
        if not words or now < self._due or (self._task is not None and not self._task.done()):
            return None
        self._due = now + EVERY_S
        self._task = asyncio.create_task(self._ask(words, board), name="summary")
        return self._task

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _ask(self, words: tuple[Words, ...], board: Hearsay) -> None:
        """After a gap it writes on a board that nobody reads any more."""
        try:
            summary = await self._summariser.summarise(words)
            if summary is not None:
                heard = await self._thread(partial(self._seat.retold, words, summary))
                board.push(heard.mentions, heard.until, since=heard.since)
        except ClosedError:
            return  # the speech thread has ended, which its next turn says
        except Exception:  # the task's boundary: the words stand as they are
            log.exception("a summary failed; the words stand as they are")
