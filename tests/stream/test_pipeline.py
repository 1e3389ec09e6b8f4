"""One livestream end to end with a scripted source, encoder and search: what is shown is always hidden."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import Encoded, Match, Patches
from engines.shows import FalseShows
from indexes.fake import scripted_scope
from stream.batching import Batcher
from stream.channel import Channel
from stream.clock import ManualClock
from stream.config import StreamConfig
from stream.errors import SourceLost
from stream.fuse import Look
from stream.metrics import Metrics
from stream.pipeline import reason_of, run_stream
from stream.shared import Shared
from stream.shelf import Offer, Shelf
from stream.types import Change, Decision, Frame, Gap, Image, Reason, Status

if TYPE_CHECKING:
    from stream.matching import Query

pytestmark = pytest.mark.unit

QUICK = FalseShows(at_even=20.0, fall=1.0)  # a curve whose budget of one an hour is met at 0.95

ANYTHING = Encoded(
    np.ones(1, np.float32),
    Patches(np.zeros((0, 1), np.float16), np.zeros((0, 4), np.float32), np.zeros((0, 0, 3), np.uint8)),
)
SCOPE = scripted_scope(1)  # the scripted search does not look at it


def frame(at: float) -> Frame:
    """The picture's one pixel says which product is in view: its half second."""
    return Frame(at=at, image=np.full((1, 1, 3), int(at * 2) % 256, np.uint8), wall=at)


def encode(images: Sequence[Image]) -> list[Encoded]:
    return [ANYTHING for _ in images]


def look(queries: Sequence[Query]) -> list[Look]:
    sure = Match(logit=5.0, visual=1.0, patches=1.0)
    return [Look(query.view.at, {"A": sure} if query.view.at < 5 else {}) for query in queries]


def late(queries: Sequence[Query]) -> list[Look]:
    """A search that needs a second to find A, and then knows that it was there all along, but for the first view."""
    looks = []
    for query in queries:
        at, asked = query.view.at, query.only == ["A"]
        odds = 5.0 if at >= 2 or (asked and at > 0) else -8.0
        looks.append(Look(at, {"A": Match(logit=odds, visual=1.0, patches=1.0)} if asked or at >= 2 else {}))
    return looks


@dataclass
class House:
    """What a worker would give a livestream, and what came out of it."""

    shared: Shared
    decided: asyncio.Event
    decisions: list[Decision] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)

    shelf: Shelf = field(default_factory=lambda: Shelf(Offer(SCOPE)))

    async def run(self, *, pace: str = "fast") -> Reason:
        config = StreamConfig.model_validate({"stream_id": "live-1", "url": "script:", "source": {"pace": pace}})

        async def publish(decision: Decision) -> None:
            self.decisions.append(decision)
            self.decided.set()

        async def on_status(status: Status) -> None:
            self.statuses.append(status)

        return await run_stream(config, self.shelf, self.shared, publish=publish, on_status=on_status)

    def told(self) -> list[tuple[Change, float, Reason | None]]:
        return [(d.change, (d.hidden_at or d.shown_at).pts, d.why) for d in self.decisions]


Script = Callable[[Channel[Frame | Gap]], Awaitable[Reason]]


@asynccontextmanager
async def house(
    script: Script,
    *,
    encoder: Callable[[Sequence[Image]], list[Encoded]] = encode,
    looker: Callable[[Sequence[Query]], list[Look]] = look,
    decided: asyncio.Event | None = None,
) -> AsyncIterator[House]:
    async def play(_url: str, _config: object, frames: Channel[Frame | Gap], _audio: None, **_: object) -> Reason:
        return await script(frames)

    encoders: Batcher[Image, Encoded] = Batcher("encode", encoder, max_batch=4)
    lookers: Batcher[Query, Look] = Batcher("look", looker, max_batch=1)
    encoders.start()
    lookers.start()
    yield House(
        Shared(encoders, lookers, Metrics(), ManualClock(), play, false_shows=QUICK), decided or asyncio.Event()
    )
    assert await encoders.stop(deadline_s=5)
    assert await lookers.stop(deadline_s=5)


async def test_a_product_is_shown_and_hidden_and_the_end_is_told() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for n in range(20):
            await frames.send(frame(n / 2))
        return Reason.END_OF_STREAM

    async with house(script) as home:
        assert await home.run() is Reason.END_OF_STREAM
        assert home.told() == [(Change.SHOWN, 0.0, None), (Change.HIDDEN, 4.75, Reason.NOT_SEEN)]  # last seen at 4.5
        assert set(home.decisions[0].latency) == {"decode", "queue", "encode", "window", "match", "decide"}


async def test_what_the_search_found_late_is_dated_back_to_when_it_was_there() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for n in range(8):
            await frames.send(frame(n / 2))
        return Reason.END_OF_STREAM

    async with house(script, looker=late) as it:
        await it.run()
        assert it.told()[0] == (Change.SHOWN, 0.25, None)  # first seen at 0.5


async def test_what_is_showing_at_the_end_is_hidden_with_the_end_as_reason() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for n in range(4):
            await frames.send(frame(n / 2))
        return Reason.END_OF_STREAM

    async with house(script) as home:
        await home.run()
        assert home.told()[-1] == (Change.HIDDEN, 1.5, Reason.END_OF_STREAM)


async def test_nothing_bridges_a_gap() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for at in (0.0, 0.5):
            await frames.send(frame(at))
        await frames.send(Gap(0.6, Reason.STALLED))
        await frames.send(frame(1.0))  # one sure view, and no memory of those before
        return Reason.END_OF_STREAM

    async with house(script) as home:
        await home.run()
        assert home.told() == [(Change.SHOWN, 0.0, None), (Change.HIDDEN, 0.5, Reason.STALLED)]


async def test_a_source_that_fails_for_good_hides_with_its_reason_and_raises() -> None:
    decided = asyncio.Event()

    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for at in (0.0, 0.5, 1.0):
            await frames.send(frame(at))
        await decided.wait()
        raise SourceLost("the publisher went away", Reason.READ_TIMEOUT)

    async with house(script, decided=decided) as home:
        with pytest.raises(ExceptionGroup) as caught:
            await home.run()
        assert reason_of(caught.value) is Reason.READ_TIMEOUT
        assert home.told()[-1][2] is Reason.READ_TIMEOUT
        home.shelf.put(new := Offer(scripted_scope(1, "v2")))
        assert home.shelf.offer.scope is new.scope  # what is over keeps no old gallery in memory


async def test_a_livestream_that_does_not_come_takes_up_a_new_gallery_without_a_view() -> None:
    new = Offer(scripted_scope(1, "v2"))

    async def script(_: Channel[Frame | Gap]) -> Reason:
        home.shelf.put(new)
        assert home.shelf.offer.scope is new.scope
        return Reason.END_OF_STREAM

    async with house(script) as home:
        await home.run()


async def test_cancelling_hides_with_shutdown() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for at in (0.0, 0.5, 1.0):
            await frames.send(frame(at))
        await asyncio.Event().wait()
        return Reason.END_OF_STREAM

    async with house(script) as home:
        task = asyncio.create_task(home.run())
        await home.decided.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert home.told()[-1][2] is Reason.SHUTDOWN


async def test_an_engine_error_fails_the_livestream_and_nothing_is_swallowed() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        await frames.send(frame(0.0))
        await asyncio.sleep(10)
        return Reason.END_OF_STREAM

    def broken(images: Sequence[Image]) -> list[Encoded]:
        raise RuntimeError("out of memory")

    async with house(script, encoder=broken) as home:
        with pytest.raises(ExceptionGroup) as caught:
            await home.run()
        assert reason_of(caught.value) is Reason.INTERNAL
        assert home.decisions == []


async def test_a_slow_encoder_drops_old_frames_of_a_live_stream_and_counts_them() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for n in range(100):
            await frames.send(frame(n / 2))
        return Reason.END_OF_STREAM

    async with house(script) as home:
        await home.run(pace="realtime")
        exposed = home.shared.metrics.render().decode()
        assert 'nowshowing_frames_dropped_total{cause="behind"}' in exposed


async def test_a_stale_frame_gives_way_to_newer_ones_that_wait_and_is_counted() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for wall in (-5.0, -4.0, 0.0):  # the clock stands at 0
            await frames.send(Frame(at=5.0 + wall, image=np.zeros((1, 1, 3), np.uint8), wall=wall))
        return Reason.END_OF_STREAM

    seen = 0

    def counting(images: Sequence[Image]) -> list[Encoded]:
        nonlocal seen
        seen += len(images)
        return encode(images)

    async with house(script, encoder=counting) as home:
        await home.run(pace="realtime")
        exposed = home.shared.metrics.render().decode()
    assert seen == 1
    assert 'nowshowing_frames_dropped_total{cause="stale"} 2.0' in exposed


async def test_a_replay_drops_nothing_however_old_its_frames_are() -> None:
    async def script(frames: Channel[Frame | Gap]) -> Reason:
        for wall in (-9.0, -8.0, -7.0):
            await frames.send(Frame(at=9.0 + wall, image=np.zeros((1, 1, 3), np.uint8), wall=wall))
        return Reason.END_OF_STREAM

    async with house(script) as home:
        await home.run(pace="fast")
        exposed = home.shared.metrics.render().decode()
    assert "frames_dropped_total{" not in exposed.replace('cause="behind"} 0.0', "")
