"""What a viewer may see of the show by now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.demo.playlist import KEPT, Recording, Segment, aired, live_playlist, read_recording

pytestmark = pytest.mark.unit


def recording(count: int, *, whole: bool) -> Recording:
    return Recording(tuple(Segment(f"s{i:05d}.ts", float(i), 1.0) for i in range(count)), whole)


def test_a_segment_appears_when_its_last_frame_was_taken() -> None:
    show = recording(10, whole=True)
    assert [s.name for s in aired(show, 2.99)] == ["s00000.ts", "s00001.ts"]
    assert len(aired(show, 3.0)) == 3


def test_every_segment_carries_its_program_date_time() -> None:
    text = live_playlist(recording(3, whole=False), 2.0, 1_700_000_000.25)
    assert "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.250Z\n#EXTINF:1.000000,\ns00000.ts" in text
    assert "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:21.250Z\n#EXTINF:1.000000,\ns00001.ts" in text


def test_the_end_is_said_only_when_all_of_a_whole_show_was_on_air() -> None:
    assert "ENDLIST" not in live_playlist(recording(4, whole=False), 60.0, 0.0)
    assert "ENDLIST" not in live_playlist(recording(4, whole=True), 3.5, 0.0)
    assert live_playlist(recording(4, whole=True), 4.0, 0.0).endswith("#EXT-X-ENDLIST\n")


@given(st.integers(0, 60), st.floats(0, 80), st.booleans())
def test_the_window_slides_and_counts(count: int, elapsed: float, whole: bool) -> None:
    show = recording(count, whole=whole)
    text = live_playlist(show, elapsed, 0.0)
    names = [line for line in text.splitlines() if not line.startswith("#")]
    first = int(text.split("#EXT-X-MEDIA-SEQUENCE:")[1].split()[0])
    seen = [segment.name for segment in aired(show, elapsed)]
    assert names == seen[-KEPT:]
    assert first == len(seen) - len(names)
    assert [s.name for s in read_recording(text).segments] == names


def test_the_renderers_playlist_is_read_with_start_times() -> None:
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.000000,\na.ts\n#EXTINF:0.500000,\nb.ts\n"
    assert read_recording(text) == Recording((Segment("a.ts", 0.0, 1.0), Segment("b.ts", 1.0, 0.5)), whole=False)
    assert read_recording(text + "#EXT-X-ENDLIST\n").whole
    assert read_recording("") == Recording((), whole=False)
