"""What was heard against what was said, by products named. Pure; knows no sound.

Counted twice. By *families*: a name that could be two families' is one right and one false. By *names*: such a name
is right where one of them was meant, since whoever reads it is told of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.speech_said import Sentence
    from engines.text import Hearing, Spoken

EDGE_S = 0.4  # a word this far outside a sentence still belongs to it

Named = frozenset[str]  # products that one family's name may mean
Families = Mapping[str, Named]


@dataclass(slots=True)
class Tally:
    """Families named in a sentence: rightly, not at all, or though nobody named them."""

    right: int = 0
    missed: int = 0
    false: int = 0
    vague: int = 0  # of the right: look-alikes not told apart although what was said tells them apart
    wrong: int = 0  # look-alikes taken for one another; counted as missed and false, too
    sizes: int = 0  # of the missed: named by a size alone, which not every engine listens for
    names: int = 0  # heard: words in one place that name somebody
    invented: int = 0  # of these: nobody whom they could mean was named there

    def add(self, other: Tally) -> None:
        self.right += other.right
        self.missed += other.missed
        self.false += other.false
        self.vague += other.vague
        self.wrong += other.wrong
        self.sizes += other.sizes
        self.names += other.names
        self.invented += other.invented

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def recall_of_words(self) -> float:
        """Of what was named by more than a size."""
        return self.right / max(self.right + self.missed - self.sizes, 1)

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.false, 1)

    @property
    def precision_of_names(self) -> float:
        return 1 - self.invented / max(self.names, 1)


def judged(hearing: Hearing, sentences: Sequence[Sentence], heard: Sequence[Spoken], least: float = 0.0) -> Tally:
    """Both sides go through the same `Hearing`, so that only the recogniser's errors count.

    `least`: the weight below which a mention is not one.
    """
    said = [word for sentence in sentences for word in sentence.words()]
    unsized = [word for word in said if not any(letter.isdigit() for letter in word.text)]
    wanted, worded, got = (_names(hearing, sentences, words, least) for words in (said, unsized, heard))
    tally = Tally()
    for at in range(-1, len(sentences)):
        tally.add(_compared(_families(wanted[at]), _families(worded[at]), got[at]))
    return tally


def _names(
    hearing: Hearing, sentences: Sequence[Sentence], words: Sequence[Spoken], least: float
) -> defaultdict[int, list[Families]]:
    """By sentence (-1: outside of all): each name, by family whom it may mean."""
    groups = {product.product_id: product.group or product.product_id for product in hearing.products}
    names: dict[tuple[float, float], dict[str, Named]] = defaultdict(dict)
    for mention in hearing.mentions(words):
        if mention.weight >= least:
            name, group = names[mention.start, mention.end], groups[mention.product_id]
            name[group] = name.get(group, frozenset()) | {mention.product_id}
    placed: defaultdict[int, list[Families]] = defaultdict(list)
    for (start, end), name in names.items():
        placed[_sentence(sentences, (start + end) / 2)].append(name)
    return placed


def _sentence(sentences: Sequence[Sentence], at: float) -> int:
    return next((i for i, one in enumerate(sentences) if one.start - EDGE_S <= at <= one.end + EDGE_S), -1)


def _families(names: Sequence[Families]) -> Families:
    families: dict[str, Named] = {}
    for name in names:
        for family, products in name.items():
            families[family] = families.get(family, frozenset()) | products
    return families


def _compared(wanted: Families, worded: Families, names: Sequence[Families]) -> Tally:
    got = _families(names)
    missed = wanted.keys() - got.keys()
    tally = Tally(false=len(got.keys() - wanted.keys()), missed=len(missed), sizes=len(missed - worded.keys()))
    tally.names = len(names)
    tally.invented = sum(name.keys().isdisjoint(wanted) for name in names)
    for family in wanted.keys() & got.keys():
        if wanted[family] <= got[family]:
            tally.right += 1
            tally.vague += wanted[family] != got[family]
        else:
            tally.wrong, tally.missed, tally.false = tally.wrong + 1, tally.missed + 1, tally.false + 1
            tally.invented += 1
    return tally
