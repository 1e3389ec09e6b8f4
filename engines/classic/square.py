"""Prints brought to one square, from a packshot and from a frame alike. Knows no likeness and no product."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from engines.classic.laying import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import Image
    from engines.classic.colour import Mask
    from engines.classic.laying import Homography
    from engines.classic.picture import Canvas

SIDE = 128  # px
GRAIN = 1.3  # a picture so many times finer than the square is shrunk first, so that nothing glitters


class Square(NamedTuple):
    """The foreground of a catalogue picture, stretched to a square."""

    onto: Homography  # from the square's pixel centres to longer sides of the picture
    mask: Mask  # (SIDE, SIDE)


def square_of(canvas: Canvas) -> Square:
    (left, top), (right, bottom) = canvas.outline[0], canvas.outline[2]
    wide, high = (right - left) / SIDE, (bottom - top) / SIDE
    onto = np.array([[wide, 0, left + wide / 2], [0, high, top + high / 2], [0, 0, 1]])
    mask = _warp(canvas.mask.astype(np.uint8) * 255, canvas.pixels @ onto)
    return Square(onto, mask > 127)


def seen_in(square: Square, picture: Image, homography: Homography) -> tuple[Image, Mask]:
    """What a picture shows where the print was laid, and which of the print is in the picture."""
    onto = _pixels(picture.shape) @ homography @ square.onto
    cut, onto = _cut(picture, onto)
    seen = _warp(cut, onto)
    if within(onto, square.mask.shape, cut.shape):
        return seen, square.mask
    inside = _warp(np.full(cut.shape[:2], 255, np.uint8), onto, cv2.BORDER_CONSTANT)
    return seen, square.mask & (inside > 127)


def _cut(picture: Image, onto: Homography) -> tuple[Image, Homography]:
    """The part of the picture that matters, no finer than the square."""
    corners = onto @ np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]])
    across, down = corners[:2] / corners[2]
    left, right = _between(across, picture.shape[1])
    top, bottom = _between(down, picture.shape[0])
    cut = picture[top:bottom, left:right]
    moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]) @ onto
    longest = max(float(np.hypot(across[0] - across[n], down[0] - down[n])) for n in (1, 2))
    shrink = SIDE / longest if longest > GRAIN * SIDE else 1.0
    if shrink == 1.0:
        return np.ascontiguousarray(cut), moved
    size = (max(round(cut.shape[1] * shrink), 1), max(round(cut.shape[0] * shrink), 1))
    x, y = size[0] / cut.shape[1], size[1] / cut.shape[0]
    small = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5], [0, 0, 1]]) @ moved


def _between(values: NDArray[np.float64], end: int) -> tuple[int, int]:
    low = int(np.clip(np.floor(values.min()) - 1, 0, end - 1))
    return low, int(np.clip(np.ceil(values.max()) + 2, low + 1, end))


def _warp(picture: NDArray[np.uint8], onto: Homography, border: int = cv2.BORDER_REPLICATE) -> NDArray[np.uint8]:
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(picture, onto, (SIDE, SIDE), flags=how, borderMode=border), np.uint8)


def _pixels(shape: tuple[int, ...]) -> Homography:
    """From longer sides to pixel centres of a picture of this shape."""
    longer = float(max(shape[:2]))
    return np.array([[longer, 0, -0.5], [0, longer, -0.5], [0, 0, 1]])
