"""A recording that is made, watched from a file and live: its pictures say which they are."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from benchmarks.peers.clip import make_clip, on_air
from benchmarks.peers.seats.ingest import SEATS
from benchmarks.peers.seats.number import number_in
from tests.integration.media_servers import NEEDS, available, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

SECONDS = 4


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("ffmpeg") is None:
        pytest.skip("needs ffmpeg (apt: ffmpeg)")
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    make_clip(path, SECONDS)
    return path


def settings(url: str, seconds: float, began: float) -> dict[str, str]:
    told = {"url": url, "seconds": str(seconds), "began": str(began)}
    return told | {"fps": "2", "frames": str(SECONDS * 30), "rate": "30"}


def test_pictures_carry_their_numbers(clip: Path) -> None:
    with av.open(str(clip)) as container:
        pictures = (frame.to_ndarray(format="rgb24") for frame in container.decode(container.streams.video[0]))
        assert [number_in(np.asarray(picture, np.uint8)) for picture in pictures] == list(range(SECONDS * 30))


@pytest.mark.parametrize("seat", ["ours", "ffmpeg-1"])
def test_a_file_gives_two_pictures_a_second(clip: Path, seat: str) -> None:
    _, turn = SEATS[seat](settings(str(clip), 0, 0))
    assert turn()["kept"] == pytest.approx(2 * SECONDS, abs=1)


def test_what_is_on_the_air_is_watched_with_its_age(clip: Path, tmp_path: Path) -> None:
    if not available():
        pytest.skip(NEEDS)
    with running(tmp_path) as server, on_air(clip, SECONDS, server.rtmp("peers")) as began:
        told = SEATS["ours"](settings(server.rtmp("peers"), 2, began))[1]()
    assert 0 <= told["behind_p50_s"] < SECONDS
    assert told["kept_fps"] > 0
