"""RTMP through a real nginx: joining, and a publisher that dies and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.types import Reason, State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.media_servers import MediaServer
    from tests.viewer import Viewer

pytestmark = pytest.mark.media


async def test_a_livestream_is_joined_with_pictures_and_sound(
    media_server: MediaServer, recording: Path, viewer: Viewer
) -> None:
    with media_server.publishing(recording, "joined"):
        async with viewer.playing(media_server.rtmp("joined"), pace="realtime", audio=True):
            await viewer.until(lambda: len(viewer.frames) >= 5 and len(viewer.chunks) >= 10)
    assert viewer.states == [State.LIVE]
    assert viewer.frames[0].at == pytest.approx(0.0, abs=0.05)
    assert viewer.frames[0].image.shape == (360, 640, 3)
    times = [frame.at for frame in viewer.frames]
    assert times == sorted(times)
    assert viewer.chunks[5].samples.shape == (1600,)


async def test_a_publisher_that_dies_is_waited_for_and_joined_again(
    media_server: MediaServer, recording: Path, viewer: Viewer
) -> None:
    url = media_server.rtmp("revived")
    async with viewer.playing(url, pace="realtime", stall_after_s=2.0, open_timeout_s=4.0):
        with media_server.publishing(recording, "revived") as publisher:
            await viewer.until(lambda: len(viewer.frames) >= 3)
            publisher.kill()
            await viewer.until(lambda: State.RETRYING in viewer.states)
        before = len(viewer.frames)
        with media_server.publishing(recording, "revived"):
            await viewer.until(lambda: len(viewer.frames) >= before + 3)
    start = viewer.states.index(State.LIVE)
    assert viewer.states[start : start + 4] == [State.LIVE, State.STALLED, State.RETRYING, State.LIVE]
    assert [gap.why for gap in viewer.gaps] == [Reason.STALLED]
    after = viewer.items[viewer.items.index(viewer.gaps[0]) + 1]
    assert after.at == pytest.approx(0.0, abs=0.05)  # a connection has its own stream time


async def test_a_stream_nobody_publishes_is_given_up_with_a_reason(media_server: MediaServer, viewer: Viewer) -> None:
    with pytest.raises(Exception, match="gave up after 1 attempt:"):
        await viewer.play(media_server.rtmp("nobody"), open_timeout_s=1.0, max_attempts=1)
    assert "nobody" not in str(viewer.statuses)  # the last step of the path is a stream key
