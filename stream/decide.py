"""Sightings in, shown/updated/hidden out: a sequential test per product, with hysteresis. Pure: no clock, no loop.

Each sighting gives every product a calibrated probability of being shown. Their log-odds add up as `weighing` has
it, capped: no single frame decides. A doubtful view counts only where the product may have come to since the one
before. A product is *shown* when the sum says so. It is *hidden* when it was not seen for `hold_s`, when the sum has
turned against it, when it was put down, or as soon as a rival is shown while it is out of view. Both ends are dated
back to half a step beyond the first and the last view of the run, as `dating` has it, or of what was cut in and shows
it alone, as `inserts` has it. Of products that claim the same place in view only the one with most evidence is shown:
look-alikes take turns in single views.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stream.case import (
    Track,
    claimed,
    in_view,
    moment_of,
    near_by,
    others,
    reached,
    rivalled,
    sight,
    still_there,
    takes_name_unseen,
)
from stream.dating import Sight, continues, earliest, earliest_asked, later
from stream.fuse import FLOOR
from stream.inserts import LONGEST_S, carried_on
from stream.lookalikes import comes_anew, confidence, undecided
from stream.types import Candidate, Change, Decision, Moment, Reason
from stream.weighing import PER_VIEW, SEEN, SINGLY, logit, weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.inserts import Insert
    from stream.types import Seconds, Sighting
    from stream.weighing import Weighing

SURE = 0.9  # a view that needs no support by the one before it
HOLDS = 3  # times `hold_s` that faint views can keep a product shown
GOES_ON = 0.1  # so probably presented, what is on show goes on: another side of it, and nothing else took over
NEWS = 0.1  # a change of confidence worth an `updated`
SIGHTS_BACK = 8  # views before a case was opened that its beginning is sought in


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
        step_s: Seconds = 0.0,
    ) -> None:
        """`step_s`: between two views. What came or went in between did so half of it from the view that saw it."""
        self._weighing, self._half_s = weighing, step_s / 2
        self._begun: Moment | None = None
        self._show = logit(show_at)
        self._floor = logit(hide_at)
        self._ceiling = self._show + PER_VIEW
        self._hold_s = hold_s
        self._update_every_s = update_every_s
        self._max_shown = max_shown
        self._tracks: dict[str, Track] = {}
        self._hidden_at: dict[str, Moment] = {}
        self._past: dict[str, tuple[Sight, ...]] = {}  # of each product in the views right before, newest first
        self._opened: set[str] = set()
        self._before: Moment | None = None
        self._insert: Insert | None = None

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
        """What earlier views have of a product in `opened`, newest first, now that they were asked.

        What is on show already was told with its begin.
        """
        track = self._tracks[product_id]
        if not track.shown:
            track.first = earliest_asked(sights, track.beside) or track.first

    def push(self, sighting: Sighting) -> list[Decision]:
        """What changed with this sighting: what has another name now, then hides, then updates, then shows."""
        now = moment_of(sighting)
        self._begun = self._begun or now
        renamed = list(self._names_anew(sighting, now))
        self._cut(sighting, now)
        if self._insert is not None:
            sighting = replace(sighting, ranked=self._insert.presented(sighting.ranked))
        self._weigh(sighting, now)
        shows = list(self._shows(sighting, now))
        new = bool(shows)
        self._before = now
        put_down = list(self._puts_down(sighting))
        hides = self._hides(now, replaced=new)
        return [*renamed, *put_down, *hides, *self._updates(sighting, now), *shows]

    def end(self, why: Reason) -> list[Decision]:
        """The stream broke or stops: everything shown is hidden, everything known is forgotten."""
        decisions = [self._hide(i, why, gone=False) for i in sorted(self.showing)]
        self._tracks.clear()
        self._hidden_at.clear()
        self._past.clear()
        self._opened.clear()
        self._before = self._insert = self._begun = None
        return decisions

    def remove(self, product_id: str) -> list[Decision]:
        """The product left the catalogue."""
        if product_id in self.showing:
            return [self._hide(product_id, Reason.PRODUCT_REMOVED, gone=False)]
        self._tracks.pop(product_id, None)
        return []

    def _names_anew(self, sighting: Sighting, now: Moment) -> Iterator[Decision]:
        """Of look-alikes another stands for all: what was seen was seen of it, whatever it was taken for.

        What was on show goes on under its right name, but for what was told to be this very one and has left: what
        comes back is judged anew.
        """
        for new in sighting.ranked:
            old = None if new.lookalikes is None else new.lookalikes.instead_of
            before = self._tracks.get(old or new.product_id)
            if before is not None and before.told_by_name and comes_anew(new):
                yield self._hide(before.id, Reason.NOT_SEEN)
            if old is None or old not in self._tracks or new.product_id in self._tracks:
                continue
            track = self._tracks.pop(old)
            if track.shown:
                self._hidden_at[old] = now
                yield self._hidden(replace(track, last=now), Reason.MISTAKEN)
            track.candidate = new
            if self._insert is not None:
                self._insert.rename(old, new.product_id)
            self._tracks[new.product_id] = track
            self._past[new.product_id] = self._past.pop(old, ())
            if track.shown:
                self._since_last(track)
                yield self._decision(Change.SHOWN, track, sighting)

    def _cut(self, sighting: Sighting, now: Moment) -> None:
        """What is cut in goes on, begins or is over; who was shown in it was so to its end."""
        over, self._insert = self._insert, carried_on(self._insert, sighting.away_since, now)
        if over is not None and over is not self._insert:
            for track in self._tracks.values():
                track.left = track.last.pts >= over.since.pts
                if track.shown and track.held == over.last and over.is_of(track.id, track.last, track.beside):
                    track.last = over.last
        if self._insert is not None:
            self._insert.push(now, sighting.ranked)

    def _weigh(self, sighting: Sighting, now: Moment) -> None:
        seen = {c.product_id: c for c in sighting.ranked if c.resting_since is None}
        self._opened = set()
        for product_id, candidate in seen.items():
            if in_view(candidate) >= SEEN and product_id not in self._tracks:
                self._tracks[product_id] = self._open(candidate, now)
        known = {candidate.product_id for candidate in sighting.ranked}
        self._past = {i: self._past.get(i, ()) for i in known}
        for candidate in sighting.ranked:
            had = sight(candidate, now) if candidate.product_id in seen else Sight(now, 0.0, candidate.box)
            self._past[candidate.product_id] = (had, *self._past[candidate.product_id])[:SIGHTS_BACK]
        for product_id, track in list(self._tracks.items()):
            self._add(track, seen.get(product_id), now, sighting)
            if track.evidence <= self._floor and not track.shown and track.seen != now:
                del self._tracks[product_id]

    def _open(self, candidate: Candidate, now: Moment) -> Track:
        """A case begins where the run of views that leads up to it does."""
        past = self._past.get(candidate.product_id)
        if past is None and self._before is not None:
            self._opened.add(candidate.product_id)
        first = earliest(past or (), candidate.box) or now
        return Track(first, now, now, now, candidate, candidate.box)

    def _add(self, track: Track, candidate: Candidate | None, now: Moment, sighting: Sighting) -> None:
        cut_in = track.shown and self._of_insert(track)
        if candidate is None or (track.left and candidate.probability < SURE):
            self._count(track, 0.0 if cut_in else weight(FLOOR, self._weighing))
            track.held = now if cut_in else track.held
            return
        rival = rivalled(candidate, sighting)
        added = weight(candidate.probability, self._weighing, rival=rival, cut_in=self._insert is not None)
        supported = candidate.probability >= SURE or near_by(track, candidate)
        told = added if supported else min(added, 0.0)
        faintly = track.shown and not rival and candidate.probability >= GOES_ON and in_view(candidate) < SEEN
        lingers = not track.shown and not rival and still_there(track, candidate)
        self._count(track, max(told, 0.0) if cut_in or faintly or lingers else told)
        track.held = now if cut_in or faintly else track.held
        if in_view(candidate) >= SEEN and (supported or not track.shown or reached(track, candidate)):
            track.seen, track.candidate, track.frames = now, candidate, track.frames + 1
        elif track.last != self._before or not continues(sight(candidate, now), track.beside):
            return
        track.last = track.held = now
        track.beside, track.left = candidate.box, False
        track.views.append(now)

    def _waits_s(self, track: Track) -> Seconds:
        """How long what is on show can do without a view that sees it, though nothing says that it went."""
        faintly = HOLDS * self._hold_s
        return max(faintly, LONGEST_S) if self._of_insert(track) else faintly

    def _of_insert(self, track: Track) -> bool:
        return self._insert is not None and self._insert.is_of(track.id, track.last, track.beside)

    def _count(self, track: Track, weight: float) -> None:
        track.evidence = max(self._floor, min(self._ceiling, track.evidence + weight))

    def _shows(self, sighting: Sighting, now: Moment) -> Iterator[Decision]:
        room = self._max_shown - len([i for i in self.showing if self._tracks[i].seen == now])
        ready = [i for i, t in self._tracks.items() if t.ready(now) and t.evidence >= self._show]
        best_first = sorted(ready, key=lambda i: (-self._tracks[i].evidence, i))
        for product_id in [i for i in best_first if not claimed(i, self._tracks, now)][: max(room, 0)]:
            track = self._tracks[product_id]
            track.shown = True
            if self._insert is not None:
                track.first = self._insert.beginning(product_id, track.first, track.beside)
            track.first = later(track.first, -self._half_s, at_least=self._begun)
            again = self._since_last(track)
            decision = self._decision(Change.SHOWN, track, sighting)
            yield decision if again is None else replace(decision, again_after_s=again)

    def _since_last(self, track: Track) -> Seconds | None:
        """How long a product was hidden that is shown again: it begins no sooner than was said to be its end."""
        ended = self._hidden_at.pop(track.id, None)
        if ended is None:
            return None
        if track.first.pts < ended.pts:
            track.first = ended
        return track.first.pts - ended.pts

    def _puts_down(self, sighting: Sighting) -> Iterator[Decision]:
        """Dated back to the last view before it came to rest; it was noticed later.

        Nothing is put down in what is cut in and shows it alone, nor by cutting back from there.
        """
        since = {c.product_id: c.resting_since for c in sighting.ranked if c.resting_since is not None}
        for product_id in sorted(self.showing & since.keys()):
            track = self._tracks[product_id]
            if track.left or self._of_insert(track):
                continue
            track.last = track.held_until(since[product_id])
            yield self._hide(product_id, Reason.PUT_DOWN)

    def _hides(self, now: Moment, *, replaced: bool) -> Iterator[Decision]:
        for product_id in sorted(self.showing):
            track = self._tracks[product_id]
            away_s, unseen_s = now.pts - track.held.pts, now.pts - track.seen.pts
            gone = away_s > self._hold_s or unseen_s > self._waits_s(track)
            if gone or track.evidence <= self._floor or (replaced and unseen_s > 0):
                yield self._hide(product_id, Reason.NOT_SEEN)

    def _updates(self, sighting: Sighting, now: Moment) -> Iterator[Decision]:
        for product_id in sorted(self.showing):
            track = self._tracks[product_id]
            told = track.told
            if told is None or (track.seen != now and not takes_name_unseen(track, sighting)):
                continue
            due = now.pts - track.told_at >= self._update_every_s
            news = abs(confidence(track.candidate) - confidence(told)) >= NEWS
            if (due and news) or undecided(track.candidate) != undecided(told):
                yield self._decision(Change.UPDATED, track, sighting)

    def _decision(self, change: Change, track: Track, sighting: Sighting) -> Decision:
        track.told, track.told_at = track.candidate, track.seen.pts
        return Decision(change, track.candidate, others(track, sighting), track.first, track.frames)

    def _hide(self, product_id: str, why: Reason, *, gone: bool = True) -> Decision:
        """`gone`: it was in view no longer, rather than that nobody looks any more."""
        track = self._tracks.pop(product_id)
        track.last = max(track.last, track.first, key=lambda moment: moment.pts)
        if gone:
            track.last = later(track.last, self._half_s, at_most=self._before)
        self._hidden_at[product_id] = track.last
        return self._hidden(track, why)

    def _hidden(self, track: Track, why: Reason) -> Decision:
        return Decision(Change.HIDDEN, track.candidate, (), track.first, track.frames, hidden_at=track.last, why=why)
