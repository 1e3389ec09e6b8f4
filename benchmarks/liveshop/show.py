"""What a show consists of, and two plain scripts: the demo's and one for each seed. Pure: same seed, same script.

`script.live_show` makes the full-blown lives that are scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.motion import Path, random_path
from benchmarks.liveshop.products import make_products
from benchmarks.liveshop.programme import Programme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from benchmarks.liveshop.bodies import Pose
    from benchmarks.liveshop.products import Product
    from stream.types import Seconds

FPS = 30
WIDTH, HEIGHT = 1280, 720
LEAD_S = 4.0  # talk before the first product: a viewer that joins late still sees all of it
TAIL_S = 2.5
DEMO_SEED = 11
DEMO_S = 92.0
SHORTEST_S = 14.0  # of a live with one introduction in it
UNLISTED_EVERY = 6  # in random lives, about one introduction in so many is of a product that no catalogue has

PLAIN = Programme()  # the picture is the scene

INTROS = (
    "Next up is the {brand} {name}, {flavour}.",
    "Look at this, {name} from {brand}, in {flavour}.",
    "Here I have the {brand} {flavour} {name} for you.",
    "So many of you asked for it: {brand} {name}.",
)
CHATTER = (
    "Welcome everybody, so nice to see you all.",
    "Let me check what you are writing in the chat.",
    "Free shipping today, only while we are live.",
    "Thank you for all the hearts, you are great.",
    "Give me a second, I will get the next one.",
)


@dataclass(frozen=True, slots=True)
class Introduction:
    """A product in the host's hand. Two that overlap are held side by side; the later one is in front."""

    product: Product
    path: Path


@dataclass(frozen=True, slots=True)
class Line:
    """Something the host says, from `start` on; `product_id` where it is about one."""

    start: Seconds
    text: str
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class Still:
    """A product that is merely there for [start, stop): it lies or stands on the table, or on the shelf behind."""

    product: Product
    pose: Pose
    start: Seconds
    stop: Seconds
    why: Literal["lying", "shelf"] = "lying"


@dataclass(frozen=True, slots=True)
class Show:
    name: str
    seed: int
    seconds: Seconds
    products: tuple[Product, ...]  # all of this world, listed or not
    introductions: tuple[Introduction, ...]
    lines: tuple[Line, ...]
    still: tuple[Still, ...] = ()
    programme: Programme = PLAIN

    @property
    def frames(self) -> int:
        return round(self.seconds * FPS)


def demo_show(seconds: Seconds = DEMO_S) -> Show:
    """The scripted live of `nowshowing demo`: look-alikes one after the other, one product nobody knows."""
    products = make_products(DEMO_SEED)
    listed = [p for p in products if p.listed]
    unlisted = [p for p in products if not p.listed]
    a, b, c, d = listed[:4]  # two pairs of siblings
    order = [listed[6], a, b, listed[7], listed[8], unlisted[0], listed[9], c, listed[10], d, listed[11], listed[12]]
    rounds = int(seconds // DEMO_S) + 1  # a longer demo goes round again
    return _script("demo", DEMO_SEED, seconds, products, order * rounds)


def random_show(seed: int, seconds: Seconds) -> Show:
    """A live of its own, with its own products."""
    products = make_products(seed)
    rng = generator(seed, "order")
    listed = [p for p in products if p.listed]
    unlisted = [p for p in products if not p.listed]
    order: list[Product] = []
    while len(order) < seconds / 5:
        for i in rng.permutation(len(listed)):
            order.append(listed[int(i)])
            if rng.random() < 1 / UNLISTED_EVERY:
                order.append(unlisted[int(rng.integers(0, len(unlisted)))])
    return _script(f"seed {seed}", seed, seconds, products, order)


def _script(name: str, seed: int, seconds: Seconds, products: Sequence[Product], order: Sequence[Product]) -> Show:
    """Lays introductions one after the other, with pauses, for as long as they fit whole."""
    rng = generator(seed, "script")
    introductions: list[Introduction] = []
    lines = [Line(0.6, CHATTER[0])]
    at = LEAD_S
    for product in order:
        lasts = float(rng.uniform(4.6, 6.4))
        if at + lasts + TAIL_S > seconds:
            break
        path = random_path(rng, _on_grid(at), _on_grid(at + lasts), tall=product.kind.form in {"bottle", "tube"})
        introductions.append(Introduction(product, path))
        lines.append(Line(at + 0.5, _intro(rng, product), product.product_id))
        pause = float(rng.uniform(1.3, 2.4))
        at += lasts + pause
        if rng.random() < 0.4:
            lines.append(Line(at - pause + 0.1, str(rng.choice(CHATTER[1:]))))
    return Show(name, seed, seconds, tuple(products), tuple(introductions), tuple(lines))


def _on_grid(at: Seconds) -> Seconds:
    return round(at * FPS) / FPS


def _intro(rng: np.random.Generator, product: Product) -> str:
    text = INTROS[int(rng.integers(0, len(INTROS)))]
    return text.format(brand=product.brand, name=product.kind.name, flavour=product.flavour)
