"""Which HLS segment comes next: readings of one playlist in, each segment once out. Pure: fetches nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.playlist import Media, Segment

BEHIND = 3  # segments that may wait before we jump to the newest: old pictures are worth less than new ones
RESTARTED = 4  # sequence numbers that go back further than a stale cache are a new broadcast


@dataclass(slots=True)
class Memory:
    """What was played before the connection broke, so that a stale playlist is not played twice."""

    sequence: int = -1
    uri: str = ""

    def is_newest(self, segment: Segment) -> bool:
        return (segment.sequence, segment.uri) == (self.sequence, self.uri)


class Cursor:
    """Pure: successive readings of one playlist in, each segment once out, joining a live one at its newest."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._next: int | None = None
        self._waiting: deque[Segment] = deque()
        self._lost = False
        self.ended = False

    def push(self, playlist: Media) -> bool:
        """Whether there is anything new in it."""
        self.ended = playlist.ended
        fresh = self._fresh(playlist)
        if fresh:
            self._next = fresh[-1].sequence + 1
            self._waiting.extend(fresh)
        if not playlist.ended and len(self._waiting) > BEHIND:
            newest = self._waiting.pop()
            self._waiting.clear()
            self._waiting.append(replace(newest, broke=True))
        return bool(fresh)

    def take(self) -> Segment | None:
        """The next segment. One that follows a hole says that it broke."""
        while self._waiting:
            segment = self._waiting.popleft()
            self._memory.sequence, self._memory.uri = segment.sequence, segment.uri
            if segment.missing:
                self._lost = True
                continue
            found = replace(segment, broke=True) if self._lost else segment
            self._lost = False
            return found
        return None

    def lose(self) -> None:
        """The segment that was taken could not be had."""
        self._lost = True

    def _fresh(self, playlist: Media) -> list[Segment]:
        segments = list(playlist.segments)
        if not segments:
            return []
        if self._next is None:
            return self._join(playlist)
        if segments[-1].sequence < self._next - RESTARTED:
            return [replace(segments[-1], broke=True)]
        fresh = [segment for segment in segments if segment.sequence >= self._next]
        if fresh and fresh[0].sequence > self._next:
            fresh[0] = replace(fresh[0], broke=True)
        return fresh

    def _join(self, playlist: Media) -> list[Segment]:
        newest = playlist.segments[-1]
        if playlist.ended:
            known = any(self._memory.is_newest(segment) for segment in playlist.segments)
            return [s for s in playlist.segments if not known or s.sequence > self._memory.sequence]
        if self._memory.is_newest(newest):
            self._next = newest.sequence + 1
            return []
        return [newest]
