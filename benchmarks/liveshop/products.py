"""Which products there are: brands, kinds, flavours, prices, siblings. Pure; knows nothing of pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.liveshop.ink import generator

if TYPE_CHECKING:
    import numpy as np

HEADS = (
    *("Bra", "Fjo", "Ka", "Lu", "Mi", "No", "Ori", "Pa", "Qui", "Ru", "Sol"),
    *("Ta", "Ul", "Vel", "Wen", "Ya", "Zu", "Eli", "Hal", "Jo", "Dor", "Cam"),
)
TAILS = (
    *("va", "mo", "ndo", "ra", "ssa", "lli", "no", "tta", "rin", "dal"),
    *("meo", "xi", "bel", "kko", "lane", "vio", "gra", "sto", "fen", "dura"),
)
GOLDEN = 0.618034  # steps of the golden ratio spread hues evenly, however many there are


class Kind(NamedTuple):
    name: str
    form: str  # carton, bottle, can, tube, bag
    flavours: tuple[str, ...]
    size: str


KINDS = (
    Kind("Oat Crunch", "carton", ("Honey", "Cocoa", "Berries"), "375 g"),
    Kind("Coffee Beans", "bag", ("Dark Roast", "Mild", "Decaf"), "500 g"),
    Kind("Shampoo", "bottle", ("Rosemary", "Almond", "Sea Salt"), "400 ml"),
    Kind("Tomato Soup", "can", ("Basil", "Chili", "Cream"), "400 g"),
    Kind("Hand Cream", "tube", ("Lavender", "Olive", "Shea"), "75 ml"),
    Kind("Green Tea", "carton", ("Jasmine", "Mint", "Ginger"), "20 bags"),
    Kind("Potato Chips", "bag", ("Sea Salt", "Paprika", "Vinegar"), "150 g"),
    Kind("Apple Juice", "bottle", ("Cloudy", "Quince", "Elder"), "700 ml"),
    Kind("Cracker Thins", "carton", ("Sesame", "Onion", "Cheese"), "200 g"),
    Kind("Iced Coffee", "can", ("Latte", "Vanilla", "Espresso"), "250 ml"),
    Kind("Face Serum", "carton", ("Day", "Night", "Vitamin C"), "30 ml"),
    Kind("Toothpaste", "tube", ("Fresh Mint", "Charcoal", "Herbs"), "100 ml"),
    Kind("Gummy Bears", "bag", ("Cherry", "Lemon", "Mango"), "180 g"),
    Kind("Olive Oil", "bottle", ("Fruity", "Mild", "Garlic"), "500 ml"),
    Kind("Energy Bars", "carton", ("Peanut", "Date", "Coconut"), "6 x 40 g"),
    Kind("Chickpeas", "can", ("Natural", "Curry", "Smoked"), "310 g"),
)


@dataclass(frozen=True, slots=True)
class Product:
    """`design` is shared by siblings: the same print but for the accent colour and the flavour word."""

    product_id: str
    group: str
    brand: str
    kind: Kind
    flavour: str
    design: int
    hue: float
    accent: float  # hue of the flavour band
    price: str
    listed: bool = True  # in the catalogue

    @property
    def title(self) -> str:
        return f"{self.brand} {self.kind.name} {self.flavour}, {self.kind.size}"


def make_products(seed: int, families: int = 12, siblings: int = 3, unlisted: int = 2) -> list[Product]:
    """`families` designs, the first `siblings` of them in two flavours, then `unlisted` ones no catalogue has."""
    rng = generator(seed, "products")
    kinds = [KINDS[int(i) % len(KINDS)] for i in _spread(rng, families + unlisted)]
    brands = _brands(rng, families + unlisted)
    start = float(rng.random())
    made: list[Product] = []
    for i, (kind, brand) in enumerate(zip(kinds, brands, strict=True)):
        first = _product(rng, seed, i, kind, brand, start + i * GOLDEN)
        made.append(first if i < families else replace(first, listed=False))
        if i < siblings:
            made.append(_sibling(first))
    return made


def _spread(rng: np.random.Generator, count: int) -> list[int]:
    """Every kind once before any comes again."""
    rounds = [rng.permutation(len(KINDS)) for _ in range(count // len(KINDS) + 1)]
    return [int(i) for one in rounds for i in one][:count]


def _brands(rng: np.random.Generator, count: int) -> list[str]:
    brands: dict[str, None] = {}
    while len(brands) < count:
        brands[f"{rng.choice(HEADS)}{rng.choice(TAILS)}"] = None
    return list(brands)


def _product(rng: np.random.Generator, seed: int, index: int, kind: Kind, brand: str, hue: float) -> Product:
    flavour = int(rng.integers(0, len(kind.flavours)))
    return Product(
        product_id=f"LS-{seed:03d}-{index:02d}A",
        group=f"LS-{seed:03d}-{index:02d}",
        brand=brand,
        kind=kind,
        flavour=kind.flavours[flavour],
        design=int(rng.integers(0, 2**31)),
        hue=hue % 1.0,
        accent=(hue + float(rng.uniform(0.3, 0.6))) % 1.0,
        price=f"{rng.integers(2, 40)}.{rng.choice([49, 90, 95, 99])} EUR",
    )


def _sibling(first: Product) -> Product:
    flavours = first.kind.flavours
    other = flavours[(flavours.index(first.flavour) + 1) % len(flavours)]
    accent = (first.accent + 0.38) % 1.0
    return replace(first, product_id=f"{first.group}B", flavour=other, accent=accent)
