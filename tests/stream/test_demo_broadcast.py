"""The demo's own HLS server and renderer process, over real HTTP and with real media."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import httpx
import pytest

from stream.clock import ManualClock
from stream.demo.hls_server import HEAD_S, Broadcast
from stream.demo.page import page
from stream.demo.studio import Studio, StudioError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = ["#EXTM3U"]
    for i in range(8):
        (tmp_path / f"s{i:05d}.ts").write_bytes(b"segment %d" % i)
        lines += ["#EXTINF:1.000000,", f"s{i:05d}.ts"]
    (tmp_path / "live.m3u8").write_text("\n".join(lines) + "\n")
    (tmp_path / "truth.jsonl").write_text("the truth is nobody's to fetch")
    return tmp_path


def test_the_show_begins_with_its_first_viewer_and_goes_on_in_real_time(folder: Path) -> None:
    clock = ManualClock(1000.0)
    with Broadcast(folder, clock) as broadcast:
        clock.advance(50)
        assert broadcast.elapsed == 0
        first = httpx.get(broadcast.url)
        assert first.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert first.text.count("#EXTINF") == HEAD_S
        assert broadcast.zero_utc == 1050 - HEAD_S
        clock.advance(2)
        assert httpx.get(broadcast.url).text.count("#EXTINF") == HEAD_S + 2
        assert broadcast.elapsed == HEAD_S + 2


def test_only_what_is_on_air_can_be_fetched(folder: Path) -> None:
    clock = ManualClock(1000.0)
    with Broadcast(folder, clock) as broadcast:
        root = broadcast.page_url
        assert httpx.get(root + "s00000.ts").status_code == 404
        httpx.get(broadcast.url)
        assert httpx.get(root + "s00000.ts?again=1").content == b"segment 0"
        for name in ("s00007.ts", "truth.jsonl", "../truth.jsonl", "%2e%2e/truth.jsonl", "s99999.ts", ""):
            assert httpx.get(root + name).status_code == 404, name
        clock.advance(10)
        assert httpx.get(root + "s00007.ts").content == b"segment 7"


def test_nobody_is_let_in_before_there_is_enough_to_begin(tmp_path: Path) -> None:
    with Broadcast(tmp_path, ManualClock(1000.0)) as broadcast:
        assert httpx.get(broadcast.url).status_code == 404
        (tmp_path / "live.m3u8").write_text("#EXTM3U\n#EXTINF:1.0,\ns00000.ts\n")
        assert httpx.get(broadcast.url).status_code == 404
        assert broadcast.zero_utc is None


def test_the_page_shows_the_overlay_and_lets_nothing_else_in(folder: Path) -> None:
    with Broadcast(folder, ManualClock()) as broadcast:
        broadcast.page = page('http://127.0.0.1:1/overlay/demo?"><script>')
        got = httpx.get(broadcast.page_url)
    assert got.headers["content-type"].startswith("text/html")
    assert "/live.m3u8" in got.text
    assert "<script>" not in got.text


def test_a_player_plays_what_the_renderer_makes(tmp_path: Path) -> None:
    clock = ManualClock(1000.0)
    live = tmp_path / "live"
    with Studio(live, ["--seconds", "14"]) as studio, Broadcast(live, clock) as broadcast:
        studio.wait(14)
        studio.check()
        httpx.get(broadcast.url)
        clock.advance(60)
        with av.open(broadcast.url, timeout=(10, 10)) as media:
            frames = sum(1 for _ in media.decode(video=0))
    assert frames > 200


def test_a_renderer_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    with Studio(tmp_path / "live", []) as studio, pytest.raises(StudioError, match="File exists"):
        studio.wait(1, deadline_s=30)


def test_a_renderer_is_stopped_with_the_demo(tmp_path: Path) -> None:
    with Studio(tmp_path / "live", ["--seconds", "600"]) as studio:
        process = studio._process
        assert process is not None
    assert process.poll() is not None


def test_waiting_for_a_renderer_has_a_deadline(tmp_path: Path) -> None:
    with Studio(tmp_path / "live", []) as studio, pytest.raises(StudioError, match="no picture after"):
        studio.wait(10_000, deadline_s=0)
