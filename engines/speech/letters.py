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
    "au": "AO", "aw": "AO", "ei": "EY", "ey": "EY", "ie": "IY", "ue": "UW",
}  # fmt: skip
_OPEN = {"a": "AA", "e": "EH", "i": "IY", "o": "OW", "u": "UW", "y": "IY"}  # as on the Continent
_SHORT = {"a": "AE", "e": "EH", "i": "IH", "o": "AA", "u": "AH", "y": "IH"}  # as in English, closed syllables
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}  # before one consonant and an e
_LAST = {"a": "AH", "e": "IY", "i": "IY", "o": "OW", "u": "UW", "y": "IY"}
_VOWELS = frozenset(_OPEN)


@lru_cache(4096)
def pronunciations(word: str) -> tuple[str, ...]:
    """One to three ways to say it, the likeliest first; none where it holds no letter we know."""
    flat = unicodedata.normalize("NFKD", word.casefold())
    letters = "".join(letter for letter in flat if "a" <= letter <= "z")
    ways = (_said(letters, _SHORT), _said(letters, _OPEN), _said(letters, _OPEN, glide=True))
    return tuple(dict.fromkeys(way for way in ways if way))


def _said(letters: str, vowels: dict[str, str], *, glide: bool = False) -> str:
    phones: list[str] = []
    at = 0
    while at < len(letters):
        phone, taken = _sound(letters, at, vowels, glide=glide)
        if phone and not (phones and phones[-1] == phone):
            phones.append(phone)
        at += taken
    return " ".join(phones)


def _sound(letters: str, at: int, vowels: dict[str, str], *, glide: bool) -> tuple[str, int]:
    """The phones of the letters at `at`, and how many letters they took."""
    letter, rest = letters[at], letters[at + 1 :]
    if (pair := letters[at : at + 2]) in _PAIRS:
        return _PAIRS[pair], 2
    if letter in _VOWELS:
        return _vowel(letters, at, vowels), 1
    if letter == "c" and rest[:1] in {"e", "i", "y"}:
        return "S", 1
    if glide and letter == "j":
        return "Y", 1
    for length in (3, 2, 1):
        if (found := letters[at : at + length]) in _CONSONANTS and len(found) == length:
            return _CONSONANTS[found], length
    return "", 1


def _vowel(letters: str, at: int, vowels: dict[str, str]) -> str:
    letter, rest = letters[at], letters[at + 1 :]
    if letter == "y" and (at == 0 or letters[at - 1] in _VOWELS) and rest[:1] in _VOWELS:
        return "Y"
    if not rest:
        silent = letter == "e" and len(letters) > 3 and vowels is _SHORT
        return "" if silent else _LAST[letter]
    if vowels is _SHORT and len(rest) == 2 and rest[0] not in _VOWELS and rest[1] == "e":
        return _LONG[letter]
    return vowels[letter] if rest[:1] not in _VOWELS else _OPEN[letter]
