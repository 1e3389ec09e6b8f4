"""A shop of thousands, as shops are: makers with many products, kinds that many make, words that few use; and talk.

Nothing of it is sold anywhere. Pure: same seed, same shop. Knows no recogniser; misspells as one does.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.patter import DETAILS, HALVES, RIVALS
from benchmarks.liveshop.products import HEADS, TAILS
from benchmarks.liveshop.show import CHATTER, INTROS
from engines.text import Heard, ProductWords
from engines.text.everyday import EVERYDAY
from engines.text.normalise import ends_sentence
from engines.text.phones import dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

EACH = 25  # products of a maker, on average; a few have most of them
LINES = 3  # products that share the name of a line
SIBLINGS = 0.3  # of products are the one before in another sort
WORD_S, PAUSE_S = 0.3, 0.05
MISHEARD = 0.25  # of the words of names

KINDS = (
    *("Shampoo", "Conditioner", "Hair Mask", "Hair Oil", "Body Lotion", "Body Wash", "Shower Gel", "Hand Cream"),
    *("Face Serum", "Face Mask", "Day Cream", "Night Cream", "Eye Cream", "Lip Balm", "Lipstick", "Mascara"),
    *("Eye Shadow", "Foundation", "Concealer", "Nail Polish", "Toothpaste", "Mouthwash", "Soap Bar", "Sun Lotion"),
    *("Green Tea", "Black Tea", "Coffee Beans", "Instant Coffee", "Hot Chocolate", "Oat Crunch", "Granola", "Muesli"),
    *("Cracker Thins", "Potato Chips", "Popcorn", "Gummy Bears", "Dark Chocolate", "Cookies", "Energy Bars", "Nuts"),
    *("Olive Oil", "Tomato Sauce", "Tomato Soup", "Noodles", "Basmati Rice", "Chickpeas", "Apple Juice", "Lemonade"),
    *("T-Shirt", "Hoodie", "Silk Scarf", "Linen Shirt", "Jeans", "Sneakers", "Sandals", "Backpack"),
    *("Cushion", "Tea Towel", "Bath Towel", "Scented Candle", "Frying Pan", "Water Bottle", "Lunch Box", "Desk Lamp"),
)
SORTS = (
    *("Rosemary", "Almond", "Sea Salt", "Lavender", "Olive", "Shea", "Honey", "Cocoa", "Berries", "Vanilla"),
    *("Cherry", "Lemon", "Mango", "Peach", "Coconut", "Peanut", "Ginger", "Mint", "Jasmine", "Rose"),
    *("Paprika", "Vinegar", "Chili", "Basil", "Garlic", "Onion", "Cheese", "Curry", "Smoked", "Natural"),
    *("Ivory", "Crimson", "Navy", "Olive Green", "Charcoal", "Sand", "Turquoise", "Copper", "Pearl", "Graphite"),
)
PLAIN = ("Classic", "Fresh", "Pure", "Soft", "Gentle", "Daily", "Organic", "Ultra", "Repair", "Moisture")
SIZES = ("75 ml", "100 ml", "200 ml", "400 ml", "150 g", "250 g", "500 g", "20 bags", "6 x 40 g", "size M")
_BLURS = (("ph", "f"), ("th", "t"), ("ll", "l"), ("tt", "t"), ("ss", "s"), ("ck", "k"), ("ie", "y"), ("ei", "y"))
_LISTED = re.compile(rb"^([a-z]{5,9}) ", re.MULTILINE)


def large_shop(products: int, seed: int = 7) -> tuple[ProductWords, ...]:
    rng = generator(seed, "a shop of thousands")
    makers, lines = _makers(rng, max(products // EACH, 4)), _lines(rng, max(products // LINES, 4))
    made: list[ProductWords] = []
    while len(made) < products:
        brand = makers[int(len(makers) * rng.random() ** 2)]
        words = [brand, _any(rng, lines), *([_any(rng, PLAIN)] if rng.random() < 0.5 else []), _any(rng, KINDS)]
        sorts = [_any(rng, SORTS), _any(rng, SORTS)] if rng.random() < SIBLINGS else [_any(rng, SORTS)]
        group = f"G{len(made)}" if len(sorts) > 1 else ""
        price, size = f"{rng.integers(2, 60)}.{rng.choice([49, 90, 95, 99])} EUR", _any(rng, SIZES)
        for sort in sorts:
            title = f"{' '.join(words)} {sort}, {size}"
            made.append(ProductWords(f"P{len(made):05d}", title, brand, group=group, price=price))
    return tuple(made[:products])


def windows(
    shop: Sequence[ProductWords], number: int, words: int, seed: int = 7, breath_s: float = 0.0
) -> list[list[Heard]]:
    """Talk of so many words each, full of names, some as an ear misspells them. `breath_s`: between two sentences."""
    rng = generator(seed, "said of thousands")
    made = []
    for _ in range(number):
        said: list[str] = []
        while len(said) < words:
            said += _sentence(rng, shop[int(rng.integers(0, len(shop)))])
        made.append(_timed(said[:words], breath_s))
    return made


def _sentence(rng: np.random.Generator, product: ProductWords) -> list[str]:
    pools = (INTROS, INTROS, HALVES, RIVALS, DETAILS, CHATTER)
    pattern = _any(rng, pools[int(rng.integers(0, len(pools)))])
    title, _, size = product.title.partition(",")
    words = [_misheard(rng, word) for word in title.removeprefix(product.brand).split()]
    named = {"brand": _misheard(rng, product.brand), "name": " ".join(words[:-1]), "flavour": words[-1]}
    return pattern.format(**named, size=size.strip(), price=product.price).split()


def _misheard(rng: np.random.Generator, word: str) -> str:
    """As it is, or spelt as it sounds, or in two pieces."""
    if rng.random() >= MISHEARD:
        return word
    if len(word) > 5 and rng.random() < 0.4:
        cut = int(rng.integers(2, len(word) - 2))
        return f"{word[:cut]} {word[cut:].capitalize()}"
    for spelt, blurred in _BLURS:
        word = word.replace(spelt, blurred)
    place = int(rng.integers(1, len(word)))
    return word[:place] + word[place + 1 :]


def _timed(said: Sequence[str], breath_s: float) -> list[Heard]:
    at, words = 0.0, list[Heard]()
    for text in said:
        words.append(Heard(at, at + WORD_S, text))
        at += WORD_S + PAUSE_S + (breath_s if ends_sentence(text) else 0.0)
    return words


def _makers(rng: np.random.Generator, number: int) -> list[str]:
    names: dict[str, None] = {}
    for tried in count():
        if len(names) >= number:
            break
        long = tried > 3 * number  # two syllables are used up
        names[f"{rng.choice(HEADS)}{rng.choice(TAILS)}{rng.choice(TAILS) if long else ''}"] = None
    return list(names)


def _lines(rng: np.random.Generator, number: int) -> list[str]:
    """Words of English that nobody says in talk."""
    listed = [word for found in _LISTED.findall(dictionary()) if (word := found.decode()) not in EVERYDAY]
    return [listed[int(i)].capitalize() for i in rng.choice(len(listed), number, replace=False)]


def _any(rng: np.random.Generator, pool: Sequence[str]) -> str:
    return pool[int(rng.integers(0, len(pool)))]
