"""Which products lie or stand where they are, and since when, told from their boxes. Pure: no clock, no pixels.

A hand never holds quite still: within half a second it sways and turns what it shows by a percent of the picture.
What lies on a table or stands on a shelf moves only with the camera. So each step from one view to the next speaks
for the hand or for the table, whichever would rather move a box so far; steps add up, capped, since what was held may
be put down. A hand does not come back to the very same place either: of the steps from a few earlier boxes the
shortest counts, since a product may be found now by one of its pictures, now by another. Size speaks too: what fills
much of the picture is being presented even if nothing moves, and what stands on a far shelf is not. While the whole
picture is frozen nothing is learnt. What is found half hidden is found amiss by more than a hand would move it: how
little of it fitted says how far its box may be off, and such a step speaks less.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp, hypot, inf, log
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from engines.base import Box

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from stream.types import Seconds

HELD = 0.010  # how far a hand moves a box in half a second, as a share of the picture
HELD_ZOOM = 0.04  # and by what share it changes its size
LYING, LYING_ZOOM = 0.0022, 0.012  # the same of a box that rests: what finding it again is worth
AMISS, AMISS_ZOOM = 0.015, 0.1  # how far a box may be off of which nothing fitted; in proportion, where some did
PRECISE = 0.2  # what did not fit of a box that is told as exactly as others
FILLS = 0.15  # share of the picture from which a product is being presented, moving or not
TAKEN = 0.05  # a step that only a hand takes, whatever was known before
PER_STEP = 1.5  # the most that one step may say: steps share the light and the fit
MOST, LEAST = 3.0, -3.0  # what motion may say in all: being put down, or taken up, must show within a second or two
EVEN = 0.04  # share of the picture at which size says nothing
SIZE = 1.6  # log-odds for each factor e of size above that
RESTING = -1.0  # log-odds of being held from which on it is said to rest
ALIKE = 0.5  # logarithm of how much taller, or wider, a thing gets from one view to the next
MEMORY_S = 90.0  # a place is remembered for so long; a product lies about for minutes, out of view now and then
RETURN_S = 3.0  # a product out of view for longer, and back elsewhere, is judged anew
PLACES = 6  # boxes that are remembered of a product
SOON_S = 1.0  # a box that is hardly believed must follow so soon on one like it
APART = 0.01  # shares of the picture: places farther apart are two; a camera shakes less
HERE, HERE_ZOOM = (
    0.02,
    0.15,
)  # what is found that near to where it lies lay there, whichever of its pictures was found
FEW = 3  # places that one thing may seem to lie in; a hand that sways has more, and comes by them again
OFTEN = 2  # unless it was there more often than a hand comes by
FEWEST = 2  # resting products that must agree before their motion is taken for the camera's
AGREE, AGREE_ZOOM = 0.006, 0.024  # so far apart they still do
SAME_THING = 0.4  # of two boxes, what they share: above it one thing in view is taken for two products


class Step(NamedTuple):
    """From one box to the next, in shares of the picture; `zoom`: of its sides, logarithmic."""

    x: float
    y: float
    zoom: float


STILL = Step(0.0, 0.0, 0.0)


class Placed(NamedTuple):
    """Where a product was found. `unfit`: the share of it that did not fit there."""

    box: Box
    unfit: float = 0.0

    @property
    def precise(self) -> bool:
        return self.unfit <= PRECISE


class _Place(NamedTuple):
    found: Placed  # as it would lie now
    since: Seconds  # when it came there: one view that found it amiss does not make it come anew

    @property
    def box(self) -> Box:
        return self.found.box


@dataclass(slots=True)
class _Case:
    at: Seconds
    places: deque[_Place]  # the newest last
    motion: float = 0.0

    @property
    def found(self) -> Placed:
        return self.places[-1].found

    @property
    def box(self) -> Box:
        return self.found.box


class Rest:
    """Judges every product by itself, but for the camera, which moves all that rest alike."""

    def __init__(self) -> None:
        self._cases: dict[str, _Case] = {}

    def push(self, at: Seconds, found: Mapping[str, Placed], grain: float = 0.0, *, frozen: bool = False) -> None:
        """What one view showed. `grain`: how coarsely they are told; coarser than a hand moves, they say nothing.

        `frozen`: the picture is the one before, and nobody could have moved anything.
        """
        if grain > HELD:
            return
        camera = self._camera(found)
        for product_id, placed in found.items():
            case = self._cases.get(product_id)
            if case is None:
                self._cases[product_id] = _Case(at, deque([_Place(placed, at)], maxlen=PLACES))
            elif frozen:
                case.at = at
            else:
                _take(case, at, placed, camera, grain)
        self._cases = {i: case for i, case in self._cases.items() if at - case.at <= MEMORY_S}

    def expects(self, at: Seconds, product_id: str, box: Box) -> bool:
        """Whether the product was lately like that, or like that just there: even a faint match is believed then."""
        case = self._cases.get(product_id)
        if case is None or not alike(case.box, box):
            return False
        return at - case.at <= SOON_S or says(step(case.box, box)) < 0

    def held(self, product_id: str) -> float:
        """Log-odds that the product is in a hand rather than at rest; infinite while its place is unknown."""
        case = self._cases.get(product_id)
        return inf if case is None else case.motion + _size(case.box)

    def since(self, product_id: str) -> Seconds | None:
        """When it came to rest, or was first seen resting; None where its motion does not say so."""
        case = self._cases.get(product_id)
        if case is None or max(case.motion, case.motion + _size(case.box)) > RESTING:
            return None
        return _came(case.places)

    def reset(self) -> None:
        self._cases.clear()

    def _camera(self, found: Mapping[str, Placed]) -> Step:
        """What all that rest did since they were last seen; small, or they were not at rest.

        A thing that is found now by one of its pictures, now by another, moves alone: it must not carry the others.
        """
        boxes = {i: placed.box for i, placed in found.items() if placed.precise}
        cases = {i: self._cases[i] for i in boxes if i in self._cases}
        resting = [i for i, case in cases.items() if case.motion <= RESTING and case.found.precise]
        steps = [step(cases[i].box, boxes[i]) for i in _apart(resting, boxes)]
        if len(steps) < FEWEST:
            return STILL
        middle = _middle(steps)
        return middle if sum(_agree(one, middle) for one in steps) >= FEWEST else STILL


def _apart(products: Iterable[str], boxes: Mapping[str, Box]) -> list[str]:
    """One for each place: look-alikes that are found in one thing are no two witnesses of how it moved."""
    apart: list[str] = []
    for product_id in products:
        if all(overlap(boxes[product_id], boxes[other]) <= SAME_THING for other in apart):
            apart.append(product_id)
    return apart


def step(before: Box, now: Box) -> Step:
    zoom = log(max(now.w * now.h, 1e-6) / max(before.w * before.h, 1e-6)) / 2
    return Step(now.x - before.x + (now.w - before.w) / 2, now.y - before.y + (now.h - before.h) / 2, zoom)


def says(moved: Step, grain: float = 0.0, unfit: float = 0.0) -> float:
    """Log-odds of a hand over a table, for a box that moved so far: two normal distributions of each share.

    `unfit`: of both boxes together.
    """
    told = 0.0
    for share, held, lying, amiss in (
        (moved.x, HELD, LYING, AMISS),
        (moved.y, HELD, LYING, AMISS),
        (moved.zoom, HELD_ZOOM, LYING_ZOOM, AMISS_ZOOM),
    ):
        hand, table = hypot(held, grain, amiss * unfit), hypot(lying, grain, amiss * unfit)
        told += log(table / hand) + share**2 / 2 * (1 / table**2 - 1 / hand**2)
    return max(-PER_STEP, min(PER_STEP, told))


def _take(case: _Case, at: Seconds, found: Placed, camera: Step, grain: float) -> None:
    if camera != STILL:
        case.places = deque((_moved(one, camera) for one in case.places), maxlen=PLACES)
    nearest = _nearest(case, found, grain)
    moved = step(nearest.box, found.box)
    told = says(moved, grain, hypot(nearest.found.unfit, found.unfit))
    if hypot(moved.x, moved.y) > TAKEN:
        case.motion = max(case.motion, 0.0)
    if told > 0 and at - case.at > RETURN_S:
        case.motion = 0.0
    case.at = at
    case.places.append(_Place(found, at if told > 0 else nearest.since))
    case.motion = max(LEAST, min(MOST, case.motion + told))


def _nearest(case: _Case, found: Placed, grain: float) -> _Place:
    """The earlier place from which a step says the least; what is told exactly is held to places that were, too."""
    told = [says(step(one.box, found.box), grain) for one in case.places]
    if _sways(case.places) and sum(each < 0 for each in told) < OFTEN:
        return case.places[-1]
    exact = {n for n, one in enumerate(case.places) if found.precise and one.found.precise}
    return case.places[min(exact or range(len(told)), key=told.__getitem__)]


def _sways(places: Iterable[_Place]) -> bool:
    """Whether these are more places than one thing seems to lie in."""
    apart: list[Box] = []
    for place in places:
        if all(_far(step(box, place.box)) > APART for box in apart):
            apart.append(place.box)
    return len(apart) > FEW


def _came(places: Sequence[_Place]) -> Seconds:
    """When it came to where it is now."""
    since, here = places[-1].since, places[-1].box
    for place in reversed(places):
        moved = step(place.box, here)
        if _far(moved) > HERE or abs(moved.zoom) > HERE_ZOOM:
            break
        since = min(since, place.since)
    return since


def _far(moved: Step) -> float:
    return hypot(moved.x, moved.y)


def alike(one: Box, two: Box) -> bool:
    """Whether both may be of one thing, half a second apart."""
    sides = ((one.w, two.w), (one.h, two.h))
    return all(abs(log(max(before, 1e-4) / max(now, 1e-4))) <= ALIKE for before, now in sides)


def _moved(place: _Place, camera: Step) -> _Place:
    return _Place(place.found._replace(box=_carried(place.box, camera)), place.since)


def _carried(box: Box, camera: Step) -> Box:
    """Where it lies after the camera moved: each side grows about the middle."""
    w, h = box.w * exp(camera.zoom), box.h * exp(camera.zoom)
    return Box(box.x + camera.x - (w - box.w) / 2, box.y + camera.y - (h - box.h) / 2, w, h)


def overlap(one: Box, two: Box) -> float:
    """The share of both that is of each."""
    width = min(one.x + one.w, two.x + two.w) - max(one.x, two.x)
    height = min(one.y + one.h, two.y + two.h) - max(one.y, two.y)
    both = max(width, 0.0) * max(height, 0.0)
    return both / max(one.w * one.h + two.w * two.h - both, 1e-9)


def may_lie(box: Box) -> bool:
    """What fills much of the picture is being presented, whether it moves or not."""
    return box.w * box.h < FILLS


def _size(box: Box) -> float:
    return SIZE * log(max(box.w * box.h, 1e-6) / EVEN) if may_lie(box) else inf


def _agree(one: Step, other: Step) -> bool:
    return hypot(one.x - other.x, one.y - other.y) <= AGREE and abs(one.zoom - other.zoom) <= AGREE_ZOOM


def _middle(steps: Collection[Step]) -> Step:
    return Step(*(median(values) for values in zip(*steps, strict=True)))
