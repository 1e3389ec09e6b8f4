"""Events in, what each livestream shows now out. Pure: no clock, no loop, no broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.events import NowData, ProductData, Type

if TYPE_CHECKING:
    from stream.events import Event


@dataclass(slots=True)
class _Stage:
    """One livestream. `showing` holds the newest event of each product on show, oldest showing first."""

    epoch: int
    showing: dict[str, Event] = field(default_factory=dict)


class NowBoard:
    """What one must know to join late. A new owner of a livestream starts with nothing on show."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}

    def push(self, event: Event) -> bool:
        """True if the livestream's record changed, as with the first event of an owner: it voids the last one's."""
        stage = self._stages.get(event.stream_id)
        fresh = stage is None or event.epoch > stage.epoch
        if stage is None or event.epoch > stage.epoch:
            stage = self._stages[event.stream_id] = _Stage(event.epoch)
        if event.epoch < stage.epoch or not isinstance(event.data, ProductData):
            return fresh
        if event.type is Type.HIDDEN:
            return stage.showing.pop(event.data.product_id, None) is not None or fresh
        stage.showing[event.data.product_id] = event
        return True

    def showing(self, stream_id: str) -> tuple[Event, ...]:
        """The newest event of each product on show."""
        stage = self._stages.get(stream_id)
        return () if stage is None else tuple(stage.showing.values())

    def record(self, event: Event) -> NowData | None:
        """The livestream's record as of `event`; None when nothing is on show."""
        shown = [e.data for e in self.showing(event.stream_id) if isinstance(e.data, ProductData)]
        if not shown:
            return None
        return NowData(
            stream_id=event.stream_id,
            shop_id=event.data.shop_id,
            event_id=event.id,
            time=event.time,
            showing=tuple(shown),
        )

    def discard(self, event: Event) -> None:
        """The event was not published after all."""
        stage = self._stages.get(event.stream_id)
        if stage is not None and isinstance(event.data, ProductData):
            stage.showing.pop(event.data.product_id, None)

    def forget(self, stream_id: str) -> None:
        """The livestream was removed."""
        self._stages.pop(stream_id, None)
