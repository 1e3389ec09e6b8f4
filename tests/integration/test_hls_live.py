"""HLS from a real nginx: joining, stalls told apart from ends, recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.types import Reason, State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.media_servers import MediaServer
    from tests.viewer import Viewer

pytestmark = pytest.mark.media


async def test_a_live_playlist_is_joined_before_it_exists_and_followed(
    media_server: MediaServer, recording: Path, viewer: Viewer
) -> None:
    async with viewer.playing(media_server.hls("followed"), pace="realtime", audio=True):
        await viewer.until(lambda: bool(viewer.statuses))
        assert viewer.statuses[0].reason is Reason.NOT_FOUND
        with media_server.publishing(recording, "followed"):
            await viewer.until(lambda: bool(viewer.frames) and viewer.frames[-1].at > 3.0)
    assert viewer.states == [State.RETRYING, State.LIVE]
    assert not viewer.gaps
    steps = [b.at - a.at for a, b in zip(viewer.frames, viewer.frames[1:], strict=False)]
    assert max(steps) < 0.5
    assert len(viewer.chunks) > 20


async def test_a_publisher_that_dies_is_a_stall_and_recovery_is_quick(
    media_server: MediaServer, recording: Path, viewer: Viewer
) -> None:
    async with viewer.playing(media_server.hls("stalled"), pace="realtime", stall_after_s=2.0):
        with media_server.publishing(recording, "stalled") as publisher:
            await viewer.until(lambda: bool(viewer.frames) and viewer.frames[-1].at > 2.0)
            publisher.kill()
            await viewer.until(lambda: State.STALLED in viewer.states)
            await viewer.until(lambda: viewer.states[-1] is State.RETRYING)
        before = len(viewer.frames)
        with media_server.publishing(recording, "stalled"):
            await viewer.until(lambda: len(viewer.frames) >= before + 5)
    start = viewer.states.index(State.LIVE)
    assert viewer.states[start : start + 4] == [State.LIVE, State.STALLED, State.RETRYING, State.LIVE]
    assert [gap.why for gap in viewer.gaps] == [Reason.STALLED]
