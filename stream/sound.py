"""A livestream's audio as mono 16 kHz chunks of a tenth of a second. Knows no channel and no recogniser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np

from stream.types import AudioChunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.types import Samples, Seconds

RATE = 16_000
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

    def __init__(self, silenced: Callable[[int], None]) -> None:
        """`silenced` is told how many samples were no numbers, and are silence now."""
        self._silenced = silenced
        self._chunker = Chunker()
        self._shape: tuple[str, str, int] | None = None
        self._resampler: av.AudioResampler | None = None

    def push(self, frame: av.AudioFrame, at: Seconds) -> Iterator[AudioChunk]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or shape != self._shape:
            # A resampler is bound to its input; what it still holds of the old one is a few milliseconds.
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            self._shape = shape
        frame.pts = None  # our times are kept here: the resampler would warn about ours and its own
        for resampled in self._resampler.resample(frame):
            samples = resampled.to_ndarray().reshape(-1).astype(np.float32, copy=False)
            numbers = np.isfinite(samples)
            if not numbers.all():  # a damaged packet: one such sample deafens an ear for good
                self._silenced(len(samples) - int(np.count_nonzero(numbers)))
                samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
            yield from self._chunker.push(at, samples)
            at += len(samples) / RATE

    def end(self) -> Iterator[AudioChunk]:
        yield from self._chunker.flush()

    def drop(self) -> None:
        self._chunker.drop()
        self._resampler = None
