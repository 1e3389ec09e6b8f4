"""What was heard against what was said, by products named. Pure; knows no sound."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.speech_said import Sentence
    from engines.text import Hearing, Spoken

EDGE_S = 0.4  # a word this far outside a sentence still belongs to it

Named = frozenset[str]  # products that one family's name may mean


@dataclass(slots=True)
class Tally:
    """Families named in a sentence: rightly, not at all, or though nobody named them."""

    right: int = 0
    missed: int = 0
    false: int = 0
    vague: int = 0  # of the right: look-alikes not told apart although what was said tells them apart
    wrong: int = 0  # look-alikes taken for one another; counted as missed and false, too

    def add(self, other: Tally) -> None:
        self.right += other.right
        self.missed += other.missed
        self.false += other.false
        self.vague += other.vague
        self.wrong += other.wrong

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.false, 1)


def judged(hearing: Hearing, sentences: Sequence[Sentence], heard: Sequence[Spoken], least: float = 0.0) -> Tally:
    """Both sides go through the same `Hearing`, so that only the recogniser's errors count.

    `least`: the weight below which a mention is not one.
    """
    said = [word for sentence in sentences for word in sentence.words()]
    wanted, got = (_named(hearing, sentences, words, least) for words in (said, heard))
    tally = Tally()
    for at in range(-1, len(sentences)):
        tally.add(_compared(wanted.get(at, {}), got.get(at, {})))
    return tally


def _named(
    hearing: Hearing, sentences: Sequence[Sentence], words: Sequence[Spoken], least: float
) -> dict[int, dict[str, Named]]:
    """By sentence (-1: outside of all), by family."""
    groups = {product.product_id: product.group or product.product_id for product in hearing.products}
    named: dict[int, dict[str, Named]] = defaultdict(dict)
    for mention in hearing.mentions(words):
        if mention.weight >= least:
            family = named[_sentence(sentences, (mention.start + mention.end) / 2)]
            group = groups[mention.product_id]
            family[group] = family.get(group, frozenset()) | {mention.product_id}
    return named


def _sentence(sentences: Sequence[Sentence], at: float) -> int:
    return next((i for i, one in enumerate(sentences) if one.start - EDGE_S <= at <= one.end + EDGE_S), -1)


def _compared(wanted: Mapping[str, Named], got: Mapping[str, Named]) -> Tally:
    tally = Tally(false=len(got.keys() - wanted.keys()), missed=len(wanted.keys() - got.keys()))
    for family in wanted.keys() & got.keys():
        if wanted[family] <= got[family]:
            tally.right += 1
            tally.vague += wanted[family] != got[family]
        else:
            tally.wrong, tally.missed, tally.false = tally.wrong + 1, tally.missed + 1, tally.false + 1
    return tally
