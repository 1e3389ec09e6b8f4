"""Pictures and sound as files: any size and bit rate, and the same frames for the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from benchmarks.liveshop.encode import Writer
from benchmarks.liveshop.programme import BIT_RATE, LANDSCAPE, POOR_BIT_RATE, PORTRAIT
from benchmarks.liveshop.show import FPS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

FRAMES = 40


def written(path: Path, size: tuple[int, int], bit_rate: int) -> int:
    """Noise that moves: more than a low bit rate can carry. Returns the bytes that its pictures took."""
    writer = Writer(path, segments=False, size=size, bit_rate=bit_rate)
    rng = np.random.default_rng(2)
    picture = rng.integers(16, 236, (size[1] * 3 // 2, size[0]), np.uint8)
    for frame in range(FRAMES):
        writer.picture(np.roll(picture, frame * 4, axis=1), np.zeros(1600, np.float32))
    writer.close()
    with av.open(str(path)) as media:
        return sum(packet.size for packet in media.demux(video=0))


def decoded(path: Path) -> list[bytes]:
    with av.open(str(path)) as media:
        return [frame.to_ndarray(format="yuv420p").tobytes() for frame in media.decode(video=0)]


def test_an_upright_live_is_upright_and_the_same_twice(tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        written(tmp_path / name, PORTRAIT, POOR_BIT_RATE)
    one = decoded(tmp_path / "one.mp4")
    assert one == decoded(tmp_path / "two.mp4")
    assert len(one) == FRAMES
    with av.open(str(tmp_path / "one.mp4")) as media:
        video = media.streams.video[0]
        assert (video.width, video.height) == PORTRAIT
        assert video.average_rate == FPS


def test_a_low_bit_rate_is_one(tmp_path: Path) -> None:
    many, few = (written(tmp_path / f"{rate}.mp4", LANDSCAPE, rate) for rate in (BIT_RATE, POOR_BIT_RATE))
    assert few < 0.6 * many
