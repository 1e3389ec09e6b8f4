"""Views in, closed windows out. Pure: no clock, no loop; time is the stream time on the views themselves."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from stream.types import Window

if TYPE_CHECKING:
    from stream.types import Seconds, View

SLACK_S = 1e-3  # frames on a grid are a hair early or late; a hop of 0.5 s must not become 1 s for it


class Windower:
    """A window of the last `length_s` closes once per `hop_s`, at the view that completes the hop."""

    def __init__(self, *, length_s: Seconds, hop_s: Seconds) -> None:
        if not 0 < hop_s <= length_s:
            raise ValueError(f"window: hop_s {hop_s} must be above 0 and at most length_s {length_s}")
        self._length_s = length_s
        self._hop_s = hop_s
        self._views: deque[View] = deque()
        self._next_close: Seconds | None = None

    @property
    def views(self) -> tuple[View, ...]:
        """The views of the window that is open, oldest first."""
        return tuple(self._views)

    def push(self, view: View) -> Window | None:
        """The window that this view closes, if it closes one. The first view after a reset always does."""
        self._views.append(view)
        while view.at - self._views[0].at > self._length_s:
            self._views.popleft()
        if self._next_close is not None and view.at < self._next_close - SLACK_S:
            return None
        self._next_close = view.at + self._hop_s
        return Window(start=self._views[0].at, end=view.at, views=tuple(self._views))

    def reset(self) -> None:
        """The stream broke: nothing of before may count any more."""
        self._views.clear()
        self._next_close = None
