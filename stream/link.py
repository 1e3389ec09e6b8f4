"""The door between one connection's thread and the loop. Knows what travels, not how it is made.

The loop can shut the door at any time: from then on nothing that the thread still does is seen by anybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import traceback
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from concurrent.futures import Future

    from stream.channel import Channel
    from stream.clock import Clock
    from stream.types import AudioChunk, Frame, Gap, Reason, Seconds

GRACE_S = 2.0  # beyond a call's own deadline: FFmpeg looks at it between system calls only


class Abandoned(Exception):
    """Raised in the thread once the door is shut."""


class Link:
    """Made on the loop. `tick`, `allow`, `sleep`, `connected`, `frame`, `chunk`, `gap` are for the thread."""

    def __init__(
        self,
        frames: Channel[Frame | Gap],
        audio: Channel[AudioChunk | Gap] | None,
        clock: Clock,
        *,
        patience_s: float,
        on_first: Callable[[], Awaitable[None]],
    ) -> None:
        """`patience_s`: how long the thread may stay in one call; `on_first` is awaited before the first frame."""
        self.ended: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()
        self.live: bool | None = None  # None: not connected yet
        self.last_at: Seconds = 0.0
        self.first_wall: float | None = None
        self._loop = asyncio.get_running_loop()
        self._frames = frames
        self._audio = audio
        self._clock = clock
        self._patience_s = patience_s
        self._on_first = on_first
        self._stopped = threading.Event()
        self._due = clock.now() + patience_s
        self._pending: Future[None] | None = None

    @property
    def listens(self) -> bool:
        return self._audio is not None

    @property
    def delivered(self) -> bool:
        return self.first_wall is not None

    def start(self, read: Callable[[Link], Reason], name: str) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(read,), name=name, daemon=True)
        thread.start()
        return thread

    def hung(self) -> bool:
        return self._clock.now() > self._due + GRACE_S

    def abandon(self) -> None:
        """Shuts the door. Does not wait for the thread, which ends at its next `tick`, or never."""
        self._stopped.set()
        if self._pending is not None:
            self._pending.cancel()
        self.ended.cancel()

    def tick(self) -> None:
        """Proof of life; raises Abandoned when nobody wants the rest."""
        if self._stopped.is_set():
            raise Abandoned
        self._due = self._clock.now() + self._patience_s

    def allow(self, seconds: float) -> None:
        """The next call may take this long before the thread counts as hung."""
        self.tick()
        self._due = self._clock.now() + seconds

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._due = math.inf
            self._stopped.wait(seconds)
        self.tick()

    def connected(self, *, live: bool) -> None:
        self.live = live

    def frame(self, frame: Frame) -> None:
        self._send(lambda: self._deliver_frame(frame))

    def chunk(self, chunk: AudioChunk) -> None:
        audio = self._audio
        if audio is not None:
            stamped = replace(chunk, wall=self._clock.now())
            self._send(lambda: audio.send(stamped))

    def gap(self, gap: Gap) -> None:
        self._send(lambda: self.deliver_gap(gap))

    async def deliver_gap(self, gap: Gap) -> None:
        await self._frames.send(gap)
        if self._audio is not None:
            await self._audio.send(gap)

    async def _deliver_frame(self, frame: Frame) -> None:
        if self.first_wall is None:
            self.first_wall = frame.wall
            await self._on_first()
        self.last_at = frame.at
        await self._frames.send(frame)

    def _send(self, delivery: Callable[[], Coroutine[None, None, None]]) -> None:
        """Blocks the thread until the loop has taken it; waiting for room is no sign of a hung decoder."""
        guarded = self._if_wanted(delivery)
        try:
            future = asyncio.run_coroutine_threadsafe(guarded, self._loop)
        except RuntimeError as error:  # the loop has stopped
            guarded.close()
            raise Abandoned from error
        self._due = math.inf
        self._pending = future
        try:
            future.result()
        except CancelledError as error:
            raise Abandoned from error
        self.tick()

    async def _if_wanted(self, delivery: Callable[[], Coroutine[None, None, None]]) -> None:
        """Runs on the loop, as `abandon` does: nothing slips through between the look and the sending."""
        if self._stopped.is_set():
            raise asyncio.CancelledError
        await delivery()

    def _run(self, read: Callable[[Link], Reason]) -> None:
        try:
            outcome: Reason | Exception = read(self)
        except Exception as error:  # noqa: BLE001  the thread's boundary: the cause is handed on, not lost
            outcome = error
            _let_go(error)
        with contextlib.suppress(RuntimeError):  # the loop has stopped: nobody is left to tell
            self._loop.call_soon_threadsafe(self._finish, outcome)
        del outcome  # it knows this frame by its traceback: a circle, which only a full collection would break

    def _finish(self, outcome: Reason | Exception) -> None:
        if self.ended.done():
            return
        if isinstance(outcome, Exception):
            self.ended.set_exception(outcome)
        else:
            self.ended.set_result(outcome)


def _let_go(error: BaseException | None) -> None:
    """Empties the frames that the error came through: they hold the decoder and its pictures, tens of megabytes."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
