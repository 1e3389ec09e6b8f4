"""How a made-up name may sound, from its letters. Pure; knows no dictionary and no recogniser."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Longest first wins. Phones of the CMU dictionary without stress.
_CONSONANTS = {
    "tch": "CH", "sch": "SH", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "ck": "K", "qu": "K W", "ng": "NG",
    "wh": "W", "kn": "N", "gh": "G", "tz": "T S", "b": "B", "c": "K", "d": "D", "f": "F", "g": "G", "h": "HH",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "v": "V",
    "w": "W", "x": "K S", "z": "Z",
}  # fmt: skip
_PAIRS = {
    "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "ai": "EY", "ay": "EY", "oi": "OY", "oy": "OY",
    "au": "AO", "aw": "AO", "ei": "EY", "eo": "IY OW", "ey": "EY", "ie": "IY", "ue": "UW",
}  # fmt: skip
_OPEN = {"a": "AA", "e": "EH", "i": "IY", "o": "OW", "u": "UW", "y": "IY"}  # as on the Continent
_SHORT = {"a": "AE", "e": "EH", "i": "IH", "o": "AA", "u": "AH", "y": "IH"}  # as in English, closed syllables
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}  # before one consonant and an e
_LAST = {"a": "AH", "e": "IY", "i": "IY", "o": "OW", "u": "UW", "y": "IY"}
_VOWELS = frozenset(_OPEN)
_FULL = frozenset(("EH", "AE", "AA"))  # vowels that English swallows in a last syllable: Wendal, Yafen


@lru_cache(4096)
def pronunciations(word: str) -> tuple[str, ...]:
    """One to four ways to say it, the likeliest first; none where it holds no letter we know."""
    flat = unicodedata.normalize("NFKD", word.casefold())
    letters = "".join(letter for letter in flat if "a" <= letter <= "z")
    ways = (
        _said(letters, _SHORT, english=True),
        _said(letters, _OPEN, english=False),
        _said(letters, _OPEN, english=True),
        _said(letters, _OPEN, english=False, glide=True),
    )
    return tuple(dict.fromkeys(way for way in ways if way))


def _said(letters: str, vowels: dict[str, str], *, english: bool, glide: bool = False) -> str:
    """`english`: how it ends, with a silent e and a last syllable that is hardly spoken."""
    phones: list[str] = []
    at = 0
    while at < len(letters):
        phone, taken = _sound(letters, at, vowels, english=english, glide=glide)
        if phone and not (phones and phones[-1] == phone):
            phones.append(phone)
        at += taken
    return " ".join(_swallowed(phones) if english else phones)


def _swallowed(phones: list[str]) -> list[str]:
    ends = len(phones) > 3 and phones[-2] in _FULL and phones[-1] in {"L", "N"}
    return [*phones[:-2], "AH", phones[-1]] if ends else phones


def _sound(letters: str, at: int, vowels: dict[str, str], *, english: bool, glide: bool) -> tuple[str, int]:
    """The phones of the letters at `at`, and how many letters they took."""
    if (pair := letters[at : at + 2]) in _PAIRS:
        return _PAIRS[pair], 2
    if letters[at] in _VOWELS:
        return _vowel(letters, at, vowels, english=english), 1
    if glide and letters[at] == "j":
        return "Y", 1
    return _consonant(letters, at)


def _consonant(letters: str, at: int) -> tuple[str, int]:
    letter, rest = letters[at], letters[at + 1 :]
    if letter == "c" and rest[:1] in {"e", "i", "y"}:
        return "S", 1
    if letter == "n" and rest[:1] == "k":
        return "NG", 1
    if letters[at : at + 2] == "ng" and rest[1:2] in {*_VOWELS, "r", "l"}:
        return "NG G", 2
    for length in (3, 2, 1):
        if (found := letters[at : at + length]) in _CONSONANTS and len(found) == length:
            return _CONSONANTS[found], length
    return "", 1


def _vowel(letters: str, at: int, vowels: dict[str, str], *, english: bool) -> str:
    letter, rest = letters[at], letters[at + 1 :]
    if letter == "y" and (at == 0 or letters[at - 1] in _VOWELS) and rest[:1] in _VOWELS:
        return "Y"
    if not rest:
        silent = letter == "e" and len(letters) > 3 and english
        return "" if silent else _LAST[letter]
    if rest[0] == "r" and (coloured := _before_r(letter, rest, vowels)):
        return coloured
    if english and len(rest) == 2 and rest[0] not in _VOWELS and rest[1] == "e":
        return _LONG[letter]
    return vowels[letter] if rest[:1] not in _VOWELS else _OPEN[letter]


def _before_r(letter: str, rest: str, vowels: dict[str, str]) -> str:
    """No English vowel stays as it is there."""
    if letter == "u":
        return "UH" if rest[1:2] in _VOWELS else ""
    if letter == "a" and vowels is _SHORT:
        return "EH" if rest[1:2] in _VOWELS else "AA"
    return "AO" if letter == "o" else ""
