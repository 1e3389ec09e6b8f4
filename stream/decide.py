"""Sightings in, shown/updated/hidden out: a sequential test per product, with hysteresis. Pure: no clock, no loop.

Each sighting gives every product a calibrated probability of being shown. Their log-odds add up as `weighing` has
it, capped: no single frame decides. A doubtful view counts only where the product may have come to since the one
before. A product is *shown* when the sum says so. It is *hidden* when it was not seen for `hold_s`, when the sum has
turned against it, when it was put down, or as soon as a rival is shown while it is out of view. Both ends are dated
back to the first and the last view of the run, as `dating` has it. Of products that claim the same place in view only
the one with most evidence is shown: look-alikes take turns in single views.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stream.dating import Sight, continues, earliest, near
from stream.fuse import FLOOR, SAME_PLACE
from stream.lookalikes import alternatives, confidence, undecided, waits
from stream.rest import overlap
from stream.types import Candidate, Change, Decision, Moment, Reason
from stream.weighing import PER_VIEW, SEEN, SINGLY, logit, weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engines.base import Box
    from stream.types import Seconds, Sighting
    from stream.weighing import Weighing

RARE = 1.0  # log-odds against any product that is looked at closely, before any view
SURE = 0.9  # a view that needs no support by the one before it
HOLDS = 3  # times `hold_s` that faint views can keep a product shown
GOES_ON = 0.1  # so probably presented, what is on show goes on: a cut showed another side, and nothing else took over
NEWS = 0.1  # a change of confidence worth an `updated`
MAX_ALTERNATIVES = 4
VIEWS_BACK = 40  # views of a track whose times are kept: coming to rest is noticed a few views late
SIGHTS_BACK = 8  # views before a case was opened that its beginning is sought in


@dataclass(slots=True)
class _Track:
    """One product's case so far. Dropped as soon as it says nothing any more."""

    first: Moment
    seen: Moment  # the last view that counts
    last: Moment  # the same, or the last of the faint views right after it
    candidate: Candidate
    beside: Box | None  # where it was in `last`
    evidence: float = -RARE
    frames: int = 0
    shown: bool = False
    views: deque[Moment] = field(default_factory=lambda: deque(maxlen=VIEWS_BACK))
    told: Candidate | None = None
    told_at: Seconds = 0.0

    def ready(self, now: Moment) -> bool:
        return not self.shown and self.seen == now and not waits(self.candidate)


class Decider:
    """Never shows a product twice without hiding it in between, and hides whatever it has shown."""

    def __init__(
        self,
        *,
        show_at: float,
        hide_at: float,
        hold_s: Seconds,
        update_every_s: Seconds,
        max_shown: int,
        weighing: Weighing = SINGLY,
    ) -> None:
        self._weighing = weighing
        self._show = logit(show_at)
        self._floor = logit(hide_at)
        self._ceiling = self._show + PER_VIEW
        self._hold_s = hold_s
        self._update_every_s = update_every_s
        self._max_shown = max_shown
        self._tracks: dict[str, _Track] = {}
        self._hidden_at: dict[str, Seconds] = {}
        self._past: dict[str, tuple[Sight, ...]] = {}  # of each product in the views right before, newest first
        self._opened: set[str] = set()
        self._before: Moment | None = None

    @property
    def tracked(self) -> frozenset[str]:
        """Products with a case open: the search always looks at these again."""
        return frozenset(self._tracks)

    @property
    def showing(self) -> frozenset[str]:
        return frozenset(i for i, track in self._tracks.items() if track.shown)

    @property
    def opened(self) -> frozenset[str]:
        """Products whose case was opened just now; the view before was not asked for them: see `found_before`."""
        return frozenset(self._opened)

    def found_before(self, product_id: str, sights: Iterable[Sight]) -> None:
        """What earlier views have of a product in `opened`, newest first, now that they were asked."""
        track = self._tracks[product_id]
        track.first = earliest(sights, track.beside) or track.first

    def push(self, sighting: Sighting) -> list[Decision]:
        """What changed with this sighting: what has another name now, then hides, then updates, then shows."""
        now = _moment(sighting)
        renamed = list(self._names_anew(sighting, now))
        self._weigh(sighting, now)
        shows = list(self._shows(sighting, now))
        new = bool(shows)
        self._before = now
        put_down = list(self._puts_down(sighting))
        hides = self._hides(now, replaced=new)
        return [*renamed, *put_down, *hides, *self._updates(sighting, now), *shows]

    def end(self, why: Reason) -> list[Decision]:
        """The stream broke or stops: everything shown is hidden, everything known is forgotten."""
        decisions = [self._hide(i, why) for i in sorted(self.showing)]
        self._tracks.clear()
        self._hidden_at.clear()
        self._past.clear()
        self._opened.clear()
        self._before = None
        return decisions

    def remove(self, product_id: str) -> list[Decision]:
        """The product left the catalogue."""
        if product_id in self.showing:
            return [self._hide(product_id, Reason.PRODUCT_REMOVED)]
        self._tracks.pop(product_id, None)
        return []

    def _names_anew(self, sighting: Sighting, now: Moment) -> Iterator[Decision]:
        """Of look-alikes another stands for all: what was seen was seen of it, whatever it was taken for.

        What was on show goes on under its right name.
        """
        for new in sighting.ranked:
            old = None if new.lookalikes is None else new.lookalikes.instead_of
            if old is None or old not in self._tracks or new.product_id in self._tracks:
                continue
            track = self._tracks.pop(old)
            if track.shown:
                self._hidden_at[old] = now.pts
                yield self._hidden(replace(track, last=now), Reason.MISTAKEN)
            track.candidate = new
            self._tracks[new.product_id] = track
            self._past[new.product_id] = self._past.pop(old, ())
            if track.shown:
                yield self._decision(Change.SHOWN, track, sighting)

    def _weigh(self, sighting: Sighting, now: Moment) -> None:
        seen = {c.product_id: c for c in sighting.ranked if c.resting_since is None}
        self._opened = set()
        for product_id, candidate in seen.items():
            if _in_view(candidate) >= SEEN and product_id not in self._tracks:
                self._tracks[product_id] = self._open(candidate, now)
        known = {candidate.product_id for candidate in sighting.ranked}
        self._past = {i: self._past.get(i, ()) if i in seen else () for i in known}
        for product_id, candidate in seen.items():
            self._past[product_id] = (_sight(candidate, now), *self._past[product_id])[:SIGHTS_BACK]
        for product_id, track in list(self._tracks.items()):
            self._add(track, seen.get(product_id), now, sighting)
            if track.evidence <= self._floor and not track.shown and track.seen != now:
                del self._tracks[product_id]

    def _open(self, candidate: Candidate, now: Moment) -> _Track:
        """A case begins where the run of views that leads up to it does."""
        past = self._past.get(candidate.product_id)
        if past is None and self._before is not None:
            self._opened.add(candidate.product_id)
        first = earliest(past or (), candidate.box) or now
        return _Track(first, now, now, candidate, candidate.box)

    def _add(self, track: _Track, candidate: Candidate | None, now: Moment, sighting: Sighting) -> None:
        if candidate is None:
            self._count(track, weight(FLOOR, self._weighing))
            return
        rival = _rival(candidate, sighting)
        added = weight(candidate.probability, self._weighing, rival=rival)
        supported = candidate.probability >= SURE or _near(track, candidate)
        goes_on = track.shown and not rival and candidate.probability >= GOES_ON and _in_view(candidate) < SEEN
        self._count(track, 0.0 if goes_on else added if supported else min(added, 0.0))
        if _in_view(candidate) >= SEEN:
            track.seen, track.candidate, track.frames = now, candidate, track.frames + 1
        elif track.last != self._before or not (goes_on or continues(_sight(candidate, now), track.beside)):
            return
        track.last, track.beside = now, candidate.box
        track.views.append(now)

    def _count(self, track: _Track, weight: float) -> None:
        track.evidence = max(self._floor, min(self._ceiling, track.evidence + weight))

    def _shows(self, sighting: Sighting, now: Moment) -> Iterator[Decision]:
        room = self._max_shown - len([i for i in self.showing if self._tracks[i].seen == now])
        ready = [i for i, t in self._tracks.items() if t.ready(now) and t.evidence >= self._show]
        best_first = sorted(ready, key=lambda i: (-self._tracks[i].evidence, i))
        for product_id in [i for i in best_first if not self._claimed(i, now)][: max(room, 0)]:
            track = self._tracks[product_id]
            track.shown = True
            again = self._hidden_at.pop(product_id, None)
            decision = self._decision(Change.SHOWN, track, sighting)
            yield decision if again is None else replace(decision, again_after_s=track.first.pts - again)

    def _claimed(self, product_id: str, now: Moment) -> bool:
        """Seen or shown in the very same place is another with more evidence, or with as much and an earlier name."""
        mine = self._tracks[product_id]
        rivals = [
            (-t.evidence, i)
            for i, t in self._tracks.items()
            if i != product_id
            and (t.shown or t.seen == now)
            and _overlap(t.candidate.box, mine.candidate.box) > SAME_PLACE
        ]
        return min(rivals, default=(-mine.evidence, product_id)) < (-mine.evidence, product_id)

    def _puts_down(self, sighting: Sighting) -> Iterator[Decision]:
        """Dated back to the last view before it came to rest; it was noticed later."""
        since = {c.product_id: c.resting_since for c in sighting.ranked if c.resting_since is not None}
        for product_id in sorted(self.showing & since.keys()):
            track = self._tracks[product_id]
            held = [view for view in track.views if view.pts <= since[product_id]]
            track.last = held[-1] if held else track.first
            yield self._hide(product_id, Reason.PUT_DOWN)

    def _hides(self, now: Moment, *, replaced: bool) -> Iterator[Decision]:
        for product_id in sorted(self.showing):
            track = self._tracks[product_id]
            away_s, unseen_s = now.pts - track.last.pts, now.pts - track.seen.pts
            gone = away_s > self._hold_s or unseen_s > HOLDS * self._hold_s
            if gone or track.evidence <= self._floor or (replaced and unseen_s > 0):
                yield self._hide(product_id, Reason.NOT_SEEN)

    def _updates(self, sighting: Sighting, now: Moment) -> Iterator[Decision]:
        for product_id in sorted(self.showing):
            track = self._tracks[product_id]
            told = track.told
            if told is None or track.seen != now:
                continue
            due = now.pts - track.told_at >= self._update_every_s
            news = abs(confidence(track.candidate) - confidence(told)) >= NEWS
            if (due and news) or undecided(track.candidate) != undecided(told):
                yield self._decision(Change.UPDATED, track, sighting)

    def _decision(self, change: Change, track: _Track, sighting: Sighting) -> Decision:
        track.told, track.told_at = track.candidate, track.seen.pts
        mine = track.candidate.product_id
        others = alternatives(track.candidate)
        if not undecided(track.candidate):  # else it is one of these: what else is in view is none of them
            others += tuple(c for c in sighting.ranked if c.product_id != mine)
        return Decision(change, track.candidate, others[:MAX_ALTERNATIVES], track.first, track.frames)

    def _hide(self, product_id: str, why: Reason) -> Decision:
        track = self._tracks.pop(product_id)
        self._hidden_at[product_id] = track.last.pts
        return self._hidden(track, why)

    def _hidden(self, track: _Track, why: Reason) -> Decision:
        return Decision(Change.HIDDEN, track.candidate, (), track.first, track.frames, hidden_at=track.last, why=why)


def _moment(sighting: Sighting) -> Moment:
    view = sighting.window.views[-1]
    return Moment(pts=view.at, utc=view.utc, wall=view.wall)


def _in_view(candidate: Candidate) -> float:
    return candidate.probability if candidate.in_view is None else candidate.in_view


def _sight(candidate: Candidate, now: Moment) -> Sight:
    return Sight(now, _in_view(candidate), candidate.box)


def _near(track: _Track, candidate: Candidate) -> bool:
    """Whether it may be what the track had in view last; nothing speaks against a product without a box."""
    before, now = track.beside, candidate.box
    return before is None or now is None or near(before, now)


def _rival(candidate: Candidate, sighting: Sighting) -> bool:
    """Whether a likelier product claims its place."""
    likelier = (c for c in sighting.ranked if c.probability > candidate.probability)
    return any(_overlap(other.box, candidate.box) > SAME_PLACE for other in likelier)


def _overlap(one: Box | None, two: Box | None) -> float:
    """Nothing is known of a product without a box."""
    return 0.0 if one is None or two is None else overlap(one, two)
