"""Which segments of a playlist, and which moments of a livestream, are advertisement. Pure: fetches nothing.

Packagers say so in two ways: `EXT-X-CUE-OUT`, repeated as `-CONT`, up to `EXT-X-CUE-IN` or for as long as it names;
and `EXT-X-DATERANGE` with `SCTE35-OUT`, by the clock. What no tag marks nobody can tell from the show.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.types import Seconds

NUMBER = re.compile(r"\d{1,7}(?:\.\d{1,9})?")
ROUNDING_S = 0.05  # segments are a little longer or shorter than what was planned
MOST = 256  # date ranges of one playlist


@dataclass(slots=True)
class Cues:
    """What the cue tags read so far say of the segment to come."""

    left_s: float = 0.0  # of the advertisement under way
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)  # by their names, epoch seconds

    def out(self, value: str) -> None:
        """`EXT-X-CUE-OUT`: "30", "DURATION=30", or nothing: until it is called back in."""
        found = NUMBER.search(value)
        self.left_s = float(found[0]) if found else inf

    def goes_on(self, value: str) -> None:
        """`EXT-X-CUE-OUT-CONT`: "8/30", "ElapsedTime=8,Duration=30", or nothing."""
        found = [float(number) for number in NUMBER.findall(value.partition("SCTE35")[0])]
        self.left_s = found[1] - found[0] if len(found) == 2 else self.left_s or inf

    def back_in(self) -> None:
        self.left_s = 0.0

    def date_range(self, found: Mapping[str, str], start: float | None, end: float | None) -> None:
        """`EXT-X-DATERANGE`; both times as they were read. Its end may be told later, under the same name."""
        name = found.get("ID", "")
        if "SCTE35-OUT" in found and start is not None and len(self.ranges) < MOST:
            lasts = NUMBER.fullmatch(found.get("DURATION") or found.get("PLANNED-DURATION", ""))
            self.ranges[name] = (start, end if end is not None else start + float(lasts[0]) if lasts else inf)
        elif "SCTE35-IN" in found and name in self.ranges and (over := end if end is not None else start) is not None:
            self.ranges[name] = (self.ranges[name][0], over)

    def next_is_ad(self, duration_s: float) -> bool:
        """Of the next segment, by the cues alone."""
        ad = self.left_s > ROUNDING_S
        self.left_s = max(self.left_s - duration_s, 0.0)
        return ad

    def covers(self, utc: float | None, duration_s: float) -> bool:
        """Whether a date range holds the middle of a segment."""
        return utc is not None and any(start <= utc + duration_s / 2 < end for start, end in self.ranges.values())


class AdTimes:
    """From which stream time on a livestream is advertisement, or show again. Ask with times that do not go back."""

    def __init__(self) -> None:
        self._marks: deque[tuple[Seconds, bool]] = deque()

    def set(self, at: Seconds, *, ad: bool) -> None:
        if ad != (self._marks[-1][1] if self._marks else False):
            self._marks.append((at, ad))

    def at(self, at: Seconds) -> bool:
        while len(self._marks) > 1 and self._marks[1][0] <= at:
            self._marks.popleft()
        return bool(self._marks) and self._marks[0][0] <= at and self._marks[0][1]
