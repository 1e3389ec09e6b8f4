"""Many strings of sounds laid against one stretch of text at once, each where it fits best. Pure; arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.text.mishearing import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.text.mishearing import Bits
    from engines.text.phones import Phones
    from engines.text.sounding import Sounds

Numbers = NDArray[np.intp]
FAR = -1e6  # bits of what cannot be


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


def fitted(strings: Strings, heard: Sounds, starts: Bits, dropped: Bits) -> Bits:
    """`[string, border]`: bits that the string was heard up to there. `starts[border]`: of beginning there.

    Whole strings, any stretch of `heard`; the borders are one more than its sounds. `dropped[sound]`: of its being
    said and not heard.
    """
    count, longest = strings.phones.shape
    against = np.ascontiguousarray(heard.against)
    added = np.concatenate([[0.0], np.cumsum(np.maximum(heard.added, NEVER))]).astype(np.float32)
    so_far = np.broadcast_to(np.maximum.accumulate(starts - added) + added, (count, len(starts))).copy()
    out = np.empty((count, len(starts)), np.float32)
    active = count
    for place in range(longest):
        ended = int(np.searchsorted(-strings.lengths, -place, side="left"))
        out[ended:active], active = so_far[ended:active], ended
        so_far = so_far[:active]
        said = strings.phones[:active, place]
        fresh = so_far + dropped[said, None]
        np.maximum(fresh[:, 1:], so_far[:, :-1] + against[said], out=fresh[:, 1:])
        fresh -= added
        np.maximum.accumulate(fresh, axis=1, out=fresh)
        fresh += added
        so_far = fresh
    out[:active] = so_far
    back = np.empty_like(out)
    back[strings.order] = out
    return back


def traced(said: Phones, heard: Sounds, dropped: Bits) -> tuple[list[float], list[int]]:
    """All of `heard` as `said`: the bits of each sound said, and to which of them each that was heard belongs."""
    added = np.concatenate([[0.0], np.cumsum(heard.added, dtype=np.float64)])
    rows = np.empty((len(said) + 1, len(added)))
    rows[0] = added
    for i, one in enumerate(said, 1):
        row, above = rows[i], rows[i - 1]
        np.add(above, dropped[one], out=row)
        np.maximum(row[1:], above[:-1] + heard.against[one], out=row[1:])
        row -= added
        np.maximum.accumulate(row, out=row)
        row += added
    return _traced(rows.tolist(), said, heard, dropped)


def _traced(
    rows: Sequence[Sequence[float]], said: Phones, heard: Sounds, dropped: Bits
) -> tuple[list[float], list[int]]:
    """Backwards, the likeliest step each time."""
    bits, belongs = [0.0] * len(said), [0] * len(heard.added)
    against, added = heard.against[list(said)].tolist(), heard.added.tolist()
    i, j = len(said), len(heard.added)
    while i or j:
        both = rows[i - 1][j - 1] + against[i - 1][j - 1] if i and j else FAR
        alone = rows[i - 1][j] + float(dropped[said[i - 1]]) if i else FAR
        more = rows[i][j - 1] + added[j - 1] if j else FAR
        step = (1, 1) if both >= max(alone, more) else (1, 0) if alone >= more else (0, 1)
        owner = max(i - 1, 0)
        if said:
            bits[owner] += rows[i][j] - rows[i - step[0]][j - step[1]]
        if step[1]:
            belongs[j - 1] = owner
        i, j = i - step[0], j - step[1]
    return bits, belongs
