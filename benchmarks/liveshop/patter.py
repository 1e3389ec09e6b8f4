"""What the host of a scored live says: titles, half-titles, rivals' names, chatter, sometimes nothing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.liveshop.show import CHATTER, INTROS, Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from benchmarks.liveshop.products import Product
    from benchmarks.liveshop.staging import Turn
    from stream.types import Seconds

# Of introductions: nothing is said at all; the title; only half of it.
WORDLESS, TITLED = 0.12, 0.6
RIVAL = 0.25  # share of the introductions with words in which another product of the shop is named
EVERY_S = 5.0  # between two sentences about the same thing, at least as long as one takes to say
TALK_EVERY_S = 6.0

HALVES = (
    "This is the {name}, everybody.",
    "And now something from {brand}.",
    "The one in {flavour}, finally back in stock.",
    "You know {brand}, don't you?",
)
RIVALS = (
    "Unlike the {name} from {brand}, this one really holds what it says.",
    "I like it even better than the {brand} {name}.",
    "We will come to the {brand} {name} later, be patient.",
)
DETAILS = (
    "Look at it from all sides, this is how it comes.",
    "That is {size}, and today it is only {price}.",
    "I use it every single day at home.",
    "Just look at how nicely this is made.",
    "There are only a few of them left.",
    "Put it into your basket while we are talking.",
)


def patter(
    rng: np.random.Generator, turns: Sequence[Turn], listed: Sequence[Product], seconds: Seconds
) -> list[Line]:
    """Everything that is said, in order. A line is `about` a product only while it is presented: rivals are not."""
    lines = [Line(0.6, CHATTER[0])]
    for i, turn in enumerate(turns):
        until = turns[i + 1].start if i + 1 < len(turns) else seconds
        lines += _introduction(rng, turn, listed, until)
        lines += _talk(rng, turn.stop, until)
    return sorted(lines, key=lambda line: line.start)


def _introduction(rng: np.random.Generator, turn: Turn, listed: Sequence[Product], until: Seconds) -> Iterator[Line]:
    said = rng.random()
    if said < WORDLESS:
        return
    product = turn.product
    pool = INTROS if said < WORDLESS + TITLED else HALVES
    yield Line(turn.start + 0.5, _filled(_any(rng, pool), product), product.product_id)
    at, stop = turn.start + 0.5 + EVERY_S, min(turn.stop, until) - EVERY_S + 1.5
    if rng.random() < RIVAL and at < stop:
        rival = listed[int(rng.integers(0, len(listed)))]
        if rival.group != product.group:
            yield Line(at, _filled(_any(rng, RIVALS), rival))
            at += EVERY_S
    while at < stop:
        yield Line(at, _filled(_any(rng, DETAILS), product), product.product_id)
        at += EVERY_S + float(rng.uniform(0, 2))


def _talk(rng: np.random.Generator, start: Seconds, until: Seconds) -> Iterator[Line]:
    """Chatter between products: often a sentence, and one after the other where there is nothing to show."""
    at = start + 0.2
    while at + TALK_EVERY_S / 2 < until:
        if rng.random() < 0.7:
            yield Line(at, _any(rng, CHATTER[1:]))
        at += TALK_EVERY_S


def _any(rng: np.random.Generator, pool: Sequence[str]) -> str:
    return pool[int(rng.integers(0, len(pool)))]


def _filled(text: str, product: Product) -> str:
    names = {"brand": product.brand, "name": product.kind.name, "flavour": product.flavour}
    return text.format(**names, size=product.kind.size, price=product.price)
