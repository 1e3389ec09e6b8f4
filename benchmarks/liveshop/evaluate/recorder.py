"""Looks on while a live is watched: keeps what each view found, and gives events the times of a real broadcast.

A replay runs faster than the live did, so that its wall clock says nothing of delays. Told here is when a viewer of
the live would have been told: at the deciding frame's own time plus what that frame cost, on this machine, to encode
and to search. Called on the loop; keeps everything in memory until it is asked, but no picture.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.trace import TOLD, Traced
from stream.events import ProductData, instant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from benchmarks.liveshop.evaluate.trace import Ranked
    from stream.events import Event, Moment
    from stream.fuse import Look
    from stream.matching import Query
    from stream.types import Change, Decision, Seconds, Sighting, View

    Key = tuple[str, Change, float]

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # when every replayed live began, so that replays compare


@dataclass(frozen=True, slots=True)
class Kept:
    """A view worth another look: one that closed a window while something was being introduced."""

    index: int  # among the traced
    query: Query


class Recorder:
    """The tap and the sink of one livestream."""

    name = "evaluation"

    def __init__(
        self,
        nearest: Callable[[Query], Ranked],
        *,
        worth: Callable[[Seconds], bool],
        on_worth: Callable[[Kept], Awaitable[None]],
        on_view: Callable[[Seconds], None] = lambda _: None,
        replayed: bool = True,
    ) -> None:
        """`nearest`: products by a frame's embedding alone, in well under a millisecond. `worth`: when a view is
        looked at once more, by `on_worth`.

        Not `replayed`: the live was on air; events keep their times, and `zero` says when its first frame was due.
        """
        self._nearest = nearest
        self._worth, self._on_worth = worth, on_worth
        self._on_view = on_view
        self._replayed = replayed
        self.zero: Callable[[], float] = lambda: 0.0
        self._told: dict[Key, deque[Seconds]] = {}
        self.views: list[Traced] = []
        self.lines: list[str] = []

    async def judged(
        self,
        query: Query,
        look: Look,
        sighting: Sighting | None,
        decisions: Sequence[Decision],
        earlier: Sequence[Look] = (),
    ) -> None:
        view = query.view
        at = self._at(view)
        told_at = at + view.encode_s + look.search_s
        for decision in decisions:
            key = (decision.candidate.product_id, decision.change, round(decision.shown_at.pts, 3))
            self._told.setdefault(key, deque()).append(told_at)
        before = zip(reversed(query.recent), earlier, strict=False)
        self.views.append(
            Traced(
                at=at,
                looks=look.matches,
                window=None if sighting is None else ranked(sighting),
                nearest=self._nearest(query),
                encode_s=view.encode_s,
                search_s=look.search_s,
                grain=look.grain,
                frozen=look.frozen,
                away=None if sighting is None else _away(sighting, at - view.at),
                earlier=tuple((self._at(seen), found.matches) for seen, found in before),
            )
        )
        if sighting is not None and self._worth(at):
            await self._on_worth(Kept(len(self.views) - 1, query))
        self._on_view(at)

    async def start(self) -> None:
        """Nothing to open: lines are kept in memory."""

    async def send(self, event: Event) -> None:
        self.lines.append((self._retimed(event) if self._replayed else event).structured())

    async def stop(self) -> None:
        """Nothing to close."""

    def _at(self, view: View) -> Seconds:
        """In the live's own time: whoever joins a broadcast late counts from another first frame."""
        return view.at if self._replayed or view.utc is None else view.utc - self.zero()

    def _retimed(self, event: Event) -> Event:
        """As it would have been, had the live been watched when it was on."""
        data = event.data
        if not isinstance(data, ProductData):
            last = self.views[-1].at if self.views else 0.0
            return replace(event, epoch=0, time=instant(START + last))
        told = self._told.get((data.product_id, data.state, data.shown_at.pts))
        ended = data.shown_at.pts if data.hidden_at is None else data.hidden_at.pts
        told_at = told.popleft() if told else ended  # untold: hidden because the live ended
        moved = data.model_copy(
            update={
                "shown_at": _moved(data.shown_at),
                "hidden_at": None if data.hidden_at is None else _moved(data.hidden_at),
                "latency": {stage: s for stage, s in data.latency.items() if stage != "queue"},
            }
        )
        return replace(event, epoch=0, time=instant(START + told_at), data=moved)


def ranked(sighting: Sighting) -> Ranked:
    return tuple((c.product_id, c.probability) for c in sighting.ranked[:TOLD])


def _away(sighting: Sighting, ahead: Seconds) -> Seconds | None:
    return None if sighting.away_since is None else sighting.away_since.pts + ahead


def _moved(moment: Moment) -> Moment:
    return moment.model_copy(update={"wall": instant(START + moment.pts)})
