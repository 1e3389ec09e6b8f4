"""One word to the form it is compared in: case, accents, plural, spelling. Pure; knows no numbers and no product."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Written without spaces between words: every character is a token of its own.
RUN_ON = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_RUN_ON = re.compile(f"[{RUN_ON}]")
_MARKS = re.compile("[\u0300-\u036f]")  # Latin accents; a voiced kana keeps its mark, which is another letter
_APOSTROPHES = re.compile("[\u2019\u2018\u02bc\uff07`\u00b4]")

# Spellings of shops that no rule below gets right: the British form and what it is compared as.
_VARIANTS = {
    "aluminium": "aluminum", "catalogue": "catalog", "centre": "center", "chilli": "chili", "chilly": "chili",
    "colour": "color", "coloured": "colored", "colourful": "colorful", "cosy": "cozy", "favourite": "favorite",
    "fibre": "fiber", "flavour": "flavor", "flavoured": "flavored", "grey": "gray", "harbour": "harbor",
    "honour": "honor", "jewellery": "jewelry", "litre": "liter", "metre": "meter", "millilitre": "milliliter",
    "centimetre": "centimeter", "moisturise": "moisturize", "moisturiser": "moisturizer",
    "moisturising": "moisturizing", "odour": "odor", "organiser": "organizer", "pyjama": "pajama",
    "savoury": "savory",
    "tyre": "tire", "vapour": "vapor", "whisky": "whiskey", "yoghurt": "yogurt", "tee": "t", "gramme": "gram",
    "kilogramme": "kilogram",
}  # fmt: skip


def folded(text: str) -> str:
    """Case, width, accents and apostrophes out of the way. Folding twice changes nothing."""
    flat = unicodedata.normalize("NFKD", _APOSTROPHES.sub("'", text))
    flat = unicodedata.normalize("NFKD", flat.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", flat))


def is_run_on(token: str) -> bool:
    return bool(_RUN_ON.match(token))


@lru_cache(16_384)
def spelled(word: str) -> str:
    """A folded word without its plural, in one of its spellings."""
    single = _singular(word) if word.isascii() else word
    return _VARIANTS.get(single, single)


def _singular(word: str) -> str:
    """Harman's weak stemmer: only plurals, so that a noun never becomes another one."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word[:-1]
