"""A homography from points that agree only roughly, held towards plain sight. Knows no patch and no picture.

A homography that may do as it likes follows a logo's few pixels of noise far beyond the logo, and what is compared
there is compared in the wrong place. So it starts as a similarity, and turns and tilts of the print cost something:
points that span the print pay it easily, a cluster of them cannot.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
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
    turn = first.factor / span
    start = np.array([turn.real, -turn.imag, 0, turn.imag, turn.real, 0, 0, 0])
    plane, seen = np.ones((3, len(at))), _flat((here - anchor) / span)
    plane[0], plane[1] = at.real, at.imag
    near = agree * _forget(_off(start, plane, seen), FIRST * (1 + 2 * np.abs(at)))
    rows, numbers = _rows(plane, seen), start
    for room in ROOMS:
        who = near.nonzero()[0]  # of hundreds a few dozen: the others weigh nothing
        if len(who) < least:
            return None
        few, wanted = rows.take(who, axis=1), seen.take(who, axis=1).ravel()
        weighed = (few * ((worth[who] * near[who]) / NOISE**2)[:, None]).reshape(-1, 8).T
        numbers = _solved(weighed @ few.reshape(-1, 8) + HELD, weighed @ wanted + start / LOOSE**2)
        near = _forget(_off(numbers, plane, seen), room)
    return Laid(_whole(numbers, anchor, span), near > 0)


def within(onto: Homography, size: tuple[int, ...], room: tuple[int, ...]) -> bool:
    """Whether every pixel of a picture of one size (height, width first) is laid inside of another's."""
    right, bottom = size[1] - 1, size[0] - 1
    across, down, depth = onto @ np.array([[0, right, 0, right], [0, 0, bottom, bottom], [1, 1, 1, 1]])
    if depth.min() <= 0:
        return False
    x, y = across / depth, down / depth
    return bool(min(x.min(), y.min()) >= 0 and x.max() <= room[1] - 1 and y.max() <= room[0] - 1)


def _forget(off: Numbers, room: Numbers | float) -> Numbers:
    """Tukey's weights, of squared distances: one at the place itself, nothing from `room` on."""
    near = off / room**2
    np.subtract(1, near, out=near)
    np.maximum(near, 0, out=near)
    return np.square(near, out=near)


def _flat(points: Points) -> Numbers:  # (2, points)
    flat = np.empty((2, len(points)))
    flat[0], flat[1] = points.real, points.imag
    return flat


def _solved(matrix: Numbers, wanted: Numbers) -> Numbers:
    """Of a symmetric matrix that HELD keeps positive; numpy's takes ten times as long to begin."""
    return np.asarray(cv2.solve(matrix, wanted[:, None], flags=cv2.DECOMP_CHOLESKY)[1], np.float64).ravel()


def _rows(plane: Numbers, seen: Numbers) -> Numbers:  # (2, points, 8)
    """Linear in the eight numbers: the homography's denominator is multiplied out."""
    rows = np.zeros((2, plane.shape[1], 8))
    rows[0, :, :3] = rows[1, :, 3:6] = plane.T
    rows[:, :, 6:] = -seen[:, :, None] * plane[:2].T
    return rows


def _off(numbers: Numbers, plane: Numbers, seen: Numbers) -> Numbers:
    """How far from where it is seen each point is laid, squared."""
    laid = _square(numbers) @ plane
    off = laid[:2]
    off /= np.maximum(laid[2], 0.05)  # nothing is seen from behind
    off -= seen
    off *= off
    return np.asarray(np.add(off[0], off[1]), np.float64)


def _square(numbers: Numbers) -> Homography:
    return np.array((*numbers.tolist(), 1.0)).reshape(3, 3)


def _whole(numbers: Numbers, anchor: complex, span: float) -> Homography:
    """From prints about the middle back to longer sides of both pictures."""
    back = np.array([[1, 0, -MIDDLE.real], [0, 1, -MIDDLE.imag], [0, 0, 1]])
    onto = np.array([[span, 0, anchor.real], [0, span, anchor.imag], [0, 0, 1]])
    homography = onto @ _square(numbers) @ back
    return np.asarray(homography / homography[2, 2], dtype=np.float64)
