"""What a worker held goes with it, and what a livestream held goes with its end: told by what is still alive."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from engines.fake import FakeBundle
from stream import worker as module
from stream.config import WorkerConfig
from stream.worker import Worker
from tests.integration.bad_neighbours import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stream.fuse import Look
    from stream.matching import Query
    from stream.types import Decision, Sighting

pytestmark = [pytest.mark.media, pytest.mark.timeout(120)]


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
