"""The terms of all products in scope: how much each says, and which of them was heard. Pure; knows no sentence."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from engines.text.everyday import EVERYDAY, GRAMMAR
from engines.text.names import names_of
from engines.text.sounds import sound
from engines.text.spelling import is_run_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engines.text.words import ProductWords

# Bits of evidence, beside a term's rarity in the catalogue. A word that nobody says without a reason is 64 times
# likelier where its product is meant; a pair of Han characters is often a part of another word.
UNUSUAL, UNUSUAL_HAN = 6.0, 3.0
EVERYDAY_SHARE = 0.4  # what remains of an everyday word's rarity: enough to tell look-alikes apart
SHORTEST = 4  # letters from which on a word is compared by likeness
NEAR, NEAR_SHORT = 0.74, 0.79  # likeness below which two words are two words; the second up to five letters
BY_SOUND = 0.97  # of likeness, where only the sound agrees
NOTHING = 0.55  # likeness that says nothing: evidence grows from there
IN_PIECES = 0.9  # of evidence, where one word was heard as several
MOST_PIECES = 3
EVERYDAY_PIECES = 6  # letters of a name that words everybody says may have been: shorter ones sound like talk
ARTICLES = frozenset(("a", "an", "the"))  # never a piece at either end of a misheard name
REMEMBERED = 8192  # words whose likeness is kept: talk repeats itself


class Term(NamedTuple):
    """`own`: it names each of its products; else it describes one of them, and others that are not in scope."""

    bits: float
    products: frozenset[int]
    own: bool


class Hit(NamedTuple):
    """Tokens `first` to `last` were heard as a term. `share` of its bits counts."""

    first: int
    last: int
    key: str
    share: float


class Lexicon:
    """`groups`: for each product the number of its group. Memory: a few hundred bytes for each term of a product."""

    def __init__(self, products: Sequence[ProductWords]) -> None:
        self.groups = _groups(products)
        self.alone = len(set(self.groups))  # products, look-alikes counted once
        self.terms: dict[str, Term] = {}
        self._glued: dict[str, tuple[str, ...]] = {}
        self._longest = 1
        self._collect(products)
        self._near = [key for key in self.terms if len(key) >= SHORTEST and key.isalpha() and _unusual(key)]
        self._sounds = [sound(key) for key in self._near]
        self._by_sound: dict[str, list[str]] = {}
        for key, its in zip(self._near, self._sounds, strict=True):
            self._by_sound.setdefault(its, []).append(key)
        self._known: dict[str, tuple[tuple[str, float], ...]] = {}

    def _collect(self, products: Sequence[ProductWords]) -> None:
        single: dict[str, set[int]] = {}
        whole: dict[tuple[str, ...], set[int]] = {}
        described: set[str] = set()
        for i, product in enumerate(products):
            names = names_of(product)
            for key in names.single | names.quantities:
                single.setdefault(key, set()).add(i)
            for phrase in names.phrases:
                whole.setdefault(phrase, set()).add(i)
            described |= (names.single | names.quantities | {" ".join(run) for run in names.phrases}) - names.own
            self._glued |= names.glued
        for key, mine in sorted(single.items()):
            self.terms[key] = Term(self._bits(key, self._rarity(mine)), frozenset(mine), key not in described)
        for phrase, mine in sorted(whole.items()):
            # As much as an unusual word, less what its own words say already.
            said = sum(self.terms[word].bits for word in phrase if word in self.terms)
            bits = max(self._rarity(mine) + UNUSUAL - said, 0.0)
            key = " ".join(phrase)
            self.terms[key] = Term(bits, frozenset(mine), key not in described)
            self._longest = max(self._longest, len(phrase))

    def _rarity(self, products: Iterable[int]) -> float:
        return log2((self.alone + 1) / len({self.groups[i] for i in products}))

    @staticmethod
    def _bits(key: str, rarity: float) -> float:
        if key[0] in "#$":
            return rarity
        if key in EVERYDAY or key[0].isdigit():
            return max(rarity * EVERYDAY_SHARE, 1.0)
        return rarity + (UNUSUAL_HAN if is_run_on(key) else UNUSUAL)

    def hits(self, texts: Sequence[str], stops: Sequence[bool]) -> list[Hit]:
        """Words, pairs and phrases of the catalogue among tokens; `stops`: no name goes on behind this token."""
        found: list[Hit] = []
        pieces: list[tuple[int, int, str]] = []
        for i in range(len(texts)):
            found += self._exact(i, texts, stops)
            pieces += self._unknown(i, texts, stops)
        self._learn({text for _, _, text in pieces})
        for first, last, text in pieces:
            part = IN_PIECES if last > first else 1.0
            found += [Hit(first, last, key, share * part) for key, share in self._known.get(text, ())]
        return _once(found)

    def _exact(self, i: int, texts: Sequence[str], stops: Sequence[bool]) -> list[Hit]:
        text = texts[i]
        found = [Hit(i, i, key, 1.0) for key in self._glued.get(text, ()) if key in self.terms]
        if text in self.terms:
            found = [Hit(i, i, text, 1.0)]
        end = i
        while end + 1 < len(texts) and end - i + 1 < self._longest and not stops[end]:
            end += 1
            phrase = " ".join(texts[i : end + 1])
            if phrase in self.terms:
                found.append(Hit(i, end, phrase, 1.0))
        if is_run_on(text) and i + 1 < len(texts) and not stops[i] and text + texts[i + 1] in self.terms:
            found.append(Hit(i, i + 1, text + texts[i + 1], 1.0))
        return found

    def _unknown(self, i: int, texts: Sequence[str], stops: Sequence[bool]) -> list[tuple[int, int, str]]:
        """What may be a misheard name: a word nobody says, alone or with its neighbours."""
        out: list[tuple[int, int, str]] = []
        for end in range(i, min(i + MOST_PIECES, len(texts))):
            if not texts[end].isalpha() or is_run_on(texts[end]) or texts[end] in self.terms:
                break
            text = "".join(texts[i : end + 1])
            strange = any(part not in EVERYDAY for part in texts[i : end + 1])
            whole = not ARTICLES & {texts[i], texts[end]}
            if whole and len(text) >= SHORTEST and (strange or end > i):
                out.append((i, end, text if strange else f"={text}"))
            if stops[end]:
                break
        return out

    def _learn(self, texts: set[str]) -> None:
        """Compares all words that are new, at once. "=...": everyday words, which must sound the very same."""
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for text in [text for text in texts if text[0] == "=" and text not in self._known]:
            same = self._by_sound.get(sound(text[1:]), ())
            self._known[text] = tuple((key, _share(BY_SOUND)) for key in same if len(key) >= EVERYDAY_PIECES)
        new = sorted(text for text in texts if text not in self._known)
        if not new or not self._near:
            return
        spelled = _likeness(new, self._near, NEAR)
        heard = _likeness([sound(text) for text in new], self._sounds, NEAR / BY_SOUND)
        best = np.maximum(spelled, heard * BY_SOUND)
        for i, text in enumerate(new):
            near = [(self._near[j], float(best[i, j])) for j in np.flatnonzero(best[i])]
            self._known[text] = tuple((key, _share(like)) for key, like in near if like >= _enough(text, key))


def _once(hits: Sequence[Hit]) -> list[Hit]:
    """Of hits of one term that overlap, the best: a name does not come again with its neighbour glued to it."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (-hit.share, hit.last - hit.first, hit)):
        if not any(hit.key == other.key and hit.first <= other.last and other.first <= hit.last for other in kept):
            kept.append(hit)
    return kept


def _groups(products: Sequence[ProductWords]) -> list[int]:
    numbers: dict[tuple[bool, str], int] = {}
    keys = [(bool(product.group), product.group or product.product_id) for product in products]
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _unusual(key: str) -> bool:
    return key not in EVERYDAY and key not in GRAMMAR and not is_run_on(key)


def _likeness(some: Sequence[str], others: Sequence[str], least: float) -> NDArray[np.float32]:
    found: NDArray[np.float32] = cdist(
        some, others, scorer=Levenshtein.normalized_similarity, score_cutoff=least, dtype=np.float32
    )
    return found


def _enough(one: str, two: str) -> float:
    return NEAR_SHORT if min(len(one), len(two)) <= 5 else NEAR


def _share(likeness: float) -> float:
    return max((likeness - NOTHING) / (1 - NOTHING), 0.0)
