"""Text to comparable tokens: spelling, numbers, units, scripts. Pure; knows no product."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from engines.text.numbers import AND_A_HALF, read_han_cents, read_han_number, read_number
from engines.text.spelling import RUN_ON, folded, is_run_on, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 64  # letters of a token; what is longer is no word

# What may follow a number, and what it is compared as.
UNITS = {
    "milliliter": "ml", "ml": "ml", "centiliter": "cl", "cl": "cl", "liter": "l", "ltr": "l", "l": "l",
    "milligram": "mg", "mg": "mg", "gram": "g", "gr": "g", "g": "g", "kilogram": "kg", "kilo": "kg", "kg": "kg",
    "millimeter": "mm", "mm": "mm", "centimeter": "cm", "cm": "cm", "meter": "m", "m": "m", "inch": "inch",
    "ounce": "oz", "oz": "oz", "pound": "lb", "lb": "lb", "percent": "%", "%": "%", "watt": "w", "volt": "v",
    "gigabyte": "gb", "gb": "gb",
}  # fmt: skip
CURRENCIES = {
    "euro": "eur", "eur": "eur", "€": "eur", "dollar": "usd", "buck": "usd", "usd": "usd", "$": "usd",
    "quid": "gbp", "gbp": "gbp", "£": "gbp", "yuan": "cny", "rmb": "cny", "cny": "cny", "¥": "cny", "yen": "jpy",
    "jpy": "jpy", "chf": "chf", "franc": "chf",
}  # fmt: skip
# Units of several tokens: Chinese ones, and abbreviations as a recogniser hears them read out.
_UNITS_IN_PARTS = {
    ("m", "l"): "ml", ("c", "l"): "cl", ("m", "g"): "mg", ("k", "g"): "kg", ("m", "m"): "mm", ("c", "m"): "cm",
    ("毫", "升"): "ml", ("升",): "l", ("毫", "克"): "mg", ("克",): "g", ("公", "斤"): "kg", ("千", "克"): "kg",
    ("斤",): "jin", ("毫", "米"): "mm", ("厘", "米"): "cm", ("公", "分"): "cm", ("寸",): "inch",
    ("块", "钱"): "cny", ("塊", "錢"): "cny", ("元",): "cny", ("块",): "cny", ("塊",): "cny",
}  # fmt: skip
_SIGNS = "$€£¥"
_PIECE = re.compile(rf"[0-9]+(?:[.,][0-9]+)*|[{RUN_ON}]|(?:(?![{RUN_ON}])[^\W\d_])+|[%{_SIGNS}]")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b")
_NOT = re.compile(r"n't\b")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_STOP = re.compile(r"[.!?。！？…][\"'”’)\]]*$")


class Token(NamedTuple):
    """`first` and `last`: the words it was made of, by number. `stops`: a sentence ends behind it."""

    text: str
    first: int
    last: int
    stops: bool = False


def normalise(text: str) -> str:
    """Doing it twice changes nothing."""
    return " ".join(token.text for token in tokenise(text.split()))


def tokenise(words: Sequence[str]) -> list[Token]:
    pieces = [Token(piece, i, i) for i, word in enumerate(words) for piece in _pieces(word)]
    tokens = _joined(pieces)
    last = {token.last: i for i, token in enumerate(tokens)}  # a word of several pieces ends a sentence with its last
    return [
        token._replace(stops=last[token.last] == i and ends_sentence(words[token.last]))
        for i, token in enumerate(tokens)
    ]


def ends_sentence(word: str) -> bool:
    return _STOP.search(word) is not None


@lru_cache(16_384)
def _pieces(word: str) -> tuple[str, ...]:
    flat = _NOT.sub(" not", _POSSESSIVE.sub("", folded(word))).replace("'", "")
    return tuple(_piece(piece) for piece in _PIECE.findall(flat))


def _piece(piece: str) -> str:
    if not piece[0].isdigit():
        return spelled(piece[:LONGEST])
    if _THOUSANDS.fullmatch(piece):
        return piece.replace(",", "")
    whole, _, decimals = piece.replace(",", ".").partition(".")
    return f"{whole}.{decimals}" if decimals and "." not in decimals else piece.replace(",", ".")


def _joined(pieces: Sequence[Token]) -> list[Token]:
    """Number words become digits, and what follows a number a unit."""
    texts = [piece.text for piece in pieces]
    out: list[Token] = []
    i = 0
    while i < len(pieces):
        if _is_times(texts, i):
            out.append(Token("x", pieces[i].first, pieces[i].last))
            i += 1
            continue
        text, end, unit, after = _measured(texts, i)
        out.append(Token(text, pieces[i].first, pieces[end - 1].last))
        if unit:
            out.append(Token(unit, pieces[min(end, after - 1)].first, pieces[after - 1].last))
        i = after
    return out


def _is_times(texts: Sequence[str], at: int) -> bool:
    """ "ninety by ninety", which is written 90 x 90."""
    between = texts[at] in {"by", "time"} and 0 < at < len(texts) - 1
    return between and _number(texts, at - 1)[0][0].isdigit() and _number(texts, at + 1)[0][0].isdigit()


def _measured(texts: Sequence[str], at: int) -> tuple[str, int, str, int]:
    """The token or number at `at`, where it ends, its unit, and where that ends."""
    if halved := _halved(texts, at):
        return halved
    text, end = _number(texts, at)
    unit, after = _unit(texts, end) if text[0].isdigit() else ("", end)
    if unit == "cny" and texts[after - 1] in "块塊钱錢" and "." not in text:
        cents, after = read_han_cents(texts, after)
        text += f".{cents}" if cents else ""
    return CURRENCIES[text] if text in _SIGNS else text, end, unit, after


def _halved(texts: Sequence[str], at: int) -> tuple[str, int, str, int] | None:
    """ "half a liter", "a liter and a half"."""
    if texts[at] == "half" and texts[at + 1 : at + 2] in (["a"], ["an"]):
        unit = UNITS.get("".join(texts[at + 2 : at + 3]))
        return ("0.5", at + 2, unit, at + 3) if unit else None
    unit = UNITS.get("".join(texts[at + 1 : at + 2])) if texts[at] in {"a", "an", "one"} else None
    if unit and tuple(texts[at + 2 : at + 5]) == AND_A_HALF:
        return "1.5", at + 1, unit, at + 5
    return None


def _number(texts: Sequence[str], at: int) -> tuple[str, int]:
    """The number at `at`, or the token that stands there, and where it ends."""
    if is_run_on(texts[at]):
        found = read_han_number(texts, at)
        return found if found and _unit(texts, found[1])[0] else (texts[at], at + 1)
    found = read_number(texts, at)
    alone = found is not None and found[1] == at + 1 and texts[at] == "one"
    if found is None or (alone and not _unit(texts, at + 1)[0]):  # "this one" counts nothing
        return texts[at], at + 1
    return found


def _unit(texts: Sequence[str], at: int) -> tuple[str, int]:
    if at >= len(texts):
        return "", at
    for key in (tuple(texts[at : at + 2]), (texts[at],)):
        if key in _UNITS_IN_PARTS:
            return _UNITS_IN_PARTS[key], at + len(key)
    unit = UNITS.get(texts[at]) or CURRENCIES.get(texts[at], "")
    return unit, at + bool(unit)
