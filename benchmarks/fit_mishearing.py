"""How often a free-form recogniser hears one sound as another: counted from what was said and what it wrote.

    python -m benchmarks.fit_mishearing TRANSCRIPTS engines/text/mishearing.npz

TRANSCRIPTS: JSON lines with `seed` (of the shop), `said` (text) and `heard` (a list of [start, end, text,
confidence]). Only the words of products' titles are counted: talk is heard rightly, and is not what has to be found.
What was counted rarely goes by how alike two sounds are made in the mouth.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path  # noqa: TC003 (typer reads the annotations when it runs)
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import typer

from benchmarks.speech_said import shop
from engines.text.callings import said_words
from engines.text.mishearing import BARRIER, NEVER, Bits, Mishearing, save
from engines.text.phones import PHONES, heard_as, said_as

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.text.phones import Phones

ROUNDS = 4  # of laying words against each other by what the last round counted
DOUBT = 12.0  # sounds' worth of counts that likeness in the mouth has
LEAST = -5.0  # bits: nothing is less likely than so, however seldom it was counted

# Where in the mouth, how, and whether with the voice.
CONSONANTS = {
    "B": (0, 0, 1), "P": (0, 0, 0), "M": (0, 2, 1), "W": (0, 4, 1), "F": (1, 1, 0), "V": (1, 1, 1), "TH": (2, 1, 0),
    "DH": (2, 1, 1), "T": (3, 0, 0), "D": (3, 0, 1), "S": (3, 1, 0), "Z": (3, 1, 1), "N": (3, 2, 1), "L": (3, 4, 1),
    "R": (4, 4, 1), "SH": (4, 1, 0), "ZH": (4, 1, 1), "CH": (4, 0.5, 0), "JH": (4, 0.5, 1), "Y": (5, 4, 1),
    "K": (6, 0, 0), "G": (6, 0, 1), "NG": (6, 2, 1), "HH": (7, 1, 0),
}  # fmt: skip
# How high the tongue is and how far back, where a vowel begins and where it ends.
VOWELS = {
    "IY": (3, 0, 3, 0), "IH": (2.5, 0.5, 2.5, 0.5), "EH": (1.5, 0.5, 1.5, 0.5), "AE": (0.5, 0.5, 0.5, 0.5),
    "AA": (0, 1.5, 0, 1.5), "AO": (1, 2, 1, 2), "AH": (1.3, 1.2, 1.3, 1.2), "UH": (2.5, 1.7, 2.5, 1.7),
    "UW": (3, 2, 3, 2), "ER": (1.5, 1, 1.5, 1), "EY": (1.7, 0.3, 3, 0), "AY": (0, 1.2, 3, 0), "OY": (1, 2, 3, 0),
    "AW": (0, 1.2, 3, 2), "OW": (1.5, 2, 3, 2),
}  # fmt: skip
GLIDES = ({"ER", "R"}, {"W", "UW"}, {"Y", "IY"}, {"L", "OW"})
SOFT = frozenset(("AH", "IH", "ER", "T", "D", "HH", "R", "L", "N", "V", "Y", "DH"))


class Pair(NamedTuple):
    """A sentence: each word's ways to be said, and whether it is a name's; and all that was heard of it."""

    said: tuple[tuple[Phones, ...], ...]
    named: tuple[bool, ...]
    heard: Phones


class Counts(NamedTuple):
    swapped: Bits
    dropped: Bits
    added: Bits


def main(
    transcripts: Annotated[Path, typer.Argument(help="JSON lines.")],
    out: Annotated[Path, typer.Argument(help="Where the table is written.")],
    seeds: Annotated[str, typer.Option(help="Of the lines that are counted.")] = "7,11",
) -> None:
    pairs = list(read(transcripts, [int(seed) for seed in seeds.split(",")]))
    chance = _chance(pairs)
    likeness = table = by_likeness()
    for _ in range(ROUNDS):
        table = fitted(counted(pairs, table), likeness, chance)
    save(out, table)
    right = np.diag(table.swapped[:, :BARRIER]).mean()
    print(f"{len(pairs)} sentences; a sound that is heard rightly counts {right:.1f} bits")


def read(transcripts: Path, seeds: Sequence[int]) -> Iterator[Pair]:
    names = {seed: {word for one in shop(seed) for word in said_words(one.title)} for seed in seeds}
    for line in transcripts.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        if told["seed"] in names:
            yield _pair(told["said"], [heard[2] for heard in told["heard"]], names[told["seed"]])


def _pair(said: str, heard: Sequence[str], names: set[str]) -> Pair:
    words = [word.casefold().strip(".,:;?!") for word in said.split()]
    kept = [word for word in words if not any(letter.isdigit() for letter in word)]
    ways = tuple(said_as(word.replace("-", "")) for word in kept)
    return Pair(ways, tuple(word in names for word in kept), b"".join(heard_as(text) or b"" for text in heard))


def by_likeness() -> Mishearing:
    swapped = np.full((BARRIER, BARRIER + 1), NEVER, np.float32)
    for one, other in product(range(BARRIER), repeat=2):
        swapped[one, other] = _alike(PHONES[one], PHONES[other])
    dropped = np.array([-2.0 if phone in SOFT else -3.5 for phone in PHONES], np.float32)
    return Mishearing(swapped, dropped, np.append(dropped, np.float32(NEVER)))


def _alike(one: str, other: str) -> float:
    if one == other:
        return 4.0
    if (one in VOWELS) != (other in VOWELS):
        return 0.0 if {one, other} in GLIDES else -4.0
    if one in VOWELS:
        return 2.0 - sum(abs(a - b) for a, b in zip(VOWELS[one], VOWELS[other], strict=True)) / 1.5
    place, manner, voice = (abs(a - b) for a, b in zip(CONSONANTS[one], CONSONANTS[other], strict=True))
    return max(2.0 - voice - 1.2 * (manner > 0) - 0.8 * manner - 0.5 * place - 0.7 * (place > 0), -4.0)


def counted(pairs: Sequence[Pair], table: Mishearing) -> Counts:
    """By sounds said; what was added by itself."""
    counts = Counts(*(np.zeros(shape, np.float32) for shape in ((BARRIER, BARRIER), (BARRIER,), (BARRIER,))))
    for pair in pairs:
        if any(pair.named):
            _count(pair, table, counts)
    return counts


def _count(pair: Pair, table: Mishearing, counts: Counts) -> None:
    chosen = _chosen(pair, table)
    phones = b"".join(chosen)
    named = [name for way, name in zip(chosen, pair.named, strict=True) for _ in way]
    inside = False
    for said, heard in aligned(phones, pair.heard, table)[1]:
        inside = inside if said is None else named[said]
        if not inside:
            continue
        if said is None:
            counts.added[pair.heard[heard or 0]] += 1
        elif heard is None:
            counts.dropped[phones[said]] += 1
        else:
            counts.swapped[phones[said], pair.heard[heard]] += 1


def _chosen(pair: Pair, table: Mishearing) -> list[Phones]:
    """Of each word the way in which the sentence fits best, one word after the other."""
    chosen = [ways[0] if ways else b"" for ways in pair.said]
    for i, ways in enumerate(pair.said):
        if pair.named[i] and len(ways) > 1:
            scores = [aligned(b"".join((*chosen[:i], way, *chosen[i + 1 :])), pair.heard, table)[0] for way in ways]
            chosen[i] = ways[int(np.argmax(scores))]
    return chosen


def aligned(said: Phones, heard: Phones, table: Mishearing) -> tuple[float, list[tuple[int | None, int | None]]]:
    """Bits, and which sound became which; None: it was dropped, or nobody said it."""
    best = np.zeros((len(said) + 1, len(heard) + 1))
    steps = np.zeros(best.shape, np.int8)
    for i, j in product(range(len(said) + 1), range(len(heard) + 1)):
        ways = []
        if i and j:
            ways.append((best[i - 1, j - 1] + table.swapped[said[i - 1], heard[j - 1]], 0))
        if i:
            ways.append((best[i - 1, j] + table.dropped[said[i - 1]], 1))
        if j:
            ways.append((best[i, j - 1] + table.added[heard[j - 1]], 2))
        if ways:
            best[i, j], steps[i, j] = max(ways)
    i, j = len(said), len(heard)
    out: list[tuple[int | None, int | None]] = []
    while i or j:
        step = steps[i, j]
        i, j = i - (step != 2), j - (step != 1)
        out.append((None if step == 2 else i, None if step == 1 else j))
    return float(best[-1, -1]), out[::-1]


def fitted(counts: Counts, likeness: Mishearing, chance: Bits) -> Mishearing:
    """Shares of what was counted, beside how often a sound is heard at all."""
    kept = counts.swapped.sum(axis=1)
    heard = kept + counts.dropped
    drops = (counts.dropped + DOUBT * counts.dropped.sum() / heard.sum()) / (heard + DOUBT)
    expected = np.exp2(likeness.swapped[:, :BARRIER]) * chance
    expected /= expected.sum(axis=1, keepdims=True)
    shares = (counts.swapped + DOUBT * expected) / (kept + DOUBT)[:, None]
    swapped = np.full(likeness.swapped.shape, NEVER, np.float32)
    swapped[:, :BARRIER] = np.maximum(np.log2(shares * (1 - drops)[:, None] / chance), LEAST)
    adds = (counts.added + 2 * DOUBT * chance) / (counts.added.sum() + 2 * DOUBT)
    added = np.maximum(np.log2(counts.added.sum() / heard.sum() * adds / chance), LEAST)
    return Mishearing(swapped, np.maximum(np.log2(drops), LEAST), np.append(added, np.float32(NEVER)))


def _chance(pairs: Sequence[Pair]) -> Bits:
    counts = np.bincount(np.frombuffer(b"".join(pair.heard for pair in pairs), np.uint8), minlength=BARRIER) + 5.0
    return np.asarray(counts / counts.sum(), np.float32)


if __name__ == "__main__":
    typer.run(main)
