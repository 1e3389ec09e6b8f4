"""Which products an ear can hear named at all: by what it writes, and what they are called. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from engines.speech.letters import pronunciations
from engines.text import phrases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.speech.base import Mode
    from engines.text import ProductWords

_LETTER = re.compile(r"[a-z]")
_WORD = re.compile(r"(?<![0-9a-z])(?<![0-9] )[a-z]{2,}")  # in a name; no unit behind a number


def nothing_to_hear(products: Sequence[ProductWords], mode: Mode, *, english: bool) -> str:
    """Why no product will ever be heard named, and what to do; empty where one may be.

    `english`: it hears nothing else. In doubt a name can be heard: who writes whatever is said may write it somehow.
    """
    if not products:
        return "no product is in scope, so nothing can be heard of any: look at shop_id, products and the gallery"
    if any(_can_be_heard(product, mode, english=english) for product in products):
        return ""
    names = f"the names of all {len(products)} products in scope hold no word"
    if not english:
        return f"{names}: give them titles, brands or aliases as hosts say them"
    return (
        f"{names} in English letters that stands out from talk, and nothing else is heard: give them aliases as "
        "English hosts say them; where hosts speak another language, name a Whisper that hears it as speech model, "
        "and set language to it"
    )


def unheard(products: Sequence[ProductWords], *, english: bool) -> list[str]:
    """Which of them surely are never heard named, whoever listens. Quick: a shop has thousands."""
    return [product.product_id for product in products if not _may_be_written(product, english=english)]


def _can_be_heard(product: ProductWords, mode: Mode, *, english: bool) -> bool:
    if mode == "phrases":  # the very words that it is told to listen for, as far as it can sound them out
        told = phrases_of((product,)) if _LETTER.search(_names(product)) else ()
        return any(pronunciations(word) for phrase in told for word in phrase.split())
    return _may_be_written(product, english=english)


def _may_be_written(product: ProductWords, *, english: bool) -> bool:
    names = _names(product)
    return _WORD.search(names) is not None if english else any(letter.isalnum() for letter in names)


def _names(product: ProductWords) -> str:
    names = " ".join((product.title, product.brand, *product.aliases, *product.attributes))
    return unicodedata.normalize("NFKD", names).casefold()
