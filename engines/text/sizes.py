"""How the sizes of products are said aloud in English: "four hundred milliliters". Pure; reads nothing back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.text.normalise import UNITS, tokenise
from engines.text.numbers import said_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.normalise import Token
    from engines.text.words import ProductWords

MOST = 80  # of a shop: two ways to say each of forty sizes
BETWEEN = "x"  # "90 x 90": said as the letter, as "by" or as "times"
# What a unit is called, and how its abbreviation is read out. Others are not listened for.
_SAID = {
    "ml": ("milliliters", "m l"), "cl": ("centiliters", "c l"), "l": ("liters", "l"), "mg": ("milligrams", "m g"),
    "g": ("grams", "g"), "kg": ("kilos", "k g"), "mm": ("millimeters", "m m"), "cm": ("centimeters", "c m"),
    "m": ("meters", "m"), "inch": ("inches", "inches"), "oz": ("ounces", "ounces"), "lb": ("pounds", "pounds"),
}  # fmt: skip
_SINGLE = {"liters": "a liter", "kilos": "a kilo", "meters": "a meter", "pounds": "a pound", "ounces": "an ounce"}


def sizes_of(products: Sequence[ProductWords], most: int = MOST) -> tuple[str, ...]:
    """Lower-case words, each way once, those of the commonest sizes first; whatever the order of `products`."""
    counts: dict[tuple[str, ...], int] = {}
    for product in products:
        for size in _sizes(product.title.split()):
            counts[size] = counts.get(size, 0) + 1
    order = sorted(counts, key=lambda size: (-counts[size], size))
    return tuple(dict.fromkeys(way for size in order for way in _ways(size)))[:most]


def _sizes(pieces: Sequence[str]) -> list[tuple[str, ...]]:
    """Numbers with what is between them and what they count: ("6", "x", "40", "g"), ("20", "bags")."""
    tokens = tokenise(pieces)
    found, i = list[tuple[str, ...]](), 0
    while i < len(tokens):
        end = _end(tokens, i)
        if end > i and end < len(tokens) and _counts(tokens[end], tokens[end - 1]):
            numbers = [token.text for token in tokens[i:end]]
            found.append((*numbers, _counted(tokens[end].text, pieces[tokens[end].first])))
        i = max(end, i) + 1
    return found


def _end(tokens: Sequence[Token], at: int) -> int:
    """Behind the last number of those that begin at `at`; `at` itself where none does."""
    if not _is_number(tokens[at]):
        return at
    end = at + 1
    while end + 1 < len(tokens) and tokens[end].text == BETWEEN and _is_number(tokens[end + 1]):
        end += 2
    return end


def _is_number(token: Token) -> bool:
    return token.text[0].isdigit() and bool(said_number(token.text))


def _counts(token: Token, number: Token) -> bool:
    """Whether a number says how much of this there is: it stands right behind, and is a word or a unit."""
    near = token.first - number.last <= 1
    return near and (token.text in _SAID or (token.text.isascii() and token.text.isalpha() and len(token.text) > 1))


def _counted(text: str, piece: str) -> str:
    """A unit as it is compared; anything else as it is written, in the plural that it is said in."""
    written = piece.casefold().strip("\"'()[]!?.:;,")
    return text if text in _SAID or not written.isalpha() else written


def _ways(size: tuple[str, ...]) -> list[str]:
    *numbers, counted = size
    if counted not in _SAID and counted in UNITS.values():
        return []
    words, letters = _SAID.get(counted, (counted, counted))
    between = ("by", BETWEEN) if BETWEEN in numbers else ("", "")
    made = [
        " ".join([link if number == BETWEEN else said_number(number) for number in numbers] + [unit])
        for link, unit in zip(between, (words, letters), strict=True)
    ]
    return [*_halves(numbers, words), *made]


def _halves(numbers: Sequence[str], unit: str) -> list[str]:
    """ "half a liter", "a liter and a half"; of larger ones "two and a half liters"."""
    whole, _, decimals = numbers[-1].partition(".")
    if len(numbers) > 1 or decimals != "5" or unit not in _SINGLE:
        return []
    one = _SINGLE[unit]
    if whole == "0":
        return [f"half {one}"]
    return [f"{said_number(whole)} and a half {unit}", *([f"{one} and a half"] if whole == "1" else [])]
