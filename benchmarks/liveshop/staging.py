"""Hands, table and shelf of a scored live: where each introduced product comes from, how it is held, where it goes.

Pure but for the table that it remembers: introductions must be asked for in order of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from benchmarks.liveshop.motion import ENTER_S, LEAVE_S, Cover, Path
from benchmarks.liveshop.show import Introduction, Still
from benchmarks.liveshop.table import MIDDLE, SHELF, TABLE, TABLE_UPRIGHT, pose_at, shelf_pose

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.liveshop.bodies import Pose
    from benchmarks.liveshop.motion import From
    from benchmarks.liveshop.products import Product
    from benchmarks.liveshop.table import Place
    from stream.types import Seconds

PUT_DOWN = 0.35  # share of introductions after which the product stays on the table, while there is room
ROOM = (1, 4)  # things that a table holds, a live's own number
EMPTY_TABLE = 0.4  # share of lives that begin with nothing on it
COMPANIONS = (1, 3)
FOREIGN_COMPANION = 0.2  # share of companions that no catalogue has
OWN_SHELF = 0.25  # share of lives with products of the catalogue on the shelf behind
ON_SHELF = (2, 4)
HEIGHTS = ((0.2, 180, 240), (0.4, 255, 340), (0.4, 350, 460))  # share, and pixels of the front while it is held
UPRIGHT_HELD = 0.8  # of those heights in upright lives, whose picture is nearer and narrower
NEAREST = 540  # pixels: what comes nearer than that does not fit the picture any more
SIDES: tuple[From, ...] = ("left", "right", "below")


class Turn(NamedTuple):
    """One introduction as the script has it. `side`: -1 or 1 of two that are compared, 0 of one alone."""

    product: Product
    start: Seconds
    stop: Seconds
    side: int = 0


class _Lying(NamedTuple):
    product: Product
    place: Place
    pose: Pose
    since: Seconds


class Stage:
    """Introductions and stills of one live, made turn by turn."""

    def __init__(self, rng: np.random.Generator, products: list[Product], seconds: Seconds, *, upright: bool) -> None:
        self._rng = rng
        self._seconds = seconds
        self._upright = upright
        places = TABLE_UPRIGHT if upright else TABLE
        room = int(rng.integers(ROOM[0], ROOM[1] + 1))
        self._free = [places[int(i)] for i in rng.permutation(len(places))[:room]]
        self._lying: dict[str, _Lying] = {}
        self._still: list[Still] = []
        self._lay_out(products)
        if not upright and rng.random() < OWN_SHELF:
            self._fill_shelf([p for p in products if p.listed])

    def introduce(self, turn: Turn) -> Introduction:
        """The product in the hand; the table is afterwards as it is when the turn is over."""
        taken = self._take(turn)
        product, rng = turn.product, self._rng
        put = None
        if self._free and rng.random() < PUT_DOWN:
            put = self._put(product, turn.stop)
        return Introduction(product, _path(rng, turn, taken, put, upright=self._upright))

    def still(self) -> tuple[Still, ...]:
        """Everything that lay or stood there, once all turns were taken."""
        left = [Still(one.product, one.pose, one.since, self._seconds) for one in self._lying.values()]
        return tuple(sorted((*self._still, *left), key=lambda s: (s.start, s.product.product_id)))

    def _lay_out(self, products: list[Product]) -> None:
        """Companions that are there from the beginning."""
        rng = self._rng
        if rng.random() < EMPTY_TABLE:
            return
        listed, foreign = ([p for p in products if p.listed is wanted] for wanted in (True, False))
        for _ in range(min(int(rng.integers(COMPANIONS[0], COMPANIONS[1] + 1)), len(self._free))):
            pool = foreign if rng.random() < FOREIGN_COMPANION else listed
            product = pool[int(rng.integers(0, len(pool)))]
            if product.product_id not in self._lying:
                self._put(product, 0.0)

    def _fill_shelf(self, listed: list[Product]) -> None:
        rng = self._rng
        count = int(rng.integers(ON_SHELF[0], ON_SHELF[1] + 1))
        for product, place in zip(rng.permutation(len(listed))[:count], rng.permutation(len(SHELF)), strict=False):
            pose = shelf_pose(rng, SHELF[int(place)])
            self._still.append(Still(listed[int(product)], pose, 0.0, self._seconds, "shelf"))

    def _put(self, product: Product, at: Seconds) -> Pose:
        place = self._free.pop()
        pose = pose_at(self._rng, place, product)
        self._lying[product.product_id] = _Lying(product, place, pose, at)
        return pose

    def _take(self, turn: Turn) -> Pose | None:
        """Where the product lies, if it does: it lies there no longer."""
        lay = self._lying.pop(turn.product.product_id, None)
        if lay is None:
            return None
        self._still.append(Still(lay.product, lay.pose, lay.since, turn.start))
        self._free.insert(0, lay.place)
        return lay.pose


def _path(rng: np.random.Generator, turn: Turn, taken: Pose | None, put: Pose | None, *, upright: bool) -> Path:
    lasts = turn.stop - turn.start
    height = _height(rng, turn) * (UPRIGHT_HELD if upright else 1.0)
    wild = rng.random() < 0.3
    return Path(
        start=turn.start,
        stop=turn.stop,
        comes=SIDES[int(rng.integers(0, 3))] if turn.side == 0 else "left" if turn.side < 0 else "right",
        goes=SIDES[int(rng.integers(0, 3))] if turn.side == 0 else "left" if turn.side < 0 else "right",
        home=_home(rng, turn.side, upright=upright),
        height=height,
        turn=float(rng.uniform(0.42, 0.85) if wild else rng.uniform(0.15, 0.42)),
        tilt=float(rng.uniform(-0.14, 0.14)) * (2.5 if rng.random() < 0.2 else 1.0),
        near=min(float(rng.uniform(0.0, 0.35)), NEAREST / height - 1) if turn.side == 0 else 0.0,
        phases=tuple(float(p) for p in rng.uniform(0, 6.28, 4)),
        cover=_cover(rng, turn.start, lasts),
        rounds=float(max(1, round(lasts / 6))),
        taken_from=taken,
        put_down=put,
    )


def _height(rng: np.random.Generator, turn: Turn) -> float:
    """Narrow things are held a little closer, so that their print can be read; of two, both must fit."""
    if turn.side:
        return float(rng.uniform(235, 285))
    shares = [share for share, _, _ in HEIGHTS]
    _, low, high = HEIGHTS[int(rng.choice(len(HEIGHTS), p=shares))]
    return float(rng.uniform(low, high)) * (1.08 if turn.product.kind.form in {"bottle", "tube"} else 1.0)


def _home(rng: np.random.Generator, side: int, *, upright: bool) -> tuple[float, float]:
    aside, spread = (118, 12) if upright else (190, 40)
    if side:
        return MIDDLE + side * aside + float(rng.uniform(-spread, spread)), float(rng.uniform(330, 370))
    reach = 45 if upright else 210
    return MIDDLE + float(rng.uniform(-reach, reach)), float(rng.uniform(325, 385))


def _cover(rng: np.random.Generator, start: Seconds, lasts: Seconds) -> Cover | None:
    """About every other time the other hand passes in front, and one time in five it takes its time."""
    takes = float(rng.uniform(1.8, 2.6) if rng.random() < 0.2 else rng.uniform(0.9, 1.4))
    room = lasts - ENTER_S - LEAVE_S - takes - 1.2
    if rng.random() < 0.5 or room <= 0:
        return None
    begins = start + ENTER_S + 0.6 + float(rng.uniform(0, room))
    return Cover(begins, takes, float(rng.uniform(0.22, 0.42)))
