"""The turns in which a host names a product, word by word. Pure; knows no sound and no rival but look-alikes."""

from __future__ import annotations

import re
from enum import IntEnum, auto
from typing import TYPE_CHECKING, NamedTuple

from engines.text.normalise import tokenise
from engines.text.quantities import read_quantities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engines.text.words import ProductWords

LONGEST = 6  # words of a title behind its brand that are listened for
FLAVOUR = 2  # words at its end that may be what it tastes of, or is printed with
SHORTEST = 5  # letters of what it is, if several words behind it may be of what sort: nobody sells "oat"
_SIZED = re.compile(r"\d|\bsize\b", re.IGNORECASE)  # behind a comma: "20 bags", "size M"


class Part(IntEnum):
    """What a word tells of a product."""

    JOINT = auto()  # nothing: it joins the others
    BRAND = auto()
    KIND = auto()
    DETAIL = auto()  # what tells it from others of its kind


class Calling(NamedTuple):
    """Small letters; a word with a hyphen is one word. `parts`: of each word."""

    words: tuple[str, ...]
    parts: tuple[Part, ...]


_Words = tuple[str, ...]
EMPTY = 0  # number of the set of no products
_FROM, _IN = (Part.JOINT, ("from",)), (Part.JOINT, ("in",))


class Callings(NamedTuple):
    """Turns, in an order of their own. What is equal in several is one object: a large shop has 100,000 turns."""

    words: Sequence[_Words]
    parts: Sequence[tuple[Part, ...]]
    meant: Sequence[frozenset[int]]  # the products, by number


def callings_of(products: Sequence[ProductWords]) -> Callings:
    """Each turn once, with the products that it may mean."""
    titles = [said_words(product.title) for product in products]
    alike: dict[str, list[_Words]] = {}
    for product, title in zip(products, titles, strict=True):
        alike.setdefault(product.group, []).append(title)
    found: dict[_Words, int] = {}
    parts: dict[_Words, tuple[Part, ...]] = {}
    same: dict[tuple[Part, ...], tuple[Part, ...]] = {}
    sets = _Sets()
    for i, (product, title) in enumerate(zip(products, titles, strict=True)):
        common = frozenset[str].intersection(*map(frozenset, alike[product.group] if product.group else [title]))
        for words, told in _callings(product, title, common):
            found[words] = sets.added(found.get(words, EMPTY), i)
            parts[words] = same.setdefault(told, told) if words not in parts else min(parts[words], told)
    order = list(_sorted(found))
    return Callings(order, [parts[words] for words in order], [sets.all_of(found[words]) for words in order])


class _Sets:
    """Sets of products that grow by one at a time, by number; equal ones have one number.

    Of a large shop they would be most of the objects that a collection of garbage goes through, while all else waits.
    """

    def __init__(self) -> None:
        self._before, self._newest = [EMPTY], [-1]
        self._grown: dict[tuple[int, int], int] = {}
        self._whole: dict[int, frozenset[int]] = {}

    def added(self, number: int, product: int) -> int:
        """Products come in the order of their numbers, one several times in a row."""
        if self._newest[number] == product:
            return number
        grown = self._grown.setdefault((number, product), len(self._newest))
        if grown == len(self._newest):
            self._before.append(number)
            self._newest.append(product)
        return grown

    def all_of(self, number: int) -> frozenset[int]:
        if number not in self._whole:
            products, at = list[int](), number
            while at != EMPTY:
                products.append(self._newest[at])
                at = self._before[at]
            self._whole[number] = frozenset(products)
        return self._whole[number]


def _sorted(all_words: Iterable[_Words]) -> Iterator[_Words]:
    """A little at a time: nothing else of a worker runs while a hundred thousand are sorted at once."""
    by_first: dict[str, list[_Words]] = {}
    for words in all_words:
        by_first.setdefault(words[0], []).append(words)
    for first in sorted(by_first):
        yield from sorted(by_first[first])


def spelling_of(products: Sequence[ProductWords]) -> Mapping[str, str]:
    """Words as shops write them, by how they are compared."""
    texts = [text for one in products for text in (one.title, one.brand, *one.aliases)]
    return {key: word for text in texts for key, word in _said(text)}


def said_words(text: str) -> tuple[str, ...]:
    """A name's words in small letters, without sizes and figures."""
    return tuple(key for key, _ in _said(text))


def _said(text: str) -> list[tuple[str, str]]:
    clauses = [one for one in text.split(",") if not _SIZED.search(one)] or [text]
    pieces = " ".join(clauses).split()
    tokens = tokenise(pieces)
    sizes = {i for quantity in read_quantities(tokens) for i in range(quantity.first, quantity.last + 1)}
    kept = {piece for i, token in enumerate(tokens) if i not in sizes for piece in range(token.first, token.last + 1)}
    words = [piece.strip("\"'()[]!?.:;") for i, piece in enumerate(pieces) if i in kept]
    return [(word.casefold(), word) for word in words if _is_said(word.casefold())]


def _is_said(word: str) -> bool:
    return word.isascii() and word.replace("'", "").replace("-", "").isalpha() and word != "x"


def _callings(product: ProductWords, title: _Words, common: frozenset[str]) -> Iterator[Calling]:
    brand = said_words(product.brand)
    at = next((i for i in range(len(title)) if brand and title[i : i + len(brand)] == brand), None)
    rest = (title if at is None else title[:at] + title[at + len(brand) :])[:LONGEST]
    if brand:
        yield _calling((Part.BRAND, brand))
        yield _calling(_FROM, (Part.BRAND, brand))
    for alias in product.aliases:
        if words := said_words(alias)[:LONGEST]:
            yield _calling((Part.BRAND, words))
    for cut in _cuts([word in common for word in rest]):
        if cut < len(rest) - 1 and sum(map(len, rest[:cut])) < SHORTEST:
            continue
        yield from _turns(brand, rest[:cut], rest[cut:])


def _cuts(shared: Sequence[bool]) -> Sequence[int]:
    """How many words may say what it is, before those that say of which sort. Look-alikes differ by the latter."""
    if all(shared):
        return range(max(len(shared) - FLAVOUR, 1), len(shared) + 1)
    return [shared.index(False) or len(shared)]


def _turns(brand: _Words, kind: _Words, detail: _Words) -> Iterator[Calling]:
    if not kind:
        return
    made, what, sort = (Part.BRAND, brand), (Part.KIND, kind), (Part.DETAIL, detail)
    yield _calling(what)
    if brand:
        yield _calling(made, what)
        yield _calling(what, _FROM, made)
    if detail:
        yield _calling(_IN, sort)
        yield _calling(what, sort)
        yield _calling(sort, what)
        yield _calling(what, _IN, sort)
    if brand and detail:
        yield _calling(made, what, sort)
        yield _calling(made, sort, what)
        yield _calling(made, what, _IN, sort)
        yield _calling(what, _FROM, made, _IN, sort)


def _calling(*told: tuple[Part, _Words]) -> Calling:
    words = [(word, part) for part, words in told for word in words]
    return Calling(tuple(word for word, _ in words), tuple(part for _, part in words))
