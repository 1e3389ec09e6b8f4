"""A livestream's audio as mono 16 kHz chunks of a tenth of a second. Knows no channel and no recogniser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from stream.types import AudioChunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.mixing import Mixing
    from stream.types import Samples, Seconds

Wave = NDArray[np.float32]  # (channels, n)

RATE = 16_000
MOST = 1000.0  # times full scale: nothing real is as loud
CHUNK = RATE // 10
HOLE_S = 0.08  # resamplers and muxers round; more than this is a hole in the sound
FOLLOW = 0.1  # of what a time is off: rounding evens out, a sound card that runs fast is followed


class Chunker:
    """Pure: samples with their times in, chunks of one length out. A hole starts a new chunk at its own time."""

    def __init__(self) -> None:
        self._kept: list[Samples] = []
        self._size = 0
        self._at: Seconds = 0.0  # of the first sample kept

    def push(self, at: Seconds, samples: Samples) -> Iterator[AudioChunk]:
        off = at - (self._at + self._size / RATE)
        if self._size and abs(off) > HOLE_S:
            yield from self.flush()
        self._at += FOLLOW * off
        if not self._size:
            self._at = at
        self._kept.append(samples)
        self._size += len(samples)
        if self._size < CHUNK:
            return
        joined = np.concatenate(self._kept)
        whole = len(joined) // CHUNK * CHUNK
        for start in range(0, whole, CHUNK):
            yield AudioChunk(self._at + start / RATE, joined[start : start + CHUNK])
        self._at += whole / RATE
        self._kept, self._size = [joined[whole:]], len(joined) - whole

    def flush(self) -> Iterator[AudioChunk]:
        if self._size:
            yield AudioChunk(self._at, np.concatenate(self._kept))
        self.drop()

    def drop(self) -> None:
        self._kept, self._size = [], 0


class Sound:
    """Decoded audio frames in, chunks out; survives a change of rate or layout."""

    def __init__(self, silenced: Callable[[int], None], mixing: Mixing) -> None:
        """`silenced` is told how many samples were no numbers, or none that can be, and are silence now.

        `mixing` works at `RATE`.
        """
        self._silenced = silenced
        self._mixing = mixing
        self._chunker = Chunker()
        self._shape: tuple[str, str, int] | None = None
        self._resampler: av.AudioResampler | None = None

    def push(self, frame: av.AudioFrame, at: Seconds) -> Iterator[AudioChunk]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or shape != self._shape:
            # A resampler is bound to its input; what it still holds of the old one is a few milliseconds.
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"  # surround: its voices are in both
            self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=RATE)
            self._shape = shape
        frame.pts = None  # our times are kept here: the resampler would warn about ours and its own
        for resampled in self._resampler.resample(frame):
            wave = self._numbers(resampled.to_ndarray().astype(np.float32, copy=False))
            samples = wave[0] if len(wave) == 1 else self._mixing.push(wave)
            yield from self._chunker.push(at, samples)
            at += len(samples) / RATE

    def _numbers(self, wave: Wave) -> Wave:
        """One sample of a damaged packet that is none deafens an ear for good."""
        if np.abs(wave).max(initial=0.0) < MOST:  # which is not so of what is no number
            return wave
        numbers = np.abs(wave) < MOST
        self._silenced(wave.shape[1] - int(np.count_nonzero(numbers.all(axis=0))))
        return np.where(numbers, wave, np.float32(0.0))

    def end(self) -> Iterator[AudioChunk]:
        yield from self._chunker.flush()

    def drop(self) -> None:
        self._chunker.drop()
        self._resampler = None
