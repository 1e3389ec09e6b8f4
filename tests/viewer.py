"""Plays a source in a test and keeps what came out of it, with waiting by condition instead of by time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

from stream.channel import Channel, Policy
from stream.clock import SteadyClock
from stream.config import SourceConfig
from stream.source import play
from stream.types import AudioChunk, Frame, Gap, Reason, State, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from stream.source import Read

DEADLINE_S = 30.0
T = TypeVar("T")


class Tally:
    """The meter that a source needs, counting."""

    def __init__(self) -> None:
        self.kept = 0
        self.abandoned = 0
        self.silenced = 0
        self.dropped: list[str] = []
        self.reconnects: list[Reason] = []

    def frame_kept(self) -> None:
        self.kept += 1

    def frames_dropped(self, cause: str, n: int) -> None:
        self.dropped.extend([cause] * n)

    def sound_silenced(self, samples: int) -> None:
        self.silenced += samples

    def decoder_abandoned(self) -> None:
        self.abandoned += 1

    def reconnected(self, cause: Reason) -> None:
        self.reconnects.append(cause)

    def stage(self, stage: str, seconds: float) -> None:
        assert seconds >= 0, stage


class Viewer:
    def __init__(self) -> None:
        self.items: list[Frame | Gap] = []
        self.sounds: list[AudioChunk | Gap] = []
        self.statuses: list[Status] = []
        self.meter = Tally()
        self.over = False
        self._changed = asyncio.Condition()

    @property
    def frames(self) -> list[Frame]:
        return [item for item in self.items if isinstance(item, Frame)]

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.items if isinstance(item, Gap)]

    @property
    def chunks(self) -> list[AudioChunk]:
        return [item for item in self.sounds if isinstance(item, AudioChunk)]

    @property
    def states(self) -> list[State]:
        """Without the repeats of one that is retried several times."""
        states = [status.state for status in self.statuses]
        return [state for i, state in enumerate(states) if i == 0 or states[i - 1] is not state]

    async def until(
        self, condition: Callable[[], bool], deadline_s: float = DEADLINE_S, poll_s: float | None = None
    ) -> None:
        """`poll_s`: look also that often, for conditions that no item or status of ours makes true."""
        if poll_s is not None:
            async with asyncio.timeout(deadline_s):
                while not condition():  # noqa: ASYNC110  what happens in a server has no event here
                    await asyncio.sleep(poll_s)
            return
        async with asyncio.timeout(deadline_s), self._changed:
            await self._changed.wait_for(lambda: condition() or self.over)
        assert condition(), f"the source ended before: {self.statuses}"

    async def play(self, url: str, *, read: Read | None = None, audio: bool = False, **settings: object) -> Reason:
        """To its end."""
        async with self.playing(url, read=read, audio=audio, **settings) as task:
            return await asyncio.wait_for(task, DEADLINE_S)

    @asynccontextmanager
    async def playing(
        self, url: str, *, read: Read | None = None, audio: bool = False, **settings: object
    ) -> AsyncIterator[asyncio.Task[Reason]]:
        defaults = {"allow_files": True, "allow_private_hosts": True, "pace": "fast", "frames_per_second": 5.0}
        config = SourceConfig.model_validate({**defaults, **settings})
        frames: Channel[Frame | Gap] = Channel("frames", capacity=4, policy=Policy.WAIT)
        sounds: Channel[AudioChunk | Gap] = Channel("audio", capacity=4, policy=Policy.WAIT)
        takers = [
            asyncio.create_task(self._take(frames, self.items.append)),
            asyncio.create_task(self._take(sounds, self.sounds.append)),
        ]
        source = play(
            url,
            config,
            frames,
            sounds if audio else None,
            clock=SteadyClock(),
            metrics=self.meter,
            on_status=self._told,
            read=read,
        )
        task = asyncio.create_task(self._run(source, frames, sounds, takers))
        try:
            yield task
        finally:
            for running in (task, *takers):
                running.cancel()
            await asyncio.gather(task, *takers, return_exceptions=True)

    async def _run(
        self,
        source: Coroutine[None, None, Reason],
        frames: Channel[Frame | Gap],
        audio: Channel[AudioChunk | Gap],
        takers: list[asyncio.Task[None]],
    ) -> Reason:
        try:
            reason = await source
            await frames.close()
            await audio.close()
            await asyncio.gather(*takers)
            return reason
        finally:
            self.over = True
            await self._notify()

    async def _take(self, channel: Channel[T], keep: Callable[[T], None]) -> None:
        async for item in channel:
            keep(item)
            await self._notify()

    async def _told(self, status: Status) -> None:
        self.statuses.append(status)
        await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@pytest.fixture
async def viewer() -> Viewer:
    return Viewer()
