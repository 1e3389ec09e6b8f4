"""One livestream's life: what breaks in it stays in it, and a stop is a stop, whatever the moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from indexes.fake import scripted_scope
from stream.batching import Batcher
from stream.clock import ManualClock
from stream.config import StreamConfig
from stream.events import StatusData, Versions
from stream.livestream import Livestream
from stream.metrics import Metrics
from stream.scribe import ProductFacts, Scribe
from stream.shared import Shared
from stream.shelf import Offer, Shelf
from stream.types import Reason, State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engines.base import Encoded
    from stream.events import Event
    from stream.fuse import Look
    from stream.matching import Query
    from stream.types import Image

pytestmark = pytest.mark.unit


class Stage:
    """A livestream whose source is a script, and the statuses it told."""

    def __init__(self, script: Callable[[], Awaitable[Reason]]) -> None:
        self.told: list[tuple[State, Reason]] = []
        config = StreamConfig.model_validate({"stream_id": "live-1", "url": "script:"})
        versions = Versions(bundle="b", gallery="g", program="p")
        scribe = Scribe("live-1", None, 1, versions, lambda _: ProductFacts(), ManualClock(1000.0))
        self.livestream = Livestream(config, Shelf(Offer(scripted_scope(1))), scribe, self._publish)

        async def play(*_: object, **__: object) -> Reason:
            return await script()

        encode: Batcher[Image, Encoded] = Batcher("encode", lambda _: [], max_batch=1)
        look: Batcher[Query, Look] = Batcher("look", lambda _: [], max_batch=1)
        self._shared = Shared(encode, look, Metrics(), ManualClock(1000.0), play)

    def _publish(self, event: Event) -> None:
        if isinstance(event.data, StatusData):
            self.told.append((event.data.state, event.data.reason))

    def start(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.livestream.run(self._shared))


async def stopped(stage: Stage, task: asyncio.Task[None]) -> None:
    stage.livestream.stop(task)
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("ticks", range(8))
async def test_a_stop_that_comes_with_a_failure_is_not_lost(ticks: int) -> None:
    async def script() -> Reason:
        raise RuntimeError("a fault of ours")

    stage = Stage(script)
    task = stage.start()
    for _ in range(ticks):
        await asyncio.sleep(0)
    await stopped(stage, task)
    if stage.told:  # else it was stopped before it began
        assert stage.told[-1] == (State.ENDED, Reason.SHUTDOWN)


async def test_a_stop_during_the_pause_before_a_restart_is_told() -> None:
    failed = asyncio.Event()

    async def script() -> Reason:
        failed.set()
        raise RuntimeError("a fault of ours")

    stage = Stage(script)
    task = stage.start()
    await failed.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    await stopped(stage, task)
    assert stage.told[-2:] == [(State.RETRYING, Reason.INTERNAL), (State.ENDED, Reason.SHUTDOWN)]


async def test_after_thousands_of_failures_it_is_still_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    enough, runs = asyncio.Event(), 0

    async def script() -> Reason:
        nonlocal runs
        runs += 1
        if runs == 2000:
            enough.set()
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("stream.livestream.RESTART_MAX_S", 0.0)
    monkeypatch.setattr("stream.livestream.log.error", lambda *_, **__: None)
    stage = Stage(script)
    task = stage.start()
    async with asyncio.timeout(30):
        await asyncio.wait([task, asyncio.create_task(enough.wait())], return_when=asyncio.FIRST_COMPLETED)
    assert not task.done()
    await stopped(stage, task)


async def test_a_livestream_that_is_over_says_so_and_ends() -> None:
    async def script() -> Reason:
        return Reason.END_OF_STREAM

    stage = Stage(script)
    await stage.start()
    assert stage.told == [(State.STARTING, Reason.REQUESTED), (State.ENDED, Reason.END_OF_STREAM)]
