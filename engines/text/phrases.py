"""What a speech engine should listen for: the ways in which products may be named aloud. Pure."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING

from engines.text.callings import callings_of
from engines.text.everyday import EVERYDAY, GRAMMAR
from engines.text.normalise import Token, tokenise
from engines.text.quantities import read_quantities
from engines.text.sizes import sizes_of
from engines.text.spelling import is_run_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engines.speech.base import Mode
    from engines.text.words import ProductWords

MOST = 300  # of a shop of 40: all ways to name them; an ear that knows which words go together confuses fewer
LONGEST = 4  # words of a phrase: nobody says a whole title in one breath
LONGEST_HAN = 8  # characters of it

# English turns of phrase that change what a name means, for engines that hear nothing but phrases. All of them are
# long enough to be spotted.
CUE_PHRASES = (
    "unlike the", "better than the", "compared to the", "instead of the", "cheaper than the", "this is not the",
    "that was the", "we just had", "earlier we had", "next i will show", "we will come to", "later we come to",
    "coming up later", "stay tuned for",
)  # fmt: skip


def phrases_of(products: Sequence[ProductWords], most: int = MOST) -> tuple[str, ...]:
    """Lower-case words, no digits, each phrase once. First brands and what tells look-alikes apart, then the rest.

    Of equal turns the rarer comes first. Whatever the order of `products`, the answer is the same.
    """
    titles = [_words(product.title) for product in products]
    common = _common(products, titles)
    calls = [
        _calls(product, title, [word for word in title if product.group and word not in common[product.group]])
        for product, title in zip(products, titles, strict=True)
    ]
    counts = Counter(phrase for call in calls for phrase in call)
    turns: dict[str, int] = {}
    for call in calls:
        for turn, phrase in enumerate(call):
            turns[phrase] = min(turns.get(phrase, turn), turn)
    return tuple(nsmallest(most, turns, key=lambda phrase: (turns[phrase], counts[phrase], phrase)))


def listened_for(products: Sequence[ProductWords], mode: Mode) -> tuple[str, ...]:
    """All of it, each phrase once. Who writes down whatever is said knows sizes by itself.

    Who hears by sounds is told whole turns: the longer what is laid along the sounds, the less is like it.
    """
    phrases = phrases_of(products)
    if mode == "free":
        return (*phrases, *CUE_PHRASES)
    if mode == "phrases":
        return (*phrases, *sizes_of(products), *CUE_PHRASES)
    turns = map(" ".join, callings_of(products).words)
    return tuple(dict.fromkeys((*turns, *phrases, *CUE_PHRASES)))


def _common(products: Sequence[ProductWords], titles: Sequence[Sequence[str]]) -> dict[str, set[str]]:
    """By group, the words that all of its look-alikes have in their titles."""
    common: dict[str, set[str]] = {}
    for product, title in zip(products, titles, strict=True):
        common.setdefault(product.group, set(title)).intersection_update(title)
    return common


def _calls(product: ProductWords, title: list[str], differing: list[str]) -> list[str]:
    """What a host may say of it, each way once, most usual first."""
    brand = _words(product.brand)
    at = _where(brand, title)
    name = title[:at] + title[at + len(brand) :] if at is not None else title
    aliases = [_words(text) for text in product.aliases]
    attributes = [_words(text) for text in product.attributes]
    if any(map(is_run_on, name)):  # where its words end is not written
        calls: list[Sequence[str]] = [brand, differing, *aliases, name, *attributes, title]
    else:
        variant = [["in", *differing], ["the", *differing, "one"]] if differing else []  # said without the name
        calls = [
            brand,
            differing,
            *variant,
            name[:2],
            *aliases,
            *attributes,
            name,
            [*brand, *name[:2]],
            name[:3],
            name[-2:],
        ]
        calls += [name[i : i + 2] for i in range(len(name) - 1)]
        calls += [[word] for word in name]
    return list(dict.fromkeys(_text(call) for call in calls if _names(call)))


def _words(text: str) -> list[str]:
    """Words as they are said; sizes are left out, they are heard of anything."""
    pieces = text.replace(",", " ").split()
    tokens = tokenise(pieces)
    sizes = {i for quantity in read_quantities(tokens) for i in range(quantity.first, quantity.last + 1)}
    kept = [token for i, token in enumerate(tokens) if i not in sizes and token.text.isalpha() and token.text != "x"]
    return [_said(pieces, token) for token in kept]


def _said(pieces: Sequence[str], token: Token) -> str:
    """The word itself where it is one, so that its plural is listened for as it is said."""
    whole = pieces[token.first].casefold().strip("\"'()[]!?.:;")
    return whole if whole.isascii() and whole.isalpha() else token.text


def _where(part: Sequence[str], whole: Sequence[str]) -> int | None:
    if not part:
        return None
    places = range(len(whole) - len(part) + 1)
    return next((i for i in places if list(whole[i : i + len(part)]) == list(part)), None)


def _names(words: Sequence[str]) -> bool:
    """Whether it can be listened for: not only words that anybody says, and not too long."""
    if not words or _letters(words) < 3 - any(map(is_run_on, words)):
        return False
    keys = frozenset[str]().union(*map(_keys, words))
    if len(words) > 1:
        return not keys <= GRAMMAR and len(words) <= (LONGEST_HAN if is_run_on(words[0]) else LONGEST)
    return not keys <= EVERYDAY


@lru_cache(16_384)
def _keys(word: str) -> frozenset[str]:
    return frozenset(token.text for token in tokenise([word]))


def _letters(words: Iterable[str]) -> int:
    return sum(len(word) for word in words)


def _text(words: Sequence[str]) -> str:
    return ("" if all(map(is_run_on, words)) else " ").join(words)
