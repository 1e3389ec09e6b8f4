"""Number words to digits, English and Chinese. Pure; knows no units' meaning, only that they follow numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_SMALL = {word: i for i, word in enumerate((*_UNITS, *_TEENS))}
_TEN_NAMES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * i for i, word in enumerate(_TEN_NAMES, start=2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
AND_A_HALF = ("and", "a", "half")
_INTEGER = re.compile(r"[0-9]{1,9}")

_HAN_DIGITS = {digit: i for i, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2, "〇": 0}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000}
_HAN = _HAN_DIGITS.keys() | _HAN_SCALES.keys() | {"点", "點"}
_HAN_MOST = 12  # characters of a number; a longer run of them is no price and no size


def read_number(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """Digits and where they end, if a number in English words (or digits with a scale) begins at `at`."""
    whole, end = _whole(tokens, at)
    if whole is None:
        return None
    decimals, end = _decimals(tokens, end)
    if tuple(tokens[end : end + 3]) == AND_A_HALF and not decimals:
        decimals, end = "5", end + 3
    return (f"{whole}.{decimals}" if decimals else str(whole)), end


def _whole(tokens: Sequence[str], at: int) -> tuple[int | None, int]:
    total, part, i = 0, None, at
    while i < len(tokens):
        step = _step(tokens, i, part, first=i == at)
        if step is None:
            break
        part, i = step
        if part >= 1000:
            total, part = total + part, None
    if i == at:
        return None, at
    return total + (part or 0), i


def _step(texts: Sequence[str], i: int, part: int | None, *, first: bool) -> tuple[int, int] | None:
    """What the number so far becomes with the token at `i`, and where to go on."""
    text = texts[i]
    follows = texts[i + 1] if i + 1 < len(texts) else ""
    hundreds = part is not None and part >= 100 and part % 100 == 0
    tens = part is not None and part % 10 == 0 and part % 100 >= 20
    if (text in _SMALL and (part is None or hundreds)) or (tens and 0 < _SMALL.get(text, 0) < 10):
        return (part or 0) + _SMALL[text], i + 1
    if text in _TENS and (part is None or hundreds):
        return (part or 0) + _TENS[text], i + 1
    if text in _SCALES and (part is None or 0 < part < 1000):
        return (1 if part is None else part) * _SCALES[text], i + 1
    if text == "and" and hundreds and (follows in _SMALL or follows in _TENS):
        return part or 0, i + 1
    return _start(text, follows, i) if first else None


def _start(text: str, follows: str, i: int) -> tuple[int, int] | None:
    """ "a hundred", "5 thousand"."""
    if text == "a" and follows in _SCALES:
        return 1, i + 1
    if _INTEGER.fullmatch(text) and follows in _SCALES:
        return int(text), i + 1
    return None


def _decimals(tokens: Sequence[str], at: int) -> tuple[str, int]:
    """ "point" and the digits after it: said one by one, or as a number ("point ninety nine")."""
    if at >= len(tokens) or tokens[at] != "point":
        return "", at
    digits, i = "", at + 1
    while i < len(tokens):
        token = tokens[i]
        if token in _TENS:
            digits += str(_TENS[token])
            if i + 1 < len(tokens) and 0 < _SMALL.get(tokens[i + 1], 0) < 10:
                digits, i = digits[:-1] + str(_SMALL[tokens[i + 1]]), i + 1
        elif token in _SMALL:
            digits += str(_SMALL[token])
        else:
            break
        i += 1
    return (digits, i) if digits else ("", at)


def said_number(text: str) -> str:
    """How a number in digits is said, "three hundred seventy five"; nothing where it is too large or no number."""
    whole, _, decimals = text.partition(".")
    if not whole.isdecimal() or not 0 < len(whole) < 5 or (decimals and not decimals.isdecimal()):
        return ""
    said = _said(int(whole))
    return " ".join([said, "point", *(_UNITS[int(digit)] for digit in decimals)] if decimals else [said])


def _said(number: int) -> str:
    if number < 20:
        return (*_UNITS, *_TEENS)[number]
    if number < 100:
        return " ".join([_TEN_NAMES[number // 10 - 2], *([_UNITS[number % 10]] if number % 10 else [])])
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    return " ".join([_said(number // size), name, *([_said(number % size)] if number % size else [])])


def read_han_number(tokens: Sequence[str], at: int) -> tuple[str, int] | None:
    """The same for Chinese numerals. Whether it is one at all only a unit after it tells: brands have them, too."""
    end = at
    while end < len(tokens) and tokens[end] in _HAN and end - at < _HAN_MOST:
        end += 1
    whole, dot, decimals = "".join(tokens[at:end]).replace("點", "点").partition("点")
    if not whole or "点" in decimals or any(digit in _HAN_SCALES for digit in decimals):
        return None
    digits = "".join(str(_HAN_DIGITS[digit]) for digit in decimals)
    return (f"{_han_whole(whole)}.{digits}" if dot and digits else str(_han_whole(whole))), end


def read_han_cents(tokens: Sequence[str], at: int) -> tuple[str, int]:
    """What follows the word for money: 29块九 is 29.9, 29块九毛九 is 29.99."""
    if at >= len(tokens) or tokens[at] not in _HAN_DIGITS:
        return "", at
    tenths, end = str(_HAN_DIGITS[tokens[at]]), at + 1
    if end < len(tokens) and tokens[end] in "毛角":
        end += 1
        if end < len(tokens) and tokens[end] in _HAN_DIGITS:
            return tenths + str(_HAN_DIGITS[tokens[end]]), end + 1
    return tenths, end


def _han_whole(text: str) -> int:
    if not any(sign in _HAN_SCALES for sign in text):
        return int("".join(str(_HAN_DIGITS[sign]) for sign in text))
    total, digit = 0, 0
    for i, sign in enumerate(text):
        if sign in _HAN_DIGITS:
            digit = _HAN_DIGITS[sign]
            if i == len(text) - 1:
                total += digit
        elif _HAN_SCALES[sign] == 10_000:
            total, digit = max(total + digit, 1) * 10_000, 0
        else:
            total, digit = total + (digit or 1) * _HAN_SCALES[sign], 0
    return total
