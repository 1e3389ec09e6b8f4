"""Which packets are decoded and which pictures are kept, and when they are due. Pure: no clock, no decoder."""

from __future__ import annotations

import math
from collections import deque
from enum import Enum
from itertools import pairwise

SLACK = 1e-3  # timestamps are rounded to a millisecond or to 1/90000 s
MEMORY = 4  # key frame intervals that agree before non-key frames are left alone
PACKED = 4  # times the sampling rate from which enough frames remain when only references are decoded
LIVE_SPEED = 2.0  # a segment arrives whole: hand it out faster than real time, slower than would overrun the queue
LONGEST_WAIT_S = 1.0


class Skip(Enum):
    """What the decoder may leave out; the values are FFmpeg's."""

    NOTHING = "DEFAULT"
    NONREF = "NONREF"  # frames that no other frame needs
    NONKEY = "NONKEY"  # everything between key frames


class Grid:
    """Keeps the first picture at or after each tick of stream time: the same ones at any pace."""

    def __init__(self, frames_per_second: float) -> None:
        self._step = 1.0 / frames_per_second
        self._next = 0.0
        self._restart = True

    def due(self, at: float) -> bool:
        return self._restart or at >= self._next - SLACK

    def keep(self, at: float) -> bool:
        if not self.due(at):
            return False
        self._restart = False
        self._next = (math.floor((at + SLACK) / self._step) + 1) * self._step
        return True

    def restart(self) -> None:
        """After a break the next picture is kept, whatever its time."""
        self._restart = True


class SkipPolicy:
    """Measures what the stream is made of, in stream time, and says how little decoding suffices."""

    def __init__(self, frames_per_second: float) -> None:
        self._step = 1.0 / frames_per_second
        self.reset()

    def reset(self) -> None:
        self._keys: deque[float] = deque(maxlen=MEMORY + 1)
        self._packets: deque[float] = deque(maxlen=32)
        self._decoded: float | None = None
        self._sparse = False
        self._mode = Skip.NOTHING

    def push(self, at: float, *, key: bool) -> Skip:
        """For each video packet, before it is decoded. Leaving NONKEY waits for a key frame: the rest has no base."""
        self._packets.append(at)
        if key:
            self._keys.append(at)
        if self._key_frames_suffice(at):
            if key:
                self._mode = Skip.NONKEY
        elif self._mode is not Skip.NONKEY or key:
            self._mode = Skip.NONREF if self._references_suffice() else Skip.NOTHING
        return self._mode

    def decoded(self, at: float) -> None:
        """Where leaving out non-references left holes longer than a sample, they are decoded from now on."""
        if self._mode is Skip.NONREF and self._decoded is not None and at - self._decoded > self._step + SLACK:
            self._sparse = True
        self._decoded = at

    def _key_frames_suffice(self, at: float) -> bool:
        keys = list(self._keys)
        if len(keys) <= MEMORY or at - keys[-1] > self._step + SLACK:
            return False
        return all(later - sooner <= self._step + SLACK for sooner, later in pairwise(keys))

    def _references_suffice(self) -> bool:
        if self._sparse or len(self._packets) < 8:
            return False
        span = max(self._packets) - min(self._packets)
        return span > 0 and (len(self._packets) - 1) / span * self._step >= PACKED


class Pacer:
    """How long to hold a picture back. A replay runs at the speed it was filmed, a live one catches up."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._at: float | None = None
        self._due = 0.0

    def wait_s(self, at: float, now: float) -> float:
        """Seconds until the picture at stream time `at` is due, zero when it is late."""
        if self._at is None:
            self._at, self._due = at, now
            return 0.0
        due = self._due + (at - self._at) / (LIVE_SPEED if self._live else 1.0)
        self._at = at
        self._due = max(due, now) if self._live else due
        wait = max(0.0, due - now)
        if wait > LONGEST_WAIT_S and self._live:
            self._due = now + LONGEST_WAIT_S
            return LONGEST_WAIT_S
        return wait
