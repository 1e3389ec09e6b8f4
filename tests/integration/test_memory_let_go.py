"""What a worker held goes with it, and what a livestream held goes with its end: told by what is still alive."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import TYPE_CHECKING, Self

import pytest

from engines.fake import FakeBundle, FakeEncoder, FakeMatcher
from indexes.gallery import open_gallery
from stream import worker as module
from stream.batching import Batcher
from stream.channel import Channel
from stream.clock import SteadyClock
from stream.config import StreamConfig, WorkerConfig
from stream.events import StatusData, Versions
from stream.link import Link
from stream.livestream import Livestream
from stream.matching import Query, looker
from stream.metrics import Metrics
from stream.mind import Mind
from stream.scribe import ProductFacts, Scribe
from stream.shared import Shared
from stream.shelf import Offer, Shelf
from stream.types import Frame, State, View
from stream.worker import Worker
from tests.integration.bad_neighbours import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engines.base import Encoded
    from indexes.scope import Scope
    from stream.events import Event
    from stream.fuse import Look
    from stream.types import Decision, Image, Sighting

pytestmark = [pytest.mark.media, pytest.mark.timeout(120)]

TIMES = 20  # livestreams started and stopped, one after the other
OF_A_LIVESTREAM = (Livestream, Mind, Channel, Link, Query, View, Frame)


class Seen:
    """Looks on, and keeps what it saw: it must go with its worker."""

    def __init__(self) -> None:
        self.kept: list[Query] = []

    async def judged(
        self,
        query: Query,
        look: Look,
        sighting: Sighting | None,
        decisions: Sequence[Decision],
        earlier: Sequence[Look] = (),
    ) -> None:
        self.kept.append(query)


@pytest.fixture(autouse=True)
def _as_garbage_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "open_bundle", lambda _: FakeBundle())
    yield
    gc.unfreeze()


def config(shop: Path) -> WorkerConfig:
    source = {"allow_files": True, "pace": "fast"}
    streams = [{"stream_id": "live", "url": str(shop / "show.mp4"), "source": source}]
    return WorkerConfig.model_validate({"gallery": shop / "gallery", "http": None, "streams": streams})


async def watched(shop: Path) -> list[weakref.ref[object]]:
    seen = Seen()
    async with Worker(config(shop), sinks=[Kept()], tap=seen) as worker:
        await worker.finished()
        assert not worker.failures
    assert seen.kept
    first = seen.kept[0]
    return [weakref.ref(each) for each in (worker, seen, first.scope.gallery, first.view.encoded.embedding)]


async def test_a_worker_that_was_stopped_is_freed_with_all_that_it_held(number_shop: Path) -> None:
    held = await watched(number_shop)
    gc.collect()
    assert [ref() for ref in held] == [None] * len(held)


async def test_a_worker_that_starts_frees_what_an_earlier_one_left(number_shop: Path) -> None:
    held = await watched(number_shop)
    async with Worker(config(number_shop), sinks=[Kept()]):
        assert [ref() for ref in held] == [None] * len(held)


class Doors:
    """What livestreams share with one another, and outlive: two threads and a gallery."""

    def __init__(self, scope: Scope) -> None:
        look = looker(FakeMatcher())
        encode: Batcher[Image, Encoded] = Batcher("encode", FakeEncoder().encode, max_batch=8)
        search: Batcher[Query, Look] = Batcher("search", lambda asked: [look(one) for one in asked], max_batch=1)
        self.scope, self._doors = scope, (encode, search)
        self.shared = Shared(encode, search, Metrics(), SteadyClock())

    async def __aenter__(self) -> Self:
        for door in self._doors:
            door.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for door in self._doors:
            await door.stop(deadline_s=5)

    async def run(self, video: Path, *, pace: str, until: State) -> None:
        """One livestream, until it is in that state; stopped there, if that is not its end."""
        there = asyncio.Event()

        def publish(event: Event) -> None:
            if isinstance(event.data, StatusData) and event.data.state is until:
                there.set()

        source = {"allow_files": True, "pace": pace}
        config = StreamConfig.model_validate({"stream_id": "live", "url": str(video), "source": source})
        versions = Versions(bundle="b", gallery="g", program="p")
        scribe = Scribe("live", None, 1, versions, lambda _: ProductFacts(), self.shared.clock)
        livestream = Livestream(config, Shelf(Offer(self.scope)), scribe, publish)
        task = asyncio.create_task(livestream.run(self.shared))
        await there.wait()
        livestream.stop(task)
        await asyncio.wait([task])
        for thread in threading.enumerate():
            if thread.name.startswith("source "):  # of a connection that was abandoned: it ends when it sees that
                await asyncio.to_thread(thread.join, 10)


def of_livestreams() -> list[str]:
    gc.collect()
    return [type(one).__name__ for one in gc.get_objects() if type(one) in OF_A_LIVESTREAM]


@pytest.mark.parametrize(("pace", "until"), [("fast", State.ENDED), ("realtime", State.LIVE)])
async def test_livestreams_that_end_or_are_stopped_leave_nothing_behind(
    number_shop: Path, pace: str, until: State
) -> None:
    gallery = await asyncio.to_thread(open_gallery, number_shop / "gallery", bundle_hash=FakeBundle().hash)
    async with Doors(gallery.scope()) as doors:
        before = len(of_livestreams())
        for _ in range(TIMES):
            await doors.run(number_shop / "show.mp4", pace=pace, until=until)
        assert of_livestreams()[before:] == []


async def test_a_gallery_that_was_replaced_is_not_held_by_a_thread_that_waits(number_shop: Path) -> None:
    gallery = await asyncio.to_thread(open_gallery, number_shop / "gallery", bundle_hash=FakeBundle().hash)
    async with Doors(gallery.scope()) as doors:
        await doors.run(number_shop / "show.mp4", pace="fast", until=State.ENDED)
        held = weakref.ref(gallery)
        del gallery, doors.scope
        gc.collect()
        assert held() is None
