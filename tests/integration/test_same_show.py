"""One show, three ways in: a file, RTMP and HLS through real servers tell the same products in the same order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from stream.worker import Worker
from tests.integration.shows import SECONDS, Collector, worker_config

if TYPE_CHECKING:
    from tests.integration.media_servers import MediaServer
    from tests.integration.shows import Show

pytestmark = [pytest.mark.media, pytest.mark.timeout(240)]


async def over_the_air(show: Show, server: MediaServer, name: str, url: str) -> list[str]:
    """Publishes the show once, in real time, and returns what was told of it."""
    told = Collector()
    config = worker_config(show.gallery, {name: url}, allow_private_hosts=True, stall_after_s=2.0)
    async with Worker(config, sinks=[told]):
        with server.publishing(show.video, name, times=1):
            await told.until(lambda: told.hidden(name) >= len(show.products), within_s=SECONDS + 40)
    return told.told(name)


async def test_a_file_tells_every_listed_product_in_order(show: Show) -> None:
    told = Collector()
    async with Worker(
        worker_config(show.gallery, {"file": str(show.video)}, allow_files=True, pace="fast"), sinks=[told]
    ) as worker:
        async with asyncio.timeout(120):
            await worker.finished()
        assert not worker.failures
    assert told.told("file") == show.products
    assert told.hidden("file") == len(show.products)


async def test_rtmp_tells_the_same(show: Show, media_server: MediaServer) -> None:
    assert await over_the_air(show, media_server, "same-rtmp", media_server.rtmp("same-rtmp")) == show.products


async def test_hls_tells_the_same(show: Show, media_server: MediaServer) -> None:
    assert await over_the_air(show, media_server, "same-hls", media_server.hls("same-hls")) == show.products
