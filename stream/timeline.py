"""Timestamps as they come, to stream time that only goes on. Pure: no clock, no demuxer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

AHEAD_S = 10.0  # a longer hole than any GOP or pause of a publisher that is still there
BEHIND_S = 0.5  # sloppy muxers interleave and round; more than this is a clock that was set back
TS_WRAP_S = 2**33 / 90_000  # MPEG-TS counts 90 kHz in 33 bits: 26.5 hours
FLV_WRAP_S = 2**32 / 1_000  # RTMP counts milliseconds in 32 bits: 49.7 days
NOMINAL_S = 1 / 30


@dataclass(frozen=True, slots=True)
class Placed:
    at: float  # presentation
    decode_at: float
    broke: bool = False  # the source's clock jumped before this


@dataclass(slots=True)
class _Track:
    raw: float  # the last decoding time as it came
    at: float  # where that was put
    offset: float  # add to a raw time


class Timeline:
    """Video leads: it sets zero and says where a break is. Other tracks follow its jumps."""

    def __init__(self, *, wrap_s: float | None = None) -> None:
        self._wrap_s = wrap_s
        self._video: _Track | None = None
        self._others: dict[int, _Track] = {}
        self._end = 0.0  # the furthest a picture reaches
        self._broken = False

    @property
    def end(self) -> float:
        return self._end

    def continue_(self, *, wrap_s: float | None = None) -> None:
        """A new container goes on with the same clock."""
        self._wrap_s = wrap_s

    def break_(self, *, wrap_s: float | None = None) -> None:
        """What follows has a clock of its own; stream time goes on."""
        self._broken = self._video is not None
        self._others.clear()
        self._wrap_s = wrap_s

    def video(self, pts: float | None, dts: float | None, duration_s: float) -> Placed:
        duration = duration_s if duration_s > 0 else NOMINAL_S
        track, broke = self._video, False
        if track is None:
            raw = _first(dts, pts, 0.0)
            lead = self._lead(pts, raw)
            track = self._video = _Track(raw, -lead, -lead - raw)
        else:
            raw = _first(dts, pts, track.raw + duration)
            lead = self._lead(pts, raw)
            broke = not self._advance(track, raw) or self._broken
            if broke:
                track.at = self._end - lead
                track.raw, track.offset = raw, track.at - raw
        self._broken = False
        at = track.at + lead
        self._end = max(self._end, at + duration)
        return Placed(at, track.at, broke)

    def other(self, index: int, pts: float | None, duration_s: float) -> float | None:
        """Stream time of another track's packet; None before the first picture has set zero."""
        if self._video is None or self._broken:
            return None
        track = self._others.get(index)
        if track is None:
            raw = _first(pts, None, self._video.raw)
            ahead = self._fold(raw + self._video.offset - self._end)
            at = self._end + (ahead if abs(ahead) < AHEAD_S else 0.0)
            self._others[index] = _Track(raw, at, at - raw)
            return at
        raw = _first(pts, None, track.raw + duration_s)
        if not self._advance(track, raw):
            followed = raw + self._video.offset
            near = abs(followed - track.at) < AHEAD_S
            track.at = followed if near else track.at + duration_s
            track.raw, track.offset = raw, track.at - raw
        return track.at

    def _advance(self, track: _Track, raw: float) -> bool:
        step = self._fold(raw - track.raw)
        if not -BEHIND_S <= step <= AHEAD_S:
            return False
        track.at += step
        track.raw, track.offset = raw, track.at - raw
        return True

    def _lead(self, pts: float | None, raw: float) -> float:
        """How far presentation is ahead of decoding; nonsense counts as nothing."""
        if pts is None:
            return 0.0
        lead = self._fold(pts - raw)
        return lead if -BEHIND_S <= lead <= AHEAD_S else 0.0

    def _fold(self, step: float) -> float:
        """A step over the counter's end is a small one."""
        if self._wrap_s is None or abs(step) < self._wrap_s / 2:
            return step
        return step - round(step / self._wrap_s) * self._wrap_s


def _first(one: float | None, two: float | None, three: float) -> float:
    if one is not None:
        return one
    return two if two is not None else three


class Shifts:
    """A quantity that is stream time plus a shift which changes now and then: program date-time."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, float | None]] = deque()

    def set(self, at: float, value: float | None) -> None:
        """From stream time `at` on, the quantity runs on from `value`; None: unknown."""
        shift = None if value is None else value - at
        last = self._marks[-1][1] if self._marks else None
        if shift == last or (shift is not None and last is not None and abs(shift - last) < 0.001):
            return
        self._marks.append((at, shift))

    def value(self, at: float) -> float | None:
        """Ask with times that do not go back: what lies behind is forgotten."""
        while len(self._marks) > 1 and self._marks[1][0] <= at + 1e-6:
            self._marks.popleft()
        if not self._marks or self._marks[0][0] > at + 1e-6:
            return None
        shift = self._marks[0][1]
        return None if shift is None else at + shift
