"""The publisher dies for twenty seconds and comes back: what showed is hidden, and nothing old survives."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from stream.types import Change, Reason, State
from stream.worker import Worker
from tests.integration.shows import Collector, worker_config

if TYPE_CHECKING:
    from stream.events import ProductData
    from tests.integration.media_servers import MediaServer
    from tests.integration.shows import Show

pytestmark = [pytest.mark.media, pytest.mark.timeout(180)]

AWAY_S = 20.0
RECOVERY_S = 3.0
HLS, RTMP = "dies-hls", "dies-rtmp"


def playlist(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def new_segment(url: str, old: bytes) -> float:
    """When the playlist first tells of something new."""
    while playlist(url) in (old, b""):
        time.sleep(0.05)
    return time.time()


async def test_what_showed_is_hidden_and_the_livestream_comes_back_clean(
    show: Show, media_server: MediaServer
) -> None:
    told = Collector()
    urls = {HLS: media_server.hls("dies"), RTMP: media_server.rtmp("dies")}
    config = worker_config(show.gallery, urls, allow_private_hosts=True, stall_after_s=3.0, read_timeout_s=3.0)
    async with Worker(config, sinks=[told]):
        with media_server.publishing(show.video, "dies") as publisher:
            await told.until(lambda: all(told.told(name) for name in urls), within_s=60)
            publisher.kill()
        old = await asyncio.to_thread(playlist, urls[HLS])
        away = asyncio.create_task(asyncio.sleep(AWAY_S))
        await told.until(lambda: all(told.hidden(name) for name in urls), within_s=AWAY_S)
        before = {name: len(told.products[name]) for name in urls}
        await away
        with media_server.publishing(show.video, "dies"):
            back = await asyncio.to_thread(new_segment, urls[HLS], old)
            await told.until(lambda: all(len(told.live_at.get(name, [])) == 2 for name in urls), within_s=30)
            await told.until(lambda: all(len(told.products[n]) > before[n] for n in urls), within_s=60)

    for name in urls:
        assert told.live_at[name][1] - back < RECOVERY_S
        lived = [status.state for status in told.statuses[name]]
        first = lived.index(State.LIVE)
        assert lived[first : first + 3] == [State.LIVE, State.STALLED, State.RETRYING]
        events = told.products[name]
        hidden = events[before[name] - 1]
        assert (hidden.state, hidden.reason) == (Change.HIDDEN, Reason.STALLED)
        assert_new_life(events[before[name]], show)


def assert_new_life(first: ProductData, show: Show) -> None:
    """The first event after the gap is a fresh show of the first product, on the new connection's own time."""
    assert first.state is Change.SHOWN
    assert first.product_id == show.products[0]
    assert first.evidence.frames < 6
    assert 0 <= first.shown_at.pts < 8
