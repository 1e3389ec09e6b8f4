"""How a word sounds, roughly: made-up brands are misheard as words that sound alike. Pure; Latin letters only."""

from __future__ import annotations

import re
from functools import lru_cache

# Applied in order. Letters that English ears mix up fall together; what is not said goes.
_RULES = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("^(kn|gn|pn)", "n"), ("^wr", "r"), ("^ps", "s"), ("x", "ks"), ("tion|sion", "xn"), ("tch|ch|sh", "x"),
        ("ph", "f"), ("gh", ""), ("ck|cc|q(?:u)?", "k"), ("c(?=[eiy])", "s"), ("c", "k"), ("wh", "w"),
        ("[dt]h", "t"), ("dge|j|g(?=[eiy])", "j"), ("z", "s"), ("v", "f"), ("(?<=.)h", ""),
        ("ee|ea|ie|ei|y", "i"), ("oo|ou|ow|ue|ew|oe", "u"), ("ai|ay|ae", "e"), ("au|aw|oa", "o"),
        ("(?<=[^aeiou])e$", ""), (r"(.)\1+", r"\1"),
    )
]  # fmt: skip


@lru_cache(16_384)
def sound(word: str) -> str:
    """Equal for words that sound about equal; near for those that sound near."""
    for pattern, by in _RULES:
        word = pattern.sub(by, word)
    return word
