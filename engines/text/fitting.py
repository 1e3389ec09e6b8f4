"""Many strings of sounds laid against one stretch of text at once, each where it fits best. Pure; arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.text.mishearing import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.mishearing import Bits, Mishearing
    from engines.text.phones import Phones

Numbers = NDArray[np.intp]
FAR = np.float32(-1e6)  # bits of what cannot be


class Strings(NamedTuple):
    """`phones[string, place]`, the longest string first; `order`: which of those it was made of each is."""

    phones: Numbers
    lengths: Numbers
    order: Numbers


def strings_of(phones: Sequence[Phones]) -> Strings:
    lengths = np.array([len(one) for one in phones], np.intp)
    order = np.argsort(-lengths, kind="stable")
    table = np.zeros((len(phones), int(lengths.max(initial=0))), np.intp)
    for row, number in enumerate(order):
        table[row, : lengths[number]] = np.frombuffer(phones[number], np.uint8)
    return Strings(table, lengths[order], order)


def fitted(strings: Strings, heard: Numbers, starts: Bits, mishearing: Mishearing) -> Bits:
    """`[string, border]`: bits that the string was heard up to there. `starts[border]`: of beginning there.

    Whole strings, any stretch of `heard`; the borders are one more than its sounds.
    """
    count, longest = strings.phones.shape
    against = np.ascontiguousarray(mishearing.swapped[:, heard])
    added = np.concatenate([[0.0], np.cumsum(np.maximum(mishearing.added[heard], NEVER))]).astype(np.float32)
    so_far = np.broadcast_to(np.maximum.accumulate(starts - added) + added, (count, len(starts))).copy()
    out = np.empty((count, len(starts)), np.float32)
    active = count
    for place in range(longest):
        ended = int(np.searchsorted(-strings.lengths, -place, side="left"))
        out[ended:active], active = so_far[ended:active], ended
        so_far = so_far[:active]
        said = strings.phones[:active, place]
        fresh = so_far + mishearing.dropped[said, None]
        np.maximum(fresh[:, 1:], so_far[:, :-1] + against[said], out=fresh[:, 1:])
        fresh -= added
        np.maximum.accumulate(fresh, axis=1, out=fresh)
        fresh += added
        so_far = fresh
    out[:active] = so_far
    back = np.empty_like(out)
    back[strings.order] = out
    return back


def traced(said: Phones, heard: Phones, mishearing: Mishearing) -> tuple[list[float], list[int]]:
    """All of `heard` as `said`: the bits of each sound said, and to which of them each that was heard belongs."""
    swapped, dropped, added = mishearing
    rows = [[0.0] * (len(heard) + 1) for _ in range(len(said) + 1)]
    for j, sound in enumerate(heard, 1):
        rows[0][j] = rows[0][j - 1] + float(added[sound])
    for i, one in enumerate(said, 1):
        row, above, against, drop = rows[i], rows[i - 1], swapped[one].tolist(), float(dropped[one])
        row[0] = above[0] + drop
        for j, sound in enumerate(heard, 1):
            row[j] = max(above[j - 1] + against[sound], above[j] + drop, row[j - 1] + float(added[sound]))
    return _traced(rows, said, heard, mishearing)


def _traced(
    rows: Sequence[Sequence[float]], said: Phones, heard: Phones, mishearing: Mishearing
) -> tuple[list[float], list[int]]:
    swapped, dropped, _ = mishearing
    bits, belongs = [0.0] * len(said), [0] * len(heard)
    i, j = len(said), len(heard)
    while i or j:
        here = rows[i][j]
        if i and j and here == rows[i - 1][j - 1] + float(swapped[said[i - 1], heard[j - 1]]):
            step = (1, 1)
        elif i and here == rows[i - 1][j] + float(dropped[said[i - 1]]):
            step = (1, 0)
        else:
            step = (0, 1)
        owner = max(i - 1, 0)
        bits[owner] += here - rows[i - step[0]][j - step[1]]
        if step[1]:
            belongs[j - 1] = owner
        i, j = i - step[0], j - step[1]
    return bits, belongs
