"""Pictures as video is encoded (I420): conversion, parts of them, layers laid over them. Pure; knows no scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from benchmarks.liveshop.ink import Area, Canvas, Mask

Planes = NDArray[np.uint8]  # (height * 3 / 2, width), I420
Plane = NDArray[np.uint8]  # (height, width)


def to_planes(picture: Canvas) -> Planes:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)


def split(planes: Planes) -> tuple[Plane, Plane, Plane]:
    """Views of luma and of both halved chromas."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    blue, red = planes[height:].reshape(2, height // 2, width // 2)
    return planes[:height], blue, red


def put(planes: Planes, part: Planes, x: int, y: int) -> None:
    """Writes one picture into another, in place, from the even (x, y) on."""
    for whole, piece, half in zip(split(planes), split(part), (1, 2, 2), strict=True):
        top, left = y // half, x // half
        whole[top : top + piece.shape[0], left : left + piece.shape[1]] = piece


def crop(planes: Planes, area: Area) -> tuple[Plane, Plane, Plane]:
    """Views of an even part's luma and chromas."""
    luma, blue, red = split(planes)
    small = slice(area.y // 2, (area.y + area.h) // 2), slice(area.x // 2, (area.x + area.w) // 2)
    return luma[area.y : area.y + area.h, area.x : area.x + area.w], blue[small], red[small]


@dataclass(frozen=True, slots=True)
class Layer:
    """A graphic with its transparency, ready to be laid over planes."""

    colours: tuple[Plane, Plane, Plane]  # times their share
    rests: tuple[Plane, Plane]  # 255 less the share that it hides: of luma, of chroma

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.colours[0].shape[1], self.colours[0].shape[0]


def layer(canvas: Canvas, mask: Mask) -> Layer:
    """`canvas`: even in width and height."""
    luma, blue, red = split(to_planes(canvas))
    small = np.asarray(cv2.resize(mask, (blue.shape[1], blue.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
    colours = tuple(
        np.asarray(cv2.multiply(plane, share, scale=1 / 255), np.uint8)
        for plane, share in ((luma, mask), (blue, small), (red, small))
    )
    return Layer((colours[0], colours[1], colours[2]), (255 - mask, 255 - small))


def lay(planes: Planes, over: Layer, x: int, y: int) -> None:
    """Lays a graphic over the picture, in place, from the even (x, y) on; what sticks out of it is cut off."""
    wholes = split(planes)
    for whole, colour, rest, half in zip(wholes, over.colours, (*over.rests, over.rests[1]), (1, 2, 2), strict=True):
        left, top = x // half, y // half
        spot = whole[max(top, 0) : top + colour.shape[0], max(left, 0) : left + colour.shape[1]]
        if not spot.size:
            continue
        rows, columns = max(-top, 0), max(-left, 0)
        part = slice(rows, rows + spot.shape[0]), slice(columns, columns + spot.shape[1])
        spot[:] = cv2.add(cv2.multiply(spot, rest[part], scale=1 / 255), colour[part])
