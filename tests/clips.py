"""Small recordings made on the spot with PyAV: every second of pictures has a grey of its own, to tell it by."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.container import OutputContainer

FPS = 25
RATE = 44_100


def write_clip(
    path: Path,
    *,
    seconds: float = 2.0,
    start: float = 0.0,
    size: tuple[int, int] = (320, 180),
    gop: int = FPS,
    audio_from: float | None = None,
    audio_rate: int = RATE,
    channels: tuple[float, ...] = (1.0,),
    options: dict[str, str] | None = None,
) -> Path:
    """H.264, with AAC from `audio_from` on; the first timestamp is `start`. `channels`: the tone's share in each."""
    with av.open(str(path), "w", options=options or {}) as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": str(gop), "bf": "0"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, FPS)
        sound = None if audio_from is None else _Sound(out, audio_rate, start + audio_from, channels)
        for i in range(round(seconds * FPS)):
            grey = 40 + 40 * int((start + i / FPS) % 5)
            picture = np.full((size[1], size[0], 3), grey, np.uint8)
            picture[: size[1] // 4, : 8 * (i % 16) + 8] = 255 - grey
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(start * FPS) + i, Fraction(1, FPS)
            out.mux(video.encode(frame))
            if sound is not None:
                sound.until(out, start + i / FPS)
        out.mux(video.encode(None))
        if sound is not None:
            sound.end(out)
    return path


class _Sound:
    """A tone of 440 Hz, encoded as far as the pictures are."""

    def __init__(self, out: OutputContainer, rate: int, start: float, channels: tuple[float, ...]) -> None:
        self._layout = "mono" if len(channels) == 1 else "stereo"
        self._stream = out.add_stream("aac", rate=rate, layout=self._layout)
        self._shares = np.array(channels, np.float32)[:, None]
        self._rate = rate
        self._next = round(start * rate)

    def until(self, out: OutputContainer, at: float) -> None:
        while self._next / self._rate < at:
            times = np.arange(self._next, self._next + 1024) / self._rate
            samples = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(self._shares * samples, format="fltp", layout=self._layout)
            frame.sample_rate, frame.pts, frame.time_base = self._rate, self._next, Fraction(1, self._rate)
            out.mux(self._stream.encode(frame))
            self._next += 1024

    def end(self, out: OutputContainer) -> None:
        out.mux(self._stream.encode(None))


@pytest.fixture(scope="session")
def segments(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], bytes]:
    """MPEG-TS segments of one second of one broadcast, by number."""
    root = tmp_path_factory.mktemp("segments")

    def segment(number: int) -> bytes:
        path = root / f"{number}.ts"
        if not path.exists():
            write_clip(path, seconds=1.0, start=10.0 + number, audio_from=0.0)
        return path.read_bytes()

    return segment
