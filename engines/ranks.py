"""Whether two encoders order pictures alike, which is what a search notices of a small change. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAREST = 10


def agreement(
    reference: NDArray[np.float32], other: NDArray[np.float32], nearest: int = NEAREST
) -> float:  # both (pictures, dim), unit length, row by row the same pictures
    """The mean share of each picture's nearest pictures that are the same by both, the picture itself left out.

    The other encoder's views search a gallery of the reference's, as where a gallery was built on a processor and is
    searched by a GPU.
    """
    nearest = min(nearest, len(reference) - 1)
    if nearest < 1:
        return 1.0
    expected, found = _nearest(reference @ reference.T, nearest), _nearest(other @ reference.T, nearest)
    return float(np.mean([len(set(a) & set(b)) / nearest for a, b in zip(expected, found, strict=True)]))


def _nearest(likeness: NDArray[np.float32], count: int) -> list[list[int]]:
    np.fill_diagonal(likeness, -np.inf)
    rows: list[list[int]] = np.argsort(-likeness, axis=1, kind="stable")[:, :count].tolist()
    return rows
