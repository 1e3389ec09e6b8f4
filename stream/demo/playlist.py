"""The live playlist: which segments a viewer may see by now. Pure: no clock, no files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.types import Seconds

KEPT = 12  # segments that a live playlist holds: enough for a player that was held up for ten seconds


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    start: Seconds
    lasts: Seconds

    @property
    def end(self) -> Seconds:
        return self.start + self.lasts


@dataclass(frozen=True, slots=True)
class Recording:
    """What the renderer has written so far; `whole` once there will be no more."""

    segments: tuple[Segment, ...]
    whole: bool


def read_recording(text: str) -> Recording:
    """From the playlist that the renderer writes."""
    segments: list[Segment] = []
    at = lasts = 0.0
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            lasts = float(line.removeprefix("#EXTINF:").split(",")[0])
        elif line and not line.startswith("#"):
            segments.append(Segment(line, at, lasts))
            at += lasts
    return Recording(tuple(segments), whole="#EXT-X-ENDLIST" in text)


def aired(recording: Recording, elapsed: Seconds) -> Sequence[Segment]:
    """The segments that are over by now: as with a real encoder, one appears when its last frame was taken."""
    return [segment for segment in recording.segments if segment.end <= elapsed]


def live_playlist(recording: Recording, elapsed: Seconds, zero_utc: float) -> str:
    """What a viewer gets `elapsed` seconds into the show, which began at `zero_utc` (epoch seconds)."""
    shown = aired(recording, elapsed)
    first = max(len(shown) - KEPT, 0)
    target = max((round(segment.lasts) for segment in recording.segments), default=1)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{max(target, 1)}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for segment in shown[first:]:
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{_date(zero_utc + segment.start)}",
            f"#EXTINF:{segment.lasts:.6f},",
            segment.name,
        ]
    if recording.whole and len(shown) == len(recording.segments):
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _date(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
