"""The script of a scored live: what is introduced when, for how long, and what else is there. Pure.

Everything follows from a run's seed and the live's number. At which rates things happen is said by the constants
here, in `staging` (table, shelf, hands), `patter` (speech) and `programme` (camera, broadcaster, sound).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.patter import patter
from benchmarks.liveshop.products import make_shop
from benchmarks.liveshop.programme import random_programme
from benchmarks.liveshop.show import FPS, LEAD_S, TAIL_S, Show
from benchmarks.liveshop.staging import Stage, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.liveshop.products import Product
    from stream.types import Seconds

LIVES = 1000  # at most, of one seed: live i of seed S is world S * LIVES + i
UNLISTED = 0.12  # share of introductions whose product no catalogue has
LOOKALIKE = 0.3  # how often a product with siblings is followed by one of them
TAIL = 0.8  # exponent of Zipf's law: the first of forty products gets a seventh of all introductions, most get one
COMPARED = 0.12  # share of longer introductions during which a second product is held beside the first
COMPARE_S = 8.0  # how long those last at least
LASTS = ((0.25, 4.8, 5.7), (0.45, 5.7, 11.0), (0.3, 11.0, 21.0))  # share, seconds in the hand: a second of it moving
PAUSE_S = (1.6, 4.0)
TALKED, TALK_S = 0.15, (10.0, 25.0)  # how often a pause is a talk without product, and its length


def live_show(seed: int, index: int, seconds: Seconds, *, twins: bool = False) -> Show:
    """Live `index` of a run's seed: a shop, an order and a broadcast of its own. `twins`: see make_shop."""
    world = seed * LIVES + index
    products = make_shop(world, twins=twins)
    turns = _turns(generator(world, "turns"), products, seconds)
    spans = [(turn.start, turn.stop) for turn in turns]
    programme = random_programme(generator(world, "programme"), seconds, spans)
    stage = Stage(generator(world, "stage"), products, seconds, upright=programme.portrait)
    introductions = tuple(stage.introduce(turn) for turn in turns)
    listed = [p for p in products if p.listed]
    return Show(
        name=f"{'twins' if twins else 'printed'}-{seed}-{index}",
        seed=world,
        seconds=seconds,
        products=tuple(products),
        introductions=introductions,
        lines=tuple(patter(generator(world, "patter"), turns, listed, seconds)),
        still=stage.still(),
        programme=programme,
    )


def _turns(rng: np.random.Generator, products: Sequence[Product], seconds: Seconds) -> list[Turn]:
    """Introductions one after the other, with pauses, for as long as they fit whole."""
    turns: list[Turn] = []
    at = LEAD_S
    choice = _choice(rng, products)
    while True:
        lasts = min(_within(rng, LASTS), seconds - TAIL_S - at)
        if lasts < LASTS[0][1]:
            return turns
        start, stop = _on_grid(at), _on_grid(at + lasts)
        product = next(choice)
        if lasts >= COMPARE_S and rng.random() < COMPARED:
            joins, leaves = start + float(rng.uniform(1.8, 3.0)), stop - float(rng.uniform(-1.0, 1.0))
            leaves = min(leaves, seconds - TAIL_S)
            turns += [Turn(product, start, stop, -1), Turn(next(choice), _on_grid(joins), _on_grid(leaves), 1)]
        else:
            turns.append(Turn(product, start, stop))
        pause = TALK_S if rng.random() < TALKED else PAUSE_S
        at = max(turn.stop for turn in turns[-2:]) + float(rng.uniform(*pause))


def _choice(rng: np.random.Generator, products: Sequence[Product]) -> Iterator[Product]:
    """A few products come again and again, most of them once or never; never the same twice in a row."""
    listed, foreign = ([p for p in products if p.listed is wanted] for wanted in (True, False))
    order = [listed[int(i)] for i in rng.permutation(len(listed))]
    weights = np.arange(1, len(order) + 1) ** -TAIL
    last: Product | None = None
    while True:
        alike = [p for p in listed if last is not None and p.group == last.group and p != last]
        if rng.random() < UNLISTED:
            pool, shares = foreign, None
        elif alike and rng.random() < LOOKALIKE:
            pool, shares = alike, None
        else:
            pool, shares = order, weights / weights.sum()
        chosen = pool[int(rng.choice(len(pool), p=shares))]
        if chosen != last:
            last = chosen
            yield chosen


def _within(rng: np.random.Generator, ranges: Sequence[tuple[float, float, float]]) -> float:
    _, low, high = ranges[int(rng.choice(len(ranges), p=[share for share, _, _ in ranges]))]
    return float(rng.uniform(low, high))


def _on_grid(at: Seconds) -> Seconds:
    return round(at * FPS) / FPS
