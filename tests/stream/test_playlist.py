"""Playlists: what is understood, and what is refused with one clear sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import SourceRefused
from stream.playlist import MAX_LINE, Init, Key, Master, Media, PlaylistError, parse_playlist

pytestmark = pytest.mark.unit

LIVE = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.500Z
#EXTINF:2.0,
a.ts
#EXTINF:1.5,title, with comma
b.ts

#EXT-X-DISCONTINUITY
#EXTINF:2.0,
c.ts
"""


def media(text: str) -> Media:
    playlist = parse_playlist(text)
    assert isinstance(playlist, Media)
    return playlist


def test_segments_have_numbers_dates_and_breaks() -> None:
    playlist = media(LIVE)
    assert not playlist.ended
    assert [(s.sequence, s.uri, s.broke) for s in playlist.segments] == [
        (7, "a.ts", False),
        (8, "b.ts", False),
        (9, "c.ts", True),
    ]
    dates = [s.utc for s in playlist.segments]
    assert dates[0] is not None
    assert dates == [1767323045.5, 1767323047.5, None]


def ads(*lines: str) -> list[bool]:
    """Of segments of two seconds, each an "s"; all else is a tag."""
    text = [f"#EXTINF:2.0,\n{n}.ts" if line == "s" else line for n, line in enumerate(lines)]
    return [segment.ad for segment in media("\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:2", *text])).segments]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("s", "#EXT-X-CUE-OUT", "s", "s", "#EXT-X-CUE-IN", "s"), [False, True, True, False]),
        (("#EXT-X-CUE-OUT:4.000", "s", "s", "s"), [True, True, False]),
        (("#EXT-X-CUE-OUT:DURATION=4", "s", "s", "s"), [True, True, False]),
        (("#EXT-X-CUE-OUT:30", "s", "#EXT-X-CUE-IN", "s"), [True, False]),
        (("#EXT-X-CUE-OUT-CONT:26/30", "s", "s", "s"), [True, True, False]),
        (("#EXT-X-CUE-OUT-CONT:ElapsedTime=28,Duration=30,SCTE35=/DAl1", "s", "s"), [True, False]),
        (("#EXT-X-CUE-OUT-CONT", "s", "s", "#EXT-X-CUE-IN", "s"), [True, True, False]),
        (("#EXT-X-CUE-IN", "s"), [False]),
    ],
)
def test_cues_mark_advertisement(lines: tuple[str, ...], expected: list[bool]) -> None:
    assert ads(*lines) == expected


DATED = "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:00Z"
OUT = '#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-02T03:04:02Z",SCTE35-OUT=0xFC'


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((OUT + ",PLANNED-DURATION=4.0",), [False, True, True, False]),
        ((OUT + ",DURATION=2",), [False, True, False, False]),
        ((OUT + ',END-DATE="2026-01-02T03:04:04Z"',), [False, True, False, False]),
        ((OUT,), [False, True, True, True]),
        ((OUT, '#EXT-X-DATERANGE:ID="a",END-DATE="2026-01-02T03:04:06Z",SCTE35-IN=0xFC'), [False, True, True, False]),
        (('#EXT-X-DATERANGE:ID="a",START-DATE="2026-01-02T03:04:02Z",DURATION=4',), [False] * 4),
        (('#EXT-X-DATERANGE:ID="a",START-DATE="whenever",SCTE35-OUT=0xFC',), [False] * 4),
    ],
)
def test_date_ranges_mark_advertisement_wherever_the_playlist_tells_them(
    tags: tuple[str, ...], expected: list[bool]
) -> None:
    assert ads(DATED, *tags, *"ssss") == ads(DATED, *"ssss", *tags) == expected


def test_date_ranges_say_nothing_of_segments_without_a_date() -> None:
    assert ads(OUT, "s") == [False]


def test_the_end_is_said() -> None:
    assert media(LIVE + "#EXT-X-ENDLIST\n").ended


def test_byte_ranges_follow_one_another() -> None:
    text = (
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-BYTERANGE:10@5\n#EXTINF:1,\na\n#EXT-X-BYTERANGE:20\n#EXTINF:1,\na\n"
    )
    assert [s.span for s in media(text).segments] == [(5, 10), (15, 20)]


def test_keys_and_init_segments_hold_until_the_next_ones() -> None:
    text = (
        '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="k?x=1,2",IV=0x0f\n'
        '#EXT-X-MAP:URI="init.mp4",BYTERANGE="9@1"\n#EXTINF:1,\na\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-GAP\n#EXTINF:1,\nb\n'
    )
    first, second = media(text).segments
    assert first.key == Key("k?x=1,2", bytes(15) + b"\x0f")
    assert first.init == second.init == Init("init.mp4", (1, 9), first.key)
    assert second.key is None
    assert second.missing


MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2"
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2500000,RESOLUTION=1280x720
mid.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"
audio.m3u8
"""


@pytest.mark.parametrize(("side", "uri"), [(640, "low.m3u8"), (641, "mid.m3u8"), (4096, "high.m3u8")])
def test_the_smallest_variant_that_suffices_is_picked(side: int, uri: str) -> None:
    playlist = parse_playlist(MASTER)
    assert isinstance(playlist, Master)
    assert playlist.pick(side).uri == uri


def test_variants_without_sizes_are_picked_by_their_rate() -> None:
    playlist = parse_playlist("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb\n")
    assert isinstance(playlist, Master)
    assert playlist.pick(640).uri == "b"


def test_a_date_that_cannot_be_read_is_no_reason_to_lose_the_pictures() -> None:
    text = LIVE.replace("2026-01-02T03:04:05.500Z", "yesterday")
    assert [s.utc for s in media(text).segments] == [None] * 3


def test_tags_that_nobody_knows_are_ignored() -> None:
    assert media(LIVE + "#EXT-X-OF-NEXT-YEAR:1\n") == media(LIVE)


HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not begin with #EXTM3U"),
        ("<html>not found</html>", "does not begin with #EXTM3U"),
        ("#EXTM3U\n", "neither variants nor segments"),
        (HEAD + "a.ts\n", "no EXTINF"),
        (HEAD + "#EXTINF:abc,\na\n", "EXTINF 'abc'"),
        (HEAD + "#EXTINF:nan,\na\n", "EXTINF 'nan'"),
        (HEAD + "#EXTINF:-1,\na\n", "EXTINF '-1'"),
        (HEAD + "#EXTINF:1e9,\na\n", "EXTINF '1e9'"),
        (HEAD + "#EXT-X-MEDIA-SEQUENCE:-5\n", "EXT-X-MEDIA-SEQUENCE '-5'"),
        (HEAD + "#EXT-X-MEDIA-SEQUENCE:" + "9" * 40, "not a whole number"),
        (HEAD + "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=x\n", "SAMPLE-AES"),
        (HEAD + "#EXT-X-KEY:METHOD=AES-128\n", "AES-128"),
        (HEAD + "#EXT-X-KEY:METHOD=AES-128,URI=k,IV=12\n", "IV"),
        (HEAD + "#EXT-X-MAP:BYTERANGE=1@2\n", "names no URI"),
        (HEAD + "#EXT-X-BYTERANGE:x\n#EXTINF:1,\na\n", "BYTERANGE"),
        (HEAD + "#" + "x" * MAX_LINE, "a line has"),
        (HEAD + "#EXTINF:1,\n" + "a\n#EXTINF:1,\n" * 50_001, "more than 50000 segments"),
        ("#EXTM3U\n" + "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n" * 101, "more than 100 variants"),
        (LIVE + MASTER, "mixes variants"),
    ],
)
def test_a_bad_playlist_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(PlaylistError, match=message):
        parse_playlist(text)


@given(st.lists(st.sampled_from([*LIVE.splitlines(), *MASTER.splitlines(), "#EXT-X-BYTERANGE:1@", "\x00", "é"])))
def test_whatever_comes_is_understood_or_refused(lines: list[str]) -> None:
    try:
        playlist = parse_playlist("\n".join(lines))
    except SourceRefused:
        return
    assert isinstance(playlist, Master | Media)
