"""What a product may be called, term by term. Pure; knows no other product."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from engines.text.everyday import EVERYDAY, GRAMMAR
from engines.text.normalise import tokenise
from engines.text.quantities import read_quantities
from engines.text.spelling import is_run_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.words import ProductWords

LONGEST_PHRASE = 5  # tokens of a brand, an alias or an attribute that counts as a whole


class Names(NamedTuple):
    """`single`: words, pairs of Han characters. `phrases`: several words that mean more together than each alone.

    `own`: those of them that name this product or its maker, and do not merely describe it. `quantities`: keys of
    sizes and of the price. `glued`: two words written as one, and which they are.
    """

    single: frozenset[str]
    own: frozenset[str]
    phrases: frozenset[tuple[str, ...]]
    quantities: frozenset[str]
    glued: dict[str, tuple[str, str]]


def names_of(product: ProductWords) -> Names:
    called = (product.brand, *product.aliases)
    wholes = (*called, *product.attributes)
    runs = {text: _parts(text) for text in (product.title, *wholes)}
    words = [run for parts, _ in runs.values() for run in parts]
    phrases: set[tuple[str, ...]] = {pair for run in words for pair in pairwise(run) if _weak(pair)}
    phrases |= {run for text in wholes for run in runs[text][0] if _is_phrase(run)}
    own = {term for text in called for run in runs[text][0] for term in (*terms(run), " ".join(run))}
    quantities = {key for _, keys in runs.values() for key in keys}
    quantities |= {quantity.key for quantity in read_quantities(tokenise(product.price.split()))[:1]}
    return Names(
        single=frozenset(term for run in words for term in terms(run)),
        own=frozenset(own),
        phrases=frozenset(phrases),
        quantities=frozenset(quantities),
        glued={a + b: (a, b) for run in words for a, b in pairwise(run) if is_word(a) and is_word(b)},
    )


def terms(run: Sequence[str]) -> list[str]:
    """The words of a run that can name something; of Han text every pair of characters."""
    single = [token for token in run if is_word(token) or token[0].isdigit()]
    return single + [a + b for a, b in pairwise(run) if is_run_on(a) and is_run_on(b)]


def is_word(token: str) -> bool:
    return token.isalpha() and len(token) > 1 and token not in GRAMMAR and not is_run_on(token)


def _parts(text: str) -> tuple[list[tuple[str, ...]], set[str]]:
    """Runs of words between the sizes, and the sizes."""
    tokens = tokenise(text.split())
    runs: list[tuple[str, ...]] = []
    begin, keys = 0, set()
    for quantity in read_quantities(tokens):
        runs.append(tuple(token.text for token in tokens[begin : quantity.first]))
        begin = quantity.last + 1
        keys.add(quantity.key)
    runs.append(tuple(token.text for token in tokens[begin:]))
    return [run for run in runs if run], keys


def _is_phrase(run: Sequence[str]) -> bool:
    return 2 <= len(run) <= LONGEST_PHRASE and not any(map(is_run_on, run))


def _weak(pair: tuple[str, str]) -> bool:
    """Neither word says anything alone: "sea salt" would not need it, "day cream" and "vitamin c" do."""
    return not any(map(is_run_on, pair)) and any(part in EVERYDAY or len(part) == 1 for part in pair)
