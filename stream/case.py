"""One product's case so far, and where a view has it. Pure: no clock, no judgement."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stream.dating import Sight, in_reach, near
from stream.fuse import SAME_PLACE
from stream.lookalikes import alternatives, undecided, waits
from stream.rest import overlap
from stream.types import Moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.base import Box
    from stream.types import Candidate, Seconds, Sighting

RARE = 1.0  # log-odds against any product that is looked at closely, before any view
FAINTEST = 0.03  # of what is in a hand, and hardly more than lies in any picture: it speaks for nothing by itself
MAX_ALTERNATIVES = 4
VIEWS_BACK = 40  # views of a track whose times are kept: coming to rest is noticed a few views late


@dataclass(slots=True)
class Track:
    """One product's case so far. Dropped as soon as it says nothing any more."""

    first: Moment
    seen: Moment  # the last view that counts
    last: Moment  # the same, or the last of the faint views right after it
    held: Moment  # the same, or the last view that it went on in though nothing dates it there
    candidate: Candidate
    beside: Box | None  # where it was in `last`
    evidence: float = -RARE
    frames: int = 0
    shown: bool = False
    left: bool = False  # the picture that it was seen in was cut away from
    views: deque[Moment] = field(default_factory=lambda: deque(maxlen=VIEWS_BACK))
    told: Candidate | None = None
    told_at: Seconds = 0.0

    @property
    def id(self) -> str:
        return self.candidate.product_id

    def ready(self, now: Moment) -> bool:
        return not self.shown and self.seen == now and not waits(self.candidate)

    @property
    def told_by_name(self) -> bool:
        """Whether this very product is on show, rather than one of its look-alikes."""
        return self.shown and not undecided(self.told or self.candidate)

    def held_until(self, resting_since: Seconds) -> Moment:
        """The last view before it came to rest."""
        return next((view for view in reversed(self.views) if view.pts <= resting_since), self.first)


def in_view(candidate: Candidate) -> float:
    return candidate.probability if candidate.in_view is None else candidate.in_view


def sight(candidate: Candidate, now: Moment) -> Sight:
    return Sight(now, in_view(candidate), candidate.box)


def near_by(track: Track, candidate: Candidate) -> bool:
    """Whether it may be what the track had in view last; nothing speaks against a product without a box."""
    before, now = track.beside, candidate.box
    return before is None or now is None or near(before, now)


def reached(track: Track, candidate: Candidate) -> bool:
    before, now = track.beside, candidate.box
    return before is None or now is None or in_reach(before, now)


def still_there(track: Track, candidate: Candidate) -> bool:
    """Whether a view has it, ever so faintly, where it may have come to: it turned away, and was not missed."""
    return candidate.box is not None and in_view(candidate) >= FAINTEST and near_by(track, candidate)


def takes_name_unseen(track: Track, sighting: Sighting) -> bool:
    """Whether it is said just now which of its look-alikes it is; takes that over, and what was seen stays."""
    new = next((one for one in sighting.ranked if one.product_id == track.id), None)
    if new is None or undecided(new) or not undecided(track.candidate):
        return False
    track.candidate = replace(track.candidate, lookalikes=new.lookalikes, speech=new.speech, said=new.said)
    return True


def rivalled(candidate: Candidate, sighting: Sighting) -> bool:
    """Whether a likelier product claims its place."""
    likelier = (c for c in sighting.ranked if c.probability > candidate.probability)
    return any(shared(other.box, candidate.box) > SAME_PLACE for other in likelier)


def shared(one: Box | None, two: Box | None) -> float:
    """Nothing is known of a product without a box."""
    return 0.0 if one is None or two is None else overlap(one, two)


def claimed(product_id: str, tracks: Mapping[str, Track], now: Moment) -> bool:
    """Seen or shown in the very same place is another with more evidence, or with as much and an earlier name."""
    mine = tracks[product_id]
    rivals = [
        (-t.evidence, i)
        for i, t in tracks.items()
        if i != product_id and (t.shown or t.seen == now) and shared(t.candidate.box, mine.candidate.box) > SAME_PLACE
    ]
    return min(rivals, default=(-mine.evidence, product_id)) < (-mine.evidence, product_id)


def others(track: Track, sighting: Sighting) -> tuple[Candidate, ...]:
    """What it may be instead, or what else may be there: of look-alikes that wait for a word nothing else is."""
    mine = track.candidate.product_id
    found = alternatives(track.candidate)
    if not undecided(track.candidate):
        found += tuple(c for c in sighting.ranked if c.product_id != mine)
    return found[:MAX_ALTERNATIVES]


def moment_of(sighting: Sighting) -> Moment:
    view = sighting.window.views[-1]
    return Moment(pts=view.at, utc=view.utc, wall=view.wall)
