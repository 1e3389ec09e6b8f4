"""Words as the sounds they are made of: the dictionary that PocketSphinx brings, else the letters. English only."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pocketsphinx

from engines.speech.letters import pronunciations

# Of the CMU dictionary. Their numbers are what everything here counts with.
PHONES = (
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW", "B", "CH", "D", "DH",
    "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
VOWELS = 15  # of them, which come first
_NUMBERS = {phone: number for number, phone in enumerate(PHONES)}
_VARIANT = re.compile(rb"\((\d)\)")
_OPEN = {"AE": "AA", "IH": "IY", "AA": "OW"}
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PIECE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")
_LONGEST_NUMBER = 2  # digits that may be a part of a name misheard: "o2 paste"; more are a size or a price

Phones = bytes  # each a number of PHONES


@lru_cache(16_384)
def said_as(word: str) -> tuple[Phones, ...]:
    """One to three ways to say a word without spaces, the likeliest first; none where nothing of it is said."""
    plain = word.casefold()
    if plain.isdigit():
        return _digits(plain)
    found = _looked_up(plain) if plain.isascii() else ()
    return found or tuple(dict.fromkeys(way for told in pronunciations(plain) for way in _spoken(told)))


def ways_of(word: str) -> list[Phones]:
    """Of a word with a hyphen its parts, one after the other, each as it is said first."""
    parts = [said_as(part) for part in word.split("-")]
    return list(parts[0]) if len(parts) == 1 else [b"".join(ways[0] for ways in parts if ways)]


@lru_cache(16_384)
def heard_as(text: str) -> Phones | None:
    """A word as a recogniser wrote it, in one way; None: a number, which is no name misheard."""
    flat = text.casefold().replace("’", "'")
    pieces = _PIECE.findall(flat)
    if any(len(piece) > _LONGEST_NUMBER for piece in pieces if piece.isdigit()) or re.search(r"\d[.,]\d", flat):
        return None
    return b"".join(ways[0] for piece in pieces if (ways := said_as(piece)))


def is_listed(word: str) -> bool:
    """Whether it is a word that people say, as far as the dictionary knows."""
    plain = word.casefold()
    return plain.isascii() and bool(_looked_up(plain))


def _spoken(phones: str) -> tuple[Phones, Phones]:
    """As its letters are, and the same with open vowels: an English ending is no reason for an English beginning."""
    return _numbered(phones), _numbered(" ".join(_OPEN.get(phone, phone) for phone in phones.split()))


def _digits(number: str) -> tuple[Phones, ...]:
    words = [_looked_up(_DIGITS[int(digit)]) for digit in number if digit.isascii()]
    return (b"".join(ways[0] for ways in words if ways),)


def _numbered(phones: str) -> Phones:
    return bytes(_NUMBERS[phone] for phone in phones.split())


def _looked_up(word: str) -> tuple[Phones, ...]:
    """By halving: the file is in the order of its words. As objects of Python it would take forty megabytes."""
    told, key = dictionary(), word.encode()
    low, high = 0, len(told)
    while low < high:  # `low` and `high` are where lines begin
        middle = told.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = told.index(b"\n", middle) + 1
        line = told[middle:end]
        if _VARIANT.sub(b"", line.split(b" ", 1)[0]) < key:
            low = end
        else:
            high = middle
    return _ways(told, key, low)


def _ways(told: bytes, key: bytes, at: int) -> tuple[Phones, ...]:
    ways = []
    while at < len(told):
        end = told.index(b"\n", at) + 1
        name, _, phones = told[at:end].partition(b" ")
        if _VARIANT.sub(b"", name) != key:
            break
        ways.append(_numbered(phones.decode()))
        at = end
    return tuple(dict.fromkeys(ways))


@lru_cache(1)
def dictionary() -> bytes:
    told = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_bytes()
    return told if told.endswith(b"\n") else told + b"\n"
