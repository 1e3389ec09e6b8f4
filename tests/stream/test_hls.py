"""HLS: the cursor as a pure timeline, and the client against a server that misbehaves in every way we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from stream.cursor import Cursor, Memory
from stream.errors import SourceError, UrlRefused
from stream.playlist import Media, Segment
from stream.types import Reason, State
from tests.clips import write_clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.viewer import Viewer
    from tests.web import Web

pytestmark = pytest.mark.media

DATE = "2026-01-02T03:04:{:06.3f}Z"
UTC = 1767323040.0


def listing(numbers: Iterable[int], *, ended: bool = False) -> Media:
    return Media(1.0, tuple(Segment(f"{n}.ts", n, 1.0) for n in numbers), ended)


def taken(cursor: Cursor) -> str:
    """Segment numbers as they come out; `|` marks a break."""
    out = []
    while (segment := cursor.take()) is not None:
        out.append("|" * segment.broke + str(segment.sequence))
    return " ".join(out)


def test_a_live_playlist_is_joined_at_its_newest_and_followed() -> None:
    cursor = Cursor(Memory())
    assert cursor.push(listing([5, 6, 7]))
    assert taken(cursor) == "7"
    assert not cursor.push(listing([5, 6, 7]))
    assert cursor.push(listing([6, 7, 8, 9]))
    assert taken(cursor) == "8 9"


def test_a_playlist_that_is_still_empty_is_waited_for() -> None:
    cursor = Cursor(Memory())
    assert not cursor.push(listing([]))
    cursor.push(listing([0]))
    assert taken(cursor) == "0"


def test_a_recording_is_played_from_its_first_to_its_last() -> None:
    cursor = Cursor(Memory())
    cursor.push(listing(range(10), ended=True))
    assert taken(cursor) == "0 1 2 3 4 5 6 7 8 9"
    assert cursor.ended


def test_a_window_that_moved_past_us_is_a_break() -> None:
    cursor = Cursor(Memory())
    cursor.push(listing([1]))
    assert taken(cursor) == "1"
    cursor.push(listing([4, 5]))
    assert taken(cursor) == "|4 5"


def test_who_falls_behind_jumps_to_the_newest() -> None:
    cursor = Cursor(Memory())
    cursor.push(listing([1]))
    taken(cursor)
    cursor.push(listing([1, 2, 3, 4, 5, 6]))
    assert taken(cursor) == "|6"


def test_a_broadcast_that_starts_anew_is_joined() -> None:
    cursor = Cursor(Memory())
    cursor.push(listing([50, 51]))
    assert taken(cursor) == "51"
    assert not cursor.push(listing([49, 50]))  # a stale cache, not a new broadcast
    assert cursor.push(listing([0, 1]))
    assert taken(cursor) == "|1"
    cursor.push(listing([1, 2]))
    assert taken(cursor) == "2"


def test_what_was_played_before_the_connection_broke_is_not_played_again() -> None:
    memory = Memory()
    first = Cursor(memory)
    first.push(listing([1, 2]))
    assert taken(first) == "2"
    second = Cursor(memory)
    assert not second.push(listing([1, 2]))
    assert taken(second) == ""
    second.push(listing([2, 3]))
    assert taken(second) == "3"


def test_a_live_stream_that_ended_meanwhile_is_finished_from_where_it_broke() -> None:
    memory = Memory(2, "2.ts")
    cursor = Cursor(memory)
    cursor.push(listing([1, 2, 3, 4], ended=True))
    assert taken(cursor) == "3 4"


def test_a_segment_that_is_not_there_breaks_what_follows() -> None:
    cursor = Cursor(Memory())
    segments = (Segment("0.ts", 0, 1.0), Segment("1.ts", 1, 1.0, missing=True), Segment("2.ts", 2, 1.0))
    cursor.push(Media(1.0, segments, ended=True))
    assert taken(cursor) == "0 |2"


def m3u8(
    numbers: Iterable[int], *, ended: bool = True, extra: dict[int, str] | None = None, dated: bool = True
) -> bytes:
    numbers = list(numbers)
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{numbers[0]}"]
    for number in numbers:
        lines += [extra[number]] if extra and number in extra else []
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{DATE.format(number)}"] if dated else []
        lines += ["#EXTINF:1.0,", f"{number}.ts"]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else [])]).encode()


@pytest.fixture
def show(web: Web, segments: Callable[[int], bytes]) -> Web:
    """Four segments at /0.ts to /3.ts, and their playlist at /live.m3u8."""
    for number in range(4):
        web.pages[f"/{number}.ts"] = segments(number)
    web.pages["/live.m3u8"] = m3u8(range(4))
    return web


async def test_an_ended_playlist_is_played_with_its_dates(viewer: Viewer, show: Web) -> None:
    assert await viewer.play(show.url("/live.m3u8"), audio=True) is Reason.END_OF_STREAM
    assert viewer.frames[-1].at == pytest.approx(3.8, abs=0.1)
    assert [f.utc for f in viewer.frames] == pytest.approx([UTC + f.at for f in viewer.frames], abs=0.06)
    assert not viewer.gaps
    assert viewer.chunks[-1].at == pytest.approx(3.8, abs=0.2)


async def test_the_sound_of_an_advertisement_is_marked(viewer: Viewer, show: Web) -> None:
    show.pages["/live.m3u8"] = m3u8(range(4), extra={1: "#EXT-X-CUE-OUT:1", 3: "#EXT-X-CUE-OUT:30"})
    assert await viewer.play(show.url("/live.m3u8"), audio=True) is Reason.END_OF_STREAM
    for chunk in viewer.chunks:
        if all(abs(chunk.at - edge) > 0.25 for edge in (1.0, 2.0, 3.0)):
            assert chunk.ad == (1.0 < chunk.at < 2.0 or chunk.at > 3.0), chunk.at


async def test_a_declared_discontinuity_is_a_gap_and_time_goes_on(viewer: Viewer, web: Web, tmp_path: Path) -> None:
    for number, start in enumerate((10.0, 11.0, 500.0, 12.0)):
        web.pages[f"/{number}.ts"] = write_clip(tmp_path / f"{number}.ts", seconds=1.0, start=start).read_bytes()
    web.pages["/live.m3u8"] = m3u8(range(4), extra=dict.fromkeys((2, 3), "#EXT-X-DISCONTINUITY"))
    assert await viewer.play(web.url("/live.m3u8")) is Reason.END_OF_STREAM
    assert [gap.why for gap in viewer.gaps] == [Reason.DISCONTINUITY] * 2
    assert [gap.at for gap in viewer.gaps] == pytest.approx([2.0, 3.0], abs=0.1)
    assert viewer.frames[-1].at == pytest.approx(3.8, abs=0.1)


async def test_fragmented_mp4_is_played_with_its_init_segment(viewer: Viewer, web: Web, tmp_path: Path) -> None:
    flags = {"movflags": "empty_moov+default_base_moof+frag_keyframe"}
    whole = write_clip(tmp_path / "f.mp4", seconds=3.0, audio_from=0.0, options=flags).read_bytes()
    cuts = [i - 4 for i in range(len(whole)) if whole.startswith(b"moof", i)]
    web.pages["/f.mp4"] = web.ranged(whole)
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", f'#EXT-X-MAP:URI="f.mp4",BYTERANGE="{cuts[0]}@0"']
    lines += [f"#EXT-X-PROGRAM-DATE-TIME:{DATE.format(0)}"]
    for first, end in zip(cuts, [*cuts[1:], len(whole)], strict=True):
        lines += [f"#EXT-X-BYTERANGE:{end - first}@{first}", "#EXTINF:1.0,", "f.mp4"]
    web.pages["/live.m3u8"] = "\n".join([*lines, "#EXT-X-ENDLIST"]).encode()
    assert await viewer.play(web.url("/live.m3u8"), audio=True) is Reason.END_OF_STREAM
    assert viewer.frames[-1].at == pytest.approx(2.8, abs=0.1)
    assert [f.utc for f in viewer.frames] == pytest.approx([UTC + f.at for f in viewer.frames], abs=0.1)
    assert viewer.chunks


async def test_encrypted_segments_are_read_with_their_key(
    viewer: Viewer, show: Web, segments: Callable[[int], bytes]
) -> None:
    key = bytes(range(16))
    for number in range(4):
        padder = PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(number.to_bytes(16, "big"))).encryptor()
        show.pages[f"/{number}.ts"] = encryptor.update(padder.update(segments(number)) + padder.finalize())
    show.pages["/key"] = key
    show.pages["/live.m3u8"] = m3u8(range(4), extra={0: '#EXT-X-KEY:METHOD=AES-128,URI="key"'})
    assert await viewer.play(show.url("/live.m3u8")) is Reason.END_OF_STREAM
    assert len(viewer.frames) == 20
    assert show.asked.count("/key") == 1


async def test_the_variant_that_suffices_is_played(viewer: Viewer, show: Web) -> None:
    lines = ["#EXTM3U"]
    for name, size in (("big", "1920x1080"), ("live", "320x180"), ("huge", "3840x2160")):
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION={size}", f"{name}.m3u8"]
    show.pages["/master.m3u8"] = "\n".join(lines).encode()
    assert await viewer.play(show.url("/master.m3u8"), longer_side=320) is Reason.END_OF_STREAM
    assert "/big.m3u8" not in show.asked


async def test_a_sound_track_that_comes_late_is_heard(viewer: Viewer, web: Web, tmp_path: Path) -> None:
    for number in range(12):
        clip = tmp_path / f"{number}.ts"
        write_clip(clip, seconds=1.0, start=10.0 + number, audio_from=0.0 if number > 2 else None)
        web.pages[f"/{number}.ts"] = clip.read_bytes()
    web.pages["/live.m3u8"] = m3u8(range(12))
    assert await viewer.play(web.url("/live.m3u8"), audio=True) is Reason.END_OF_STREAM
    assert viewer.chunks
    assert viewer.chunks[-1].at == pytest.approx(11.9, abs=0.2)
    assert not viewer.gaps
    assert len(viewer.frames) == 60


async def test_a_segment_that_is_gone_is_a_gap_and_the_next_one_is_played(viewer: Viewer, show: Web) -> None:
    del show.pages["/1.ts"]
    assert await viewer.play(show.url("/live.m3u8")) is Reason.END_OF_STREAM
    assert [gap.why for gap in viewer.gaps] == [Reason.DISCONTINUITY]
    assert len(viewer.frames) == 15


async def test_a_live_playlist_that_rests_is_a_stall_and_is_not_played_twice(viewer: Viewer, show: Web) -> None:
    show.pages["/live.m3u8"] = m3u8(range(3), ended=False)
    async with viewer.playing(show.url("/live.m3u8"), stall_after_s=0.5, retry_first_s=0.05) as task:
        await viewer.until(lambda: len(viewer.statuses) >= 4)
        assert viewer.states == [State.LIVE, State.STALLED, State.RETRYING]
        assert len(viewer.frames) == 5
        show.pages["/live.m3u8"] = m3u8(range(4))
        assert await task is Reason.END_OF_STREAM
    assert [gap.why for gap in viewer.gaps] == [Reason.STALLED]
    assert show.asked.count("/2.ts") == 1
    assert len(viewer.frames) == 10


async def test_one_bad_answer_does_not_break_a_livestream(viewer: Viewer, show: Web) -> None:
    show.pages["/live.m3u8"] = m3u8(range(3), ended=False)
    async with viewer.playing(show.url("/live.m3u8")) as task:
        await viewer.until(lambda: len(viewer.frames) >= 3)
        show.pages["/live.m3u8"] = show.status(502)
        asked = len(show.asked)
        await viewer.until(lambda: len(show.asked) > asked + 1 or len(viewer.statuses) > 1, poll_s=0.05)
        show.pages["/live.m3u8"] = m3u8(range(4))
        assert await task is Reason.END_OF_STREAM
    assert not viewer.gaps
    assert viewer.states == [State.LIVE]


@pytest.mark.parametrize(
    ("playlist", "reason"),
    [
        (b"<html>gone</html>", Reason.BAD_MEDIA),
        (b"\xff\xfe\x00\x01" * 50, Reason.BAD_MEDIA),
        (b"", Reason.BAD_MEDIA),
        (b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8\n", Reason.BAD_MEDIA),
        (b"#EXTM3U\n" + b"x" * (5 << 20), Reason.BAD_MEDIA),
        (m3u8(range(4), extra={0: "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=k"}), Reason.BAD_MEDIA),
        (m3u8(range(4), extra={0: "#EXT-X-KEY:METHOD=AES-128,URI=live.m3u8"}), Reason.BAD_MEDIA),
        (m3u8(range(20, 24)), Reason.NOT_FOUND),
    ],
)
async def test_a_bad_playlist_has_its_reason(viewer: Viewer, show: Web, playlist: bytes, reason: Reason) -> None:
    show.pages["/live.m3u8"] = playlist
    with pytest.raises(SourceError) as caught:
        await viewer.play(show.url("/live.m3u8"), max_attempts=1)
    cause = caught.value.__cause__ if caught.value.reason is Reason.GAVE_UP else caught.value
    assert isinstance(cause, SourceError)
    assert cause.reason is reason
    assert "\n" not in str(caught.value)


async def test_segments_that_are_no_media_are_bad_media(viewer: Viewer, show: Web) -> None:
    for number in range(4):
        show.pages[f"/{number}.ts"] = bytes(range(256)) * 400
    with pytest.raises(SourceError) as caught:
        await viewer.play(show.url("/live.m3u8"), max_attempts=1)
    assert caught.value.reason is Reason.BAD_MEDIA


@pytest.mark.parametrize("uri", ["http://169.254.169.254/latest", "file:///etc/passwd", "concat:a|b", "rtmp://h/a/b"])
@pytest.mark.parametrize("form", ["#EXTINF:1,\n{}", '#EXT-X-KEY:METHOD=AES-128,URI="{}"\n#EXTINF:1,\n0.ts'])
async def test_a_playlist_cannot_point_where_we_may_not_go(viewer: Viewer, show: Web, form: str, uri: str) -> None:
    show.pages["/live.m3u8"] = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{form.format(uri)}\n#EXT-X-ENDLIST".encode()
    with pytest.raises(UrlRefused):
        await viewer.play(show.url("/live.m3u8"))


async def test_a_playlist_under_any_name_is_known_by_what_it_says(viewer: Viewer, show: Web) -> None:
    show.pages["/watch"] = show.pages["/live.m3u8"]
    assert await viewer.play(show.url("/watch?v=1")) is Reason.END_OF_STREAM
    assert len(viewer.frames) == 20


async def test_cancelling_reaches_a_thread_that_waits_for_a_server(viewer: Viewer, show: Web) -> None:
    show.pages["/live.m3u8"] = show.silence()
    async with viewer.playing(show.url("/live.m3u8")):
        await viewer.until(lambda: bool(show.asked), poll_s=0.02)
    assert not viewer.frames
