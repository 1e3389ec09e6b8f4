"""Which products there are: brands, kinds, flavours, prices, siblings. Pure; knows nothing of pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from benchmarks.liveshop.ink import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    form: str  # carton, bottle, can, tube, bag, garment
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
GARMENTS = (  # their flavour is the pattern's name
    Kind("T-Shirt", "garment", ("Palms", "Stars", "Waves"), "size M"),
    Kind("Silk Scarf", "garment", ("Orchard", "Marina", "Dusk"), "90 x 90 cm"),
    Kind("Cushion", "garment", ("Meadow", "Harbour", "Dune"), "45 x 45 cm"),
    Kind("Tea Towel", "garment", ("Garden", "Cellar", "Bakery"), "50 x 70 cm"),
)

Differ = Literal["band", "word", "size", "name"]
SHOP_FAMILIES, SHOP_UNLISTED = 33, 5
SHOP_SIBLINGS: tuple[Differ, ...] = ("band", "band", "band", "word", "word", "size", "size")
TWIN_FAMILIES = 16
TWINS: tuple[Differ, ...] = ("name",) * 12  # so that most introductions are of a product that looks like another
UNPRINTED = "Original"  # what the bands of twins say, whichever they are
RESAVED = 0.5  # of the pairs of twins: the shop has saved one's picture anew, as shops do
SIDES, QUALITIES = (450, 720), (60, 92)  # to which it was scaled, and the JPEG quality


class Saved(NamedTuple):
    """How the catalogue's pictures are saved: pixels of their side, JPEG quality."""

    side: int = 720
    quality: int = 92


AS_IT_CAME = Saved()


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
    sized: bool = False  # the band tells the size, too: there is a sibling of another
    printed: str = ""  # what the print says instead of the flavour: nothing of the picture tells it
    saved: Saved = AS_IT_CAME

    @property
    def band(self) -> str:
        return self.printed or self.flavour

    @property
    def title(self) -> str:
        return f"{self.brand} {self.kind.name} {self.flavour}, {self.kind.size}"


def make_products(seed: int, families: int = 12, siblings: int = 3, unlisted: int = 2) -> list[Product]:
    """`families` designs, the first `siblings` of them in two flavours, then `unlisted` ones no catalogue has."""
    made: list[Product] = []
    for i, first in enumerate(_firsts(seed, families, unlisted, KINDS)):
        made.append(first)
        if i < siblings:
            made.append(_sibling(first))
    return made


def make_shop(seed: int, *, twins: bool = False) -> list[Product]:
    """The products of a scored live: forty listed ones, look-alikes of every sort among them, and a few unlisted.

    Siblings of a print differ by the colour and word of their band, by its word alone, or by the size it tells; twins
    by nothing but what they are called, and by how the shop has saved their one picture.
    """
    made: list[Product] = []
    differ = list(TWINS if twins else SHOP_SIBLINGS)
    families = TWIN_FAMILIES if twins else SHOP_FAMILIES
    for first in _firsts(seed, families, SHOP_UNLISTED, (*KINDS, *GARMENTS)):
        worn = first.kind.form == "garment"
        if not differ or not first.listed or (worn and differ[0] in {"word", "size"}):
            made.append(first)
            continue
        match differ.pop(0):
            case "band":
                made += [first, _sibling(first)]
            case "word":
                made += [first, replace(_sibling(first), accent=first.accent)]
            case "size":
                made += [replace(first, sized=True), _larger(first)]
            case "name":
                made += [replace(first, printed=UNPRINTED), _twin(first)]
    return made


def _firsts(seed: int, families: int, unlisted: int, kinds: Sequence[Kind]) -> list[Product]:
    """One product of each design, the unlisted ones last."""
    rng = generator(seed, "products")
    chosen = [kinds[i] for i in _spread(rng, families + unlisted, len(kinds))]
    brands = _brands(rng, families + unlisted)
    start = float(rng.random())
    made = []
    for i, (kind, brand) in enumerate(zip(chosen, brands, strict=True)):
        first = _product(rng, seed, i, kind, brand, start + i * GOLDEN)
        made.append(first if i < families else replace(first, listed=False))
    return made


def _spread(rng: np.random.Generator, count: int, kinds: int) -> list[int]:
    """Every kind once before any comes again."""
    rounds = [rng.permutation(kinds) for _ in range(count // kinds + 1)]
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


def _twin(first: Product) -> Product:
    """The very same picture, or the same saved anew."""
    rng = generator(first.design, "saved")
    anew = Saved(int(rng.integers(*SIDES)), int(rng.integers(*QUALITIES))) if rng.random() < RESAVED else first.saved
    return replace(_sibling(first), accent=first.accent, printed=UNPRINTED, saved=anew)


def _larger(first: Product) -> Product:
    """The same in twice the size."""
    size = re.sub(r"\d+", lambda number: str(2 * int(number[0])), first.kind.size, count=1)
    return replace(first, product_id=f"{first.group}B", kind=first.kind._replace(size=size), sized=True)
