"""Many strings of sounds laid along one text, all of them a step further at a time. Pure; whole numbers only.

What `fitting` tells of any sounds, of those of a spelling: their bits are quarters, so that small integers do, many
at once. A cell is what a string's first sounds make of a text's first sounds, beside leaving all of them out. So
leaving one out costs nothing, and cells that are equally far from the first one depend only on those less far.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engines.text.mishearing import BARRIER, NEVER, STEP, mishearing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.text.fitting import Numbers
    from engines.text.phones import Phones

Quarters = NDArray[np.int64]
Cells = NDArray[np.int16 | np.int32 | np.int64]

NO_SOUND = BARRIER  # of a string: what it is filled up with, in front
NO_PLACE = BARRIER + 1  # of a text: before it begins and where it has ended
CELLS = 32_768  # that are worked on at once: more are no faster


class _Costs(NamedTuple):
    """In quarters. `gained[heard, said]`: by taking the one for the other, beside leaving both out."""

    gained: NDArray[np.int16]
    added: Quarters
    dropped: Quarters


class _Group(NamedTuple):
    """Strings of about one length: `gained[heard, place, string]`, ended by their last sounds, and which they are."""

    gained: Cells
    dropped: Quarters  # by leaving out all of a string
    numbers: Numbers


class Abreast:
    """Made ready once for any text. Memory: some 80 bytes for each sound of a string."""

    def __init__(self, parts: Sequence[Phones], joined: Numbers | None = None) -> None:
        """`joined[place, string]`: the parts, by number, that each string is made of; else each part is one."""
        told = np.arange(len(parts))[None] if joined is None else joined
        self._count = told.shape[1]
        self._laid_out = list(_groups(*_filled(parts, told)))

    def ends(self, heard: Numbers, starts: Quarters, at: Numbers, scale: int = 1) -> Quarters:
        """`[string, i]`: quarters of a bit that the string was heard up to the border `at[i]`, which only go up.

        `starts[border]`: of beginning there; the first of them is 0. All are `scale` times as much; what `starts` has
        beside a multiple of it says where the best begins, and may not reach `scale`.
        """
        added = _added(heard) * scale
        first = np.maximum.accumulate(starts - added)
        out = np.empty((len(at), self._count), np.int64)
        for group in self._laid_out:
            out[:, group.numbers] = _laid(group.gained, heard, first, at, scale) + group.dropped * scale
        out += added[at, None]
        return out.T

    def anywhere(self, heard: Numbers) -> Quarters:
        """Of each string, where it fits best, wherever it begins."""
        added, borders = _added(heard), np.arange(len(heard) + 1)
        out = np.empty(self._count, np.int64)
        for group in self._laid_out:
            cells = _laid(group.gained, heard, -added, borders, 1)
            cells += added.astype(cells.dtype)[:, None]
            out[group.numbers] = cells.max(axis=0) + group.dropped
        return out


def _added(heard: Numbers) -> Quarters:
    return np.concatenate([[0], np.cumsum(_costs().added[heard])])


def _laid(gained: Cells, heard: Numbers, first: Quarters, at: Numbers, scale: int) -> Cells:
    """`[i, string]`: the last cells at those borders. Cells that are as far from the first one are one `front`."""
    sounds, places, strings = gained.shape
    kind = _kind(int(first[-1]) + scale * int(gained.max(initial=0)) * min(places, len(heard)))
    fits = kind is np.int16 and scale == 1
    table = (gained if fits else np.multiply(gained, scale, dtype=kind)).reshape(sounds * places, strings)
    before = np.full(places, NO_PLACE)
    rows = sliding_window_view(np.concatenate([before, heard, before]) * places, places)[:, ::-1] + np.arange(places)
    begins = np.concatenate([first, np.broadcast_to(first[-1:], places)]).tolist()
    fronts = np.full((3, places + 1, strings), -1, kind)
    fronts[0, 0] = begins[0]
    last, one_before, front = ((one[0], one[:-1], one[1:], one[-1]) for one in fronts)
    now = np.empty((places, strings), kind)
    ends = np.empty((len(begins), strings), kind)
    ends[0] = last[-1]
    for far in range(1, len(begins)):
        table.take(rows[far - 1], 0, now, "clip")
        np.add(now, one_before[1], out=now)
        np.maximum(now, last[1], out=now)
        np.maximum(now, last[2], out=front[2])
        front[0].fill(begins[far])
        ends[far] = front[3]
        last, one_before, front = front, last, one_before
    return np.asarray(ends[places + at])


def _kind(most: int) -> type[np.int16 | np.int32 | np.int64]:
    """What holds numbers up to this."""
    return np.int16 if most < 2**15 else np.int32 if most < 2**31 else np.int64


def _filled(parts: Sequence[Phones], joined: Numbers) -> tuple[NDArray[np.uint8], Numbers]:
    """`[place, string]`: their sounds, the last of all in one row; and how long each string is."""
    lengths = np.array([len(part) for part in parts], np.intp)
    each = lengths[joined]
    behind = each[::-1].cumsum(axis=0)[::-1]  # sounds from where a part begins to the string's end
    whole = behind[0]
    said = np.full((max(int(whole.max(initial=0)), 1), joined.shape[1]), NO_SOUND, np.uint8)
    which = np.repeat(np.arange(joined.size), each.ravel())
    within = np.arange(len(which)) - np.repeat(each.cumsum() - each.ravel(), each.ravel())
    begins = lengths.cumsum() - lengths
    sounds = np.frombuffer(b"".join(parts), np.uint8)[begins[joined.ravel()[which]] + within]
    said[len(said) - behind.ravel()[which] + within, which % joined.shape[1]] = sounds
    return said, whole


def _groups(said: NDArray[np.uint8], lengths: Numbers) -> Iterator[_Group]:
    """Strings of about one length together, filled up to the longest of them."""
    costs = _costs()
    order = np.argsort(lengths, kind="stable")
    filled = lengths[order].clip(1)
    begin = 0
    while begin < len(order):
        cells = filled[begin:] * np.arange(1, len(order) - begin + 1)
        end = begin + max(int(np.searchsorted(cells, CELLS, side="right")), 1)
        chosen = order[begin:end]
        group = said[len(said) - filled[end - 1] :, chosen]
        yield _Group(costs.gained.take(group, axis=1), costs.dropped[group].sum(axis=0), chosen)
        begin = end


@lru_cache(1)
def _costs() -> _Costs:
    table = mishearing()
    swapped, dropped, added = (np.rint(bits / STEP).astype(np.int64) for bits in table)
    added = np.maximum(added, round(NEVER / STEP))
    gained = np.zeros((NO_PLACE + 1, NO_SOUND + 1), np.int64)
    gained[: len(added), : len(dropped)] = (swapped - added - dropped[:, None]).T
    return _Costs(gained.astype(np.int16), added, np.append(dropped, 0))
