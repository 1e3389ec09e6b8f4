"""Pictures and sound to H.264 and AAC, in a file or in HLS segments. Synchronous; PyAV's output holds the GIL.

The same pictures give the same decoded frames: one encoder thread, timestamps counted rather than clocked.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from benchmarks.liveshop.programme import BIT_RATE, LANDSCAPE
from benchmarks.liveshop.show import FPS
from benchmarks.liveshop.speech import RATE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.liveshop.speech import Samples

PEAK = 1.6  # of the bit rate, for a second
AAC_FRAME = 1024
SEGMENT_S = 1
PLAYLIST = "live.m3u8"


class Writer:
    """Takes one picture after the other, and the sound that goes with them."""

    def __init__(
        self, path: Path, *, segments: bool, size: tuple[int, int] = LANDSCAPE, bit_rate: int = BIT_RATE
    ) -> None:
        """`segments`: write HLS beside `path`, the playlist; each segment appears whole or not at all.

        `size`: width and height, both even; `bit_rate`: of the pictures, in bits a second.
        """
        if segments:
            options = {
                "hls_time": str(SEGMENT_S),
                "hls_list_size": "0",
                "hls_flags": "temp_file+independent_segments",
                "hls_segment_filename": str(path.parent / "s%05d.ts"),
            }
            self._out = av.open(str(path), "w", format="hls", options=options)
        else:
            self._out = av.open(str(path), "w", options={"movflags": "+faststart"} if path.suffix == ".mp4" else {})
        self._video = self._out.add_stream("libx264", rate=FPS)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._video.bit_rate = bit_rate
        peak = round(bit_rate * PEAK / 1000)
        self._video.codec_context.gop_size = FPS * SEGMENT_S
        self._video.options = {
            "preset": "superfast",  # half the time of veryfast on noisy pictures; the bit rate makes up for it
            "tune": "zerolatency",
            "x264-params": f"threads=1:scenecut=0:keyint={FPS * SEGMENT_S}:min-keyint={FPS * SEGMENT_S}"
            f":vbv-maxrate={peak}:vbv-bufsize={peak}"
            # What OpenCV's conversion makes; unsaid, players would take HD for another matrix and shift colours.
            ":colormatrix=smpte170m:colorprim=smpte170m:transfer=smpte170m:range=tv",
        }
        self._audio = self._out.add_stream("aac", rate=RATE)
        self._audio.layout = "mono"
        self._audio.bit_rate = 96_000
        self._frames = 0
        self._pending = np.zeros(0, np.float32)
        self._samples = 0

    def picture(self, planes: NDArray[np.uint8], sound: Samples) -> None:
        """The next frame, and the sound of its duration."""
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        self._frames += 1
        self._out.mux(self._video.encode(frame))
        self._pending = np.concatenate([self._pending, sound])
        while len(self._pending) >= AAC_FRAME:
            self._sound(self._pending[:AAC_FRAME])
            self._pending = self._pending[AAC_FRAME:]

    def close(self) -> None:
        """Everything that is still inside comes out; the file or playlist is then complete."""
        self._out.mux(self._video.encode(None))
        self._out.mux(self._audio.encode(None))
        self._out.close()

    def _sound(self, samples: Samples) -> None:
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._samples, Fraction(1, RATE)
        self._samples += len(samples)
        self._out.mux(self._audio.encode(frame))
