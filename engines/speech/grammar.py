"""Which word follows which: everyday talk, as PocketSphinx's own language model has it, with product names put in.

A small model of pairs. The whole one hears everything and is too slow for many livestreams, and knows no brand.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pocketsphinx

from engines.speech.belief import LEADING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EVERYDAY = 400  # of the likeliest words; a livestream's rarer ones are heard as the nearest of these
NAMED = 0.2  # share of all words that a product's are; with more of it, noise names somebody
FOLLOWS = 0.6  # share of a name's words behind which the next word of that name comes
LED = 0.3  # share of the words that lead to names behind which one begins
TELLING = 2.0  # a pair is written down where it is so many times likelier than its words alone
LEAST = 2e-4  # and no rarer than this
# What hosts say, however rare elsewhere.
_HOST = """
a about all always an and are at be because beautiful better but buy can chat check color come coming could day do
down everybody everyone few first for free friends from get give go going good got great have he hearts hello her
here his home how i if in into is it just know last later let like little live look looks love make me minute
month more my name new next nice no not now of off old on one only open or order other our out over patient people
please price products put really right say second see she shipping show side so some something still take talk
talking thank thanks that the them then there these they thing this time to today two up us use very want was we
welcome well what when while who will with writing year yes you your zero three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty
seventy eighty ninety hundred thousand half euro euros dollar dollars pounds point percent
size code link cart stock deal discount sold color colour
"""
HOST = _HOST.split()
END = "</s>"

Pairs = dict[str, dict[str, float]]  # word, then how likely each word that may follow it is


class Talk:
    """How people talk when they name no product."""

    def __init__(self, singles: Mapping[str, float], pairs: Mapping[str, Mapping[str, float]]) -> None:
        self.singles, self.pairs = singles, pairs


@lru_cache(1)
def everyday() -> Talk:
    """Taken from the model that comes with PocketSphinx; a second or so of work, once a process."""
    model = _Model()
    singles = {word: model.chance(word) for word in _vocabulary(model)}
    total = sum(singles.values())
    singles = {word: chance / total for word, chance in singles.items()}
    return Talk(singles, {word: _followers(model, word, singles) for word in ["<s>", *singles]})


def language_model(wanted: Sequence[str], names: Sequence[Sequence[str]], talk: Talk) -> str:
    """ARPA. `wanted`: the products' words, each once; `names`: words as they follow one another in names."""
    singles, ending = _singles(wanted, talk)
    pairs = {word: _talked(followers) for word, followers in talk.pairs.items()}
    for word, followers in _named(names).items():
        known = pairs.get(word, {})
        pairs[word] = {other: chance * (1 - FOLLOWS) for other, chance in known.items()}
        for other, chance in followers.items():
            pairs[word][other] = pairs[word].get(other, 0.0) + FOLLOWS * chance
    for word in filter(talk.singles.__contains__, LEADING):
        pairs[word] = _leading(pairs.get(word, {}), names)
    lines = ["\\data\\", f"ngram 1={len(singles) + 2}", f"ngram 2={sum(map(len, pairs.values()))}", "", "\\1-grams:"]
    lines.append(f"{math.log10(ending):.4f} {END} 0.0")
    lines.append(f"-99 <s> {_back_off(pairs.get('<s>', {}), singles, ending):.4f}")
    for word, chance in sorted(singles.items()):
        lines.append(f"{math.log10(chance):.4f} {word} {_back_off(pairs.get(word, {}), singles, ending):.4f}")
    lines += ["", "\\2-grams:"]
    for word, followers in sorted(pairs.items()):
        lines += [f"{math.log10(chance):.4f} {word} {other}" for other, chance in sorted(followers.items())]
    return "\n".join([*lines, "", "\\end\\", ""])


class _Model:
    """PocketSphinx's own, asked for likelihoods."""

    def __init__(self) -> None:
        self._log = pocketsphinx.LogMath()
        path = pocketsphinx.get_model_path("en-us/en-us.lm.bin")
        settings = pocketsphinx.Config(lm=None, hmm=None, loglevel="FATAL")
        self._model = pocketsphinx.NGramModel(settings, self._log, path)

    def chance(self, word: str, *before: str) -> float:
        return float(self._log.exp(self._model.prob([word, *before])))


def _vocabulary(model: _Model) -> list[str]:
    """The likeliest words of its dictionary, and what hosts say."""
    dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8")
    words = {line.split(" ", 1)[0] for line in dictionary.splitlines()}
    spoken = [word for word in words if word.replace("'", "").isalpha() and (len(word) > 1 or word in {"a", "i"})]
    likeliest = sorted(spoken, key=lambda word: (-model.chance(word), word))[:EVERYDAY]
    return sorted({*likeliest, *HOST})


def _followers(model: _Model, word: str, singles: Mapping[str, float]) -> dict[str, float]:
    chances = {other: model.chance(other, word) for other in singles} | {END: model.chance(END, word)}
    total = sum(chances.values())
    return {
        other: chance / total
        for other, chance in chances.items()
        if chance / total > max(LEAST, TELLING * singles.get(other, 0.0))
    }


def _singles(wanted: Sequence[str], talk: Talk) -> tuple[dict[str, float], float]:
    ending = 0.02
    singles = {word: chance * (1 - NAMED - ending) for word, chance in talk.singles.items()}
    for word in wanted:
        singles[word] = max(singles.get(word, 0.0), NAMED / len(wanted))
    total = sum(singles.values()) + ending
    return {word: chance / total for word, chance in singles.items()}, ending / total


def _talked(followers: Mapping[str, float]) -> dict[str, float]:
    return {other: chance * (1 - NAMED) for other, chance in followers.items()}


def _named(names: Sequence[Sequence[str]]) -> Pairs:
    counts: Pairs = {}
    for name in names:
        for word, other in pairwise(name):
            counts.setdefault(word, {})
            counts[word][other] = counts[word].get(other, 0.0) + 1
    return {word: {other: n / sum(row.values()) for other, n in row.items()} for word, row in counts.items()}


def _leading(followers: Mapping[str, float], names: Sequence[Sequence[str]]) -> dict[str, float]:
    """Names begin behind it, too: each first word as often as names begin with it."""
    begun = Counter(name[0] for name in names if name)
    row = {word: chance * (1 - LED) for word, chance in followers.items()}
    for word, count in begun.items():
        row[word] = row.get(word, 0.0) + LED * count / begun.total()
    return row


def _back_off(followers: Mapping[str, float], singles: Mapping[str, float], ending: float) -> float:
    """So that all that may follow adds up to one."""
    left = 1 - sum(followers.values())
    alone = 1 - sum(ending if word == END else singles[word] for word in followers)
    return math.log10(max(left, 1e-6) / max(alone, 1e-6))
