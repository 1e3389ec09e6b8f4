"""Sizes and prices among tokens. Pure; knows no product."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engines.text.normalise import CURRENCIES, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.normalise import Token

_PRICES = frozenset(CURRENCIES.values())
_SIZES = frozenset({*UNITS.values(), "jin"})
_SAME = {"kg": ("g", 1000), "l": ("ml", 1000), "cl": ("ml", 10), "jin": ("g", 500), "m": ("cm", 100)}
_LONGEST = 12  # digits of a number that is a size or a price


class Quantity(NamedTuple):
    """`key`: equal for equal quantities, whatever the unit; prices whatever the currency. `text`: for people."""

    first: int  # tokens, by number
    last: int
    key: str
    text: str


def read_quantities(tokens: Sequence[Token]) -> list[Quantity]:
    out: list[Quantity] = []
    i = 0
    while i < len(tokens):
        found = _quantity(tokens, i)
        if found:
            out.append(found)
        i = found.last + 1 if found else i + 1
    return out


def _quantity(tokens: Sequence[Token], i: int) -> Quantity | None:
    text = tokens[i].text
    following = [token.text for token in tokens[i + 1 : i + 3]] + ["", ""]
    unit = following[0]
    if text in _PRICES and _amount(unit) is not None:  # "$12.90"
        return _price(i, i + 1, unit, text)
    amount = _amount(text)
    if amount is None:
        return None
    if unit in _SIZES:
        base, factor = _SAME.get(unit, (unit, 1))
        return Quantity(i, i + 1, f"#{plain(amount * factor)}{base}", f"{plain(amount)} {unit}")
    return _spoken_price(text, following, i)


def _spoken_price(text: str, following: Sequence[str], i: int) -> Quantity | None:
    """ "12.90", "twelve euros", "twelve euros ninety", "twelve ninety", "twelve ninety euros"."""
    one, two = following[:2]
    if one in _PRICES:
        cents = two if _is_cents(two) and "." not in text else ""
        return _price(i, i + 1 + bool(cents), f"{text}.{cents}" if cents else text, one)
    if "." in text:
        return _price(i, i, text, "")
    if _is_cents(one) and two not in _SIZES:
        named = two in _PRICES
        return _price(i, i + 1 + named, f"{text}.{one}", two if named else "")
    return None


def _price(first: int, last: int, text: str, currency: str) -> Quantity:
    amount = plain(Decimal(text))
    return Quantity(first, last, f"${amount}", f"{amount} {currency}".rstrip())


def _is_cents(text: str) -> bool:
    return len(text) == 2 and text.isdigit()


def _amount(text: str) -> Decimal | None:
    numeric = text[:1].isdigit() and text.count(".") <= 1 and len(text) <= _LONGEST
    return Decimal(text) if numeric else None


def plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
