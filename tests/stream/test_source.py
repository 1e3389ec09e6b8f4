"""Sources that are files: every container, clocks that jump, tracks that come late, and bytes that are no media."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import structlog
from structlog.testing import capture_logs

from stream.errors import SourceError, UrlRefused
from stream.types import Reason
from tests.clips import write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from tests.viewer import Viewer
    from tests.web import Web

pytestmark = pytest.mark.media


@pytest.mark.parametrize("suffix", ["mp4", "ts", "flv", "mkv"])
async def test_a_recording_is_played_to_its_end(viewer: Viewer, tmp_path: Path, suffix: str) -> None:
    clip = write_clip(tmp_path / f"clip.{suffix}", seconds=2.0, audio_from=0.0)
    assert await viewer.play(str(clip), audio=True) is Reason.END_OF_STREAM
    assert [frame.at for frame in viewer.frames] == pytest.approx([i / 5 for i in range(10)], abs=0.041)
    assert sum(len(chunk.samples) for chunk in viewer.chunks) / 16_000 == pytest.approx(2.0, abs=0.15)
    assert not viewer.gaps
    assert viewer.meter.kept == 10


async def test_pictures_are_scaled_once_to_the_longer_side(viewer: Viewer, tmp_path: Path) -> None:
    await viewer.play(str(write_clip(tmp_path / "wide.mp4", size=(320, 180))), longer_side=160)
    assert {frame.image.shape for frame in viewer.frames} == {(90, 160, 3)}
    assert viewer.frames[0].image.flags.c_contiguous


async def test_pictures_are_those_of_their_time(viewer: Viewer, tmp_path: Path) -> None:
    await viewer.play(str(write_clip(tmp_path / "greys.mp4", seconds=4.0)), frames_per_second=2.0)
    greys = [int(np.median(frame.image[100:])) for frame in viewer.frames]
    assert greys == pytest.approx([40, 40, 80, 80, 120, 120, 160, 160], abs=3)


async def test_the_same_pictures_are_kept_at_any_pace(viewer: Viewer, tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "clip.mp4", seconds=1.0))
    await viewer.play(clip, pace="fast")
    fast, viewer.items = [(f.at, f.image.tobytes()) for f in viewer.frames], []
    await viewer.play(clip, pace="realtime")
    assert [(f.at, f.image.tobytes()) for f in viewer.frames] == fast


async def test_frequent_key_frames_are_all_that_is_decoded(viewer: Viewer, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "intra.ts", seconds=4.0, gop=5)
    await viewer.play(str(clip), frames_per_second=2.0)
    assert [frame.at for frame in viewer.frames] == pytest.approx([0, 0.6, 1, 1.6, 2, 2.6, 3, 3.6], abs=0.11)


async def test_sound_has_the_time_of_its_pictures(viewer: Viewer, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "late.mp4", seconds=3.0, audio_from=1.5)
    await viewer.play(str(clip), audio=True)
    assert viewer.chunks[0].at == pytest.approx(1.5, abs=0.05)
    times = [chunk.at for chunk in viewer.chunks]
    assert np.diff(times) == pytest.approx(0.1, abs=0.002)


async def test_sound_whose_channels_cancel_is_heard_all_the_same_and_said_with_the_name_of_its_livestream(
    viewer: Viewer, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "plug.mp4", seconds=4.0, audio_from=0.0, channels=(1.0, -1.0))
    with (
        structlog.contextvars.bound_contextvars(stream_id="mine"),
        capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines,
    ):
        await viewer.play(str(clip), audio=True)
    assert [line["stream_id"] for line in lines if line["event"].startswith("left and right cancel")] == ["mine"]
    loud = [float(np.abs(chunk.samples).max()) for chunk in viewer.chunks]
    assert max(loud[2:18]) < 0.02
    assert min(loud[25:38]) == pytest.approx(0.3 * 2**0.5, rel=0.1)


async def test_sound_is_left_alone_where_nobody_listens(viewer: Viewer, tmp_path: Path) -> None:
    await viewer.play(str(write_clip(tmp_path / "clip.mp4", audio_from=0.0)))
    assert viewer.sounds == []


def joined(*clips: Path) -> bytes:
    return b"".join(clip.read_bytes() for clip in clips)


@pytest.mark.parametrize("start", [0.0, 500.0])
async def test_a_clock_that_jumps_is_a_gap_and_time_goes_on(viewer: Viewer, tmp_path: Path, start: float) -> None:
    first = write_clip(tmp_path / "a.ts", seconds=2.0, start=100.0, audio_from=0.0)
    second = write_clip(tmp_path / "b.ts", seconds=2.0, start=start, audio_from=0.0)
    clip = tmp_path / "both.ts"
    clip.write_bytes(joined(first, second))
    assert await viewer.play(str(clip), audio=True) is Reason.END_OF_STREAM
    assert [gap.why for gap in viewer.gaps] == [Reason.DISCONTINUITY]
    assert viewer.gaps[0].at == pytest.approx(2.0, abs=0.1)
    assert viewer.frames[-1].at == pytest.approx(3.8, abs=0.1)
    assert viewer.chunks[-1].at == pytest.approx(3.9, abs=0.2)
    times = [item.at for item in viewer.items]
    assert times == sorted(times)


async def test_a_transport_stream_clock_that_wraps_is_no_gap(viewer: Viewer, tmp_path: Path) -> None:
    wrap = 2**33 / 90_000
    first = write_clip(tmp_path / "a.ts", seconds=2.0, start=round(wrap) - 4.0)
    second = write_clip(tmp_path / "b.ts", seconds=2.0, start=round(wrap) - 2.0)
    third = write_clip(tmp_path / "c.ts", seconds=2.0, start=round(wrap) - wrap + 0.0)
    clip = tmp_path / "all.ts"
    clip.write_bytes(joined(first, second, third))
    await viewer.play(str(clip))
    assert not viewer.gaps
    assert viewer.frames[-1].at == pytest.approx(5.8, abs=1.0)


async def test_pictures_that_change_their_size_go_on(viewer: Viewer, tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.ts", seconds=2.0, start=10.0, size=(320, 180))
    second = write_clip(tmp_path / "b.ts", seconds=2.0, start=12.0, size=(180, 320))
    clip = tmp_path / "both.ts"
    clip.write_bytes(joined(first, second))
    await viewer.play(str(clip))
    assert [frame.image.shape for frame in viewer.frames][:: len(viewer.frames) - 1] == [(180, 320, 3), (320, 180, 3)]


async def test_sound_that_changes_its_rate_goes_on(viewer: Viewer, tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.ts", seconds=2.0, start=10.0, audio_from=0.0, audio_rate=44_100)
    second = write_clip(tmp_path / "b.ts", seconds=2.0, start=12.0, audio_from=0.0, audio_rate=48_000)
    clip = tmp_path / "both.ts"
    clip.write_bytes(joined(first, second))
    await viewer.play(str(clip), audio=True)
    assert sum(len(chunk.samples) for chunk in viewer.chunks) / 16_000 == pytest.approx(4.0, abs=0.3)


@pytest.mark.parametrize("suffix", ["mp4", "ts", "flv", "mkv", "m3u8", "jpg"])
async def test_random_bytes_are_no_media(viewer: Viewer, tmp_path: Path, suffix: str) -> None:
    clip = tmp_path / f"noise.{suffix}"
    clip.write_bytes(random.Random(7).randbytes(200_000))
    with pytest.raises(SourceError) as caught:
        await viewer.play(str(clip))
    assert caught.value.reason in {Reason.BAD_MEDIA, Reason.NO_VIDEO}
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["mp4", "ts", "flv"])
@pytest.mark.parametrize("share", [0.0, 0.002, 0.5])
async def test_a_truncated_recording_ends_or_is_refused(
    viewer: Viewer, tmp_path: Path, suffix: str, share: float
) -> None:
    whole = write_clip(tmp_path / f"whole.{suffix}", audio_from=0.0).read_bytes()
    clip = tmp_path / f"part.{suffix}"
    clip.write_bytes(whole[: int(len(whole) * share)])
    try:
        assert await viewer.play(str(clip)) is Reason.END_OF_STREAM
    except SourceError as error:
        assert error.reason in {Reason.BAD_MEDIA, Reason.NO_VIDEO}  # noqa: PT017  either ending is right


async def test_damaged_packets_are_counted_and_survived(viewer: Viewer, tmp_path: Path) -> None:
    data = bytearray(write_clip(tmp_path / "whole.ts", seconds=4.0, gop=10).read_bytes())
    chance = random.Random(3)
    for _ in range(200):
        data[chance.randrange(2000, len(data))] = chance.randrange(256)
    clip = tmp_path / "damaged.ts"
    clip.write_bytes(data)
    assert await viewer.play(str(clip)) is Reason.END_OF_STREAM
    assert viewer.frames


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    ],
)
async def test_a_file_cannot_make_the_demuxer_open_another(viewer: Viewer, tmp_path: Path, text: str) -> None:
    clip = tmp_path / "trick.mp4"
    clip.write_text(text)
    with pytest.raises(SourceError) as caught:
        await viewer.play(str(clip))
    assert caught.value.reason is Reason.BAD_MEDIA


async def test_pictures_that_are_too_large_are_refused(viewer: Viewer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="larger than max_width 256"):
        await viewer.play(str(write_clip(tmp_path / "clip.mp4")), max_width=256)


async def test_what_is_not_there_or_not_a_file_is_refused(viewer: Viewer, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.mp4", Reason.NOT_FOUND), (tmp_path, Reason.BAD_MEDIA)):
        with pytest.raises(SourceError) as caught:
            await viewer.play(str(path))
        assert caught.value.reason is reason


async def test_files_need_leave(viewer: Viewer, tmp_path: Path) -> None:
    with pytest.raises(UrlRefused, match="allow_files"):
        await viewer.play(str(write_clip(tmp_path / "clip.mp4")), allow_files=False)


@pytest.mark.parametrize("suffix", ["mp4", "flv", "ts"])
async def test_a_file_behind_http_is_played(viewer: Viewer, tmp_path: Path, web: Web, suffix: str) -> None:
    clip = write_clip(tmp_path / f"clip.{suffix}", audio_from=0.0)
    web.pages[f"/clip.{suffix}"] = web.ranged(clip.read_bytes())
    assert await viewer.play(web.url(f"/clip.{suffix}")) is Reason.END_OF_STREAM
    assert len(viewer.frames) == 10


async def test_a_private_host_is_refused_for_every_scheme(viewer: Viewer) -> None:
    for scheme in ("rtmp", "rtmps", "rtsp", "http", "https"):
        with pytest.raises(UrlRefused, match="allow_private_hosts"):
            await viewer.play(f"{scheme}://127.0.0.1/app/key", allow_private_hosts=False)


@pytest.mark.parametrize("scheme", ["rtmp", "rtmps", "rtsp", "http", "https"])
async def test_nobody_there_is_told_for_every_scheme(viewer: Viewer, web: Web, scheme: str) -> None:
    with pytest.raises(SourceError, match="gave up after 2 attempts") as caught:
        await viewer.play(f"{scheme}://127.0.0.1:{web.free_port()}/app/key", max_attempts=2, retry_first_s=0.01)
    assert caught.value.reason is Reason.GAVE_UP
    assert [status.reason for status in viewer.statuses] == [Reason.REFUSED]
    assert viewer.meter.reconnects == [Reason.REFUSED]


@pytest.mark.parametrize("scheme", ["rtmp", "rtsp"])
async def test_a_server_that_says_nothing_is_left_at_the_deadline(viewer: Viewer, web: Web, scheme: str) -> None:
    with web.mute() as port, pytest.raises(SourceError, match="open deadline"):
        await viewer.play(f"{scheme}://127.0.0.1:{port}/app/key", open_timeout_s=0.5, max_attempts=1)
