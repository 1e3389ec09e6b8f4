"""Stretches of time as sorted pairs that do not touch: united, taken away, measured. Pure; knows no live."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.types import Seconds

    Spell = tuple[Seconds, Seconds]


def united(spells: Iterable[Spell]) -> list[Spell]:
    out: list[Spell] = []
    for start, stop in sorted(spell for spell in spells if spell[1] > spell[0]):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(stop, out[-1][1]))
        else:
            out.append((start, stop))
    return out


def without(spells: Iterable[Spell], taken: Iterable[Spell]) -> list[Spell]:
    """What of `spells` lies in none of `taken`."""
    left, holes = united(spells), united(taken)
    out: list[Spell] = []
    for start, stop in left:
        at = start
        for hole_start, hole_stop in holes:
            if hole_stop > at and hole_start < stop:
                out.append((at, hole_start))
                at = hole_stop
        out.append((at, stop))
    return [(start, stop) for start, stop in out if stop > start]


def total(spells: Iterable[Spell]) -> Seconds:
    """Of united ones."""
    return sum(stop - start for start, stop in spells)


def common(one: Iterable[Spell], other: Iterable[Spell]) -> Seconds:
    """How long both last."""
    first = united(one)
    return total(first) - total(without(first, other))


def holds(spells: Sequence[Spell], at: Seconds) -> bool:
    """Of united ones; both ends belong to them."""
    i = bisect_right(spells, (at, float("inf"))) - 1
    return i >= 0 and spells[i][0] <= at <= spells[i][1]
