"""A homography from points that agree only roughly, held towards plain sight. Knows no patch and no picture.

A homography that may do as it likes follows a logo's few pixels of noise far beyond the logo, and what is compared
there is compared in the wrong place. So it starts as a similarity, and turns and tilts of the print cost something:
points that span the print pay it easily, a cluster of them cannot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.complex128]  # (points,): positions as complex numbers
Homography = NDArray[np.float64]  # (3, 3), catalogue position to frame position
Numbers = NDArray[np.float64]

MIDDLE = 0.5 + 0.5j  # of a square print: tilts are about it
NOISE = 0.012  # of a point's place, as a share of the print, as are all below
FIRST = 0.06  # how far off a point may be before the fit begins, at the middle; thrice that at an edge
ROOMS = (0.045, 0.03, 0.03, 0.03)  # and after each round; who is within the last agrees
SHEAR, TILT = 0.3, 0.25  # usual size of what makes an affine map no similarity, and a homography no affine map
LOOSE = 2.0  # usual change of every number while fitting: only so that nothing is ever undetermined


class Similarity(NamedTuple):
    """`factor` turns and scales, `start` is where the catalogue's origin lies."""

    factor: complex
    start: complex


class Laid(NamedTuple):
    homography: Homography
    agree: NDArray[np.bool_]  # (points,)


def _held() -> NDArray[np.float64]:
    rows = np.zeros((4, 8))
    rows[0, [0, 4]] = 1 / SHEAR, -1 / SHEAR
    rows[1, [1, 3]] = 1 / SHEAR, 1 / SHEAR
    rows[2, 6] = rows[3, 7] = 1 / TILT
    return rows.T @ rows + np.eye(8) / LOOSE**2


HELD = _held()


def lay(
    there: Points, here: Points, worth: Numbers, agree: NDArray[np.bool_], first: Similarity, least: int
) -> Laid | None:
    """Least squares that forget what is far off, beginning with those who `agree`; None with fewer than `least`.

    Works in prints from the print's middle, so that all numbers are of one size.
    """
    span, at = abs(first.factor), there - MIDDLE
    anchor = first.factor * MIDDLE + first.start
    seen = (here - anchor) / span
    turn = first.factor / span
    start = np.array([turn.real, -turn.imag, 0, turn.imag, turn.real, 0, 0, 0])
    near = agree * _forget(np.abs(_place(start, at) - seen), FIRST * (1 + 2 * np.abs(at)))
    rows, wanted = _rows(at, seen), np.concatenate([seen.real, seen.imag])
    numbers = start
    for room in ROOMS:
        if np.count_nonzero(near) < least:
            return None
        weighed = rows * (np.tile(worth * near, 2) / NOISE**2)[:, None]
        numbers = np.linalg.solve(weighed.T @ rows + HELD, weighed.T @ wanted + start / LOOSE**2)
        near = _forget(np.abs(_place(numbers, at) - seen), room)
    return Laid(_whole(numbers, anchor, span), near > 0)


def _forget(off: Numbers, room: Numbers | float) -> Numbers:
    """Tukey's weights: one at the place itself, nothing from `room` on."""
    return np.asarray(np.maximum(1 - (off / room) ** 2, 0) ** 2, dtype=np.float64)


def _rows(at: Points, seen: Points) -> NDArray[np.float64]:
    """Linear in the eight numbers: the homography's denominator is multiplied out."""
    x, y, one, none = at.real, at.imag, np.ones(len(at)), np.zeros(len(at))
    across = np.stack([x, y, one, none, none, none, -seen.real * x, -seen.real * y], axis=1)
    down = np.stack([none, none, none, x, y, one, -seen.imag * x, -seen.imag * y], axis=1)
    return np.concatenate([across, down])


def _place(numbers: Numbers, at: Points) -> Points:
    a, b, c, d, e, f, g, h = numbers
    depth = np.maximum(1 + g * at.real + h * at.imag, 0.05)  # nothing is seen from behind
    across, down = a * at.real + b * at.imag + c, d * at.real + e * at.imag + f
    return np.asarray((across + 1j * down) / depth, dtype=np.complex128)


def _whole(numbers: Numbers, anchor: complex, span: float) -> Homography:
    """From prints about the middle back to longer sides of both pictures."""
    back = np.array([[1, 0, -MIDDLE.real], [0, 1, -MIDDLE.imag], [0, 0, 1]])
    onto = np.array([[span, 0, anchor.real], [0, span, anchor.imag], [0, 0, 1]])
    homography = onto @ np.append(numbers, 1).reshape(3, 3) @ back
    return np.asarray(homography / homography[2, 2], dtype=np.float64)
