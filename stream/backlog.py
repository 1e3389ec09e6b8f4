"""Events that wait for one sink, in order and bounded. Pure: knows no clock, no loop and no sink.

When it is full something must go, and what goes is chosen so that readers are left with the truth: first news about
products that are shown anyway, then statuses that a later one has overtaken, then a showing that has both begun and
ended while it waited. A product that a reader was told of keeps its `hidden` to the last.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from stream.events import ProductData, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.events import Event


class Backlog:
    """First in, first out. `len(backlog)` never exceeds `capacity`."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"backlog: capacity {capacity} is below 1")
        self._capacity = capacity
        self._events: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def push(self, event: Event) -> list[Event]:
        """Takes an event; returns those given up to make room, which may include it."""
        self._events.append(event)
        if len(self._events) <= self._capacity:
            return []
        gone = {*_least_missed(self._events)}
        lost = [self._events[i] for i in sorted(gone)]
        self._events = deque(e for i, e in enumerate(self._events) if i not in gone)
        return lost

    def pop(self) -> Event:
        return self._events.popleft()

    def clear(self) -> list[Event]:
        """All that waited."""
        left = list(self._events)
        self._events.clear()
        return left


def _least_missed(events: deque[Event]) -> Iterable[int]:
    for choose in (_news, _overtaken, _whole_showing):
        if found := list(choose(events)):
            return found
    return [0]


def _news(events: deque[Event]) -> Iterator[int]:
    return islice((i for i, event in enumerate(events) if event.type is Type.UPDATED), 1)


def _overtaken(events: deque[Event]) -> Iterator[int]:
    last: dict[str, int] = {}
    for i, event in enumerate(events):
        if event.type is not Type.STATUS:
            continue
        if event.stream_id in last:
            yield last[event.stream_id]
            return
        last[event.stream_id] = i


def _whole_showing(events: deque[Event]) -> Iterator[int]:
    began: dict[tuple[str, int, str], int] = {}
    for i, event in enumerate(events):
        if not isinstance(event.data, ProductData):
            continue
        what = (event.stream_id, event.epoch, event.data.product_id)
        if event.type is Type.SHOWN:
            began[what] = i
        elif event.type is Type.HIDDEN and what in began:
            yield from (began[what], i)
            return
