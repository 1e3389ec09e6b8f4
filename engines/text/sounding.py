"""Which sounds were heard, place after place, as bits for each that it may have been. Pure; knows no name.

An ear that knows sounds tells how likely each one was where it heard it; of one that only writes, the sounds are
those of its spelling, and how likely they are misheard is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engines.text.mishearing import mishearing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engines.text.mishearing import Bits


class Sounds(NamedTuple):
    """`against[sound, place]`: bits that it was this one, beside chance; `added[place]`: that it was none at all."""

    against: Bits
    added: Bits

    def part(self, where: slice) -> Sounds:
        return Sounds(self.against[:, where], self.added[where])


def spelt(phones: NDArray[np.intp]) -> Sounds:
    """The sounds of what somebody wrote down."""
    table = mishearing()
    return Sounds(table.swapped[:, phones], table.added[phones])
