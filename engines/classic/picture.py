"""Catalogue pictures prepared for comparison, and pieces of a frame brought into their shape. Knows no product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.classic.colour import CANVAS, Lab, Mask, foreground, thumbnail, to_lab
from engines.classic.laying import within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import Image
    from engines.classic.laying import Homography


MARGIN = 12  # px of paper kept around a print: nothing that is compared reaches beyond; with 6, words differ by 0.02


@dataclass(frozen=True, slots=True)
class Canvas:
    """A catalogue picture at comparison size, cut to its foreground: of a carton's picture most is paper.

    `outline`: the foreground's corners, in longer sides of the picture; `pixels`: from these to pixel centres here.
    """

    lab: Lab
    mask: Mask
    outline: NDArray[np.float64]  # (4, 2)
    pixels: Homography


def canvas_of(thumb: Image) -> Canvas:
    small = thumbnail(thumb, CANVAS)
    mask = foreground(small)
    y, x = np.nonzero(mask)
    longer = max(small.shape[:2])
    left, right, top, bottom = x.min() / longer, (x.max() + 1) / longer, y.min() / longer, (y.max() + 1) / longer
    outline = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    first = max(x.min() - MARGIN, 0), max(y.min() - MARGIN, 0)
    cut = slice(first[1], y.max() + MARGIN + 1), slice(first[0], x.max() + MARGIN + 1)
    moved = np.array([[1, 0, -first[0]], [0, 1, -first[1]], [0, 0, 1]])
    return Canvas(to_lab(small[cut]), np.ascontiguousarray(mask[cut]), outline, moved @ _pixels(small.shape))


def _pixels(shape: tuple[int, ...]) -> Homography:
    """From longer sides to pixel centres of a picture of this shape."""
    longer = float(max(shape[:2]))
    return np.array([[longer, 0, -0.5], [0, longer, -0.5], [0, 0, 1]])


def seen_through(canvas: Canvas, homography: Homography, thumb: Image) -> tuple[Lab, Mask]:
    """What the frame shows where the picture was laid, in the picture's shape; and which of it is in the frame."""
    height, width = canvas.mask.shape
    onto = _pixels(thumb.shape) @ homography @ np.linalg.inv(canvas.pixels)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(thumb, onto, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE)
    lab = to_lab(np.asarray(seen, np.uint8))
    if within(onto, canvas.mask.shape, thumb.shape):
        return lab, canvas.mask
    whole = np.full(thumb.shape[:2], 255, np.uint8)
    inside = cv2.warpPerspective(whole, onto, (width, height), flags=how)
    return lab, canvas.mask & (np.asarray(inside) > 200)


def laid_out(canvas: Canvas, homography: Homography, other: Canvas) -> tuple[Lab, Mask]:
    """Another catalogue picture laid onto this one."""
    height, width = canvas.mask.shape
    onto = canvas.pixels @ homography @ np.linalg.inv(other.pixels)
    laid = cv2.warpPerspective(other.lab, onto, (width, height), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(other.mask.astype(np.uint8) * 255, onto, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(laid, np.float32), np.asarray(mask) > 200
