"""A picture's number, drawn into its upper edge as white and black squares, lowest bit first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BITS = 11
SQUARE = 1 / 40  # of the width


def number_in(picture: NDArray[np.uint8]) -> int:
    """Of any size: (height, width, 3)."""
    side = picture.shape[1] * SQUARE
    middle = int(side / 2)
    bright = [picture[middle, int(side * (bit + 0.5))].mean() > 127 for bit in range(BITS)]
    return sum(1 << bit for bit, is_set in enumerate(bright) if is_set)


def drawing(width: int) -> str:
    """A chain of FFmpeg's filters that draws the number of each frame."""
    side = round(width * SQUARE)
    boxes = [f"drawbox=x=0:y=0:w={side * BITS}:h={side}:color=black:t=fill"]
    boxes += [
        f"drawbox=x={side * bit}:y=0:w={side}:h={side}:color=white:t=fill:enable='mod(floor(n/{1 << bit}),2)'"
        for bit in range(BITS)
    ]
    return ",".join(boxes)
