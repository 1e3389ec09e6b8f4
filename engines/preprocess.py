"""Pixels to a model's input, as Pillow and torchvision would do it. Knows no model, no file and no thread.

A resize is two small matrix products, one an axis, with the very weights that Pillow's antialiased filters use, cut
into bands because a row of weights is nearly all zeros. OpenCV's own filters are not what models were trained on:
INTER_CUBIC does not antialias, INTER_AREA is another kernel. Against torchvision on 60 photographs at 224, 256 and
384 px the lowest cosine of the input is 0.9999 here, 0.9997 with INTER_AREA and 0.9976 with INTER_CUBIC, and
from 640x360 this takes less time than INTER_AREA. What is left is Pillow's rounding and clipping between the axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engines.errors import EngineError

if TYPE_CHECKING:
    from engines.base import Image, Places

Planes = NDArray[np.float32]  # (3, size, size), one picture of a model's input
Curve = NDArray[np.float64]  # kernel values, the shape of what went in

BAND = 16  # output lines a product: small enough to skip the zeros, large enough to keep BLAS busy
PLANS = 16  # shapes of picture remembered; a worker's livestreams have a handful
SHARPNESS = -0.5  # Pillow's cubic; OpenCV uses -0.75

Channel = Annotated[float, Field(ge=-1000, le=1000)]
Spread = Annotated[float, Field(gt=1e-6, le=1000)]


class Preprocess(BaseModel):
    """How a picture becomes a model's input; part of a bundle. The words are open_clip's."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    size: int = Field(ge=16, le=2048)
    resize: Literal["shortest", "longest", "squash"]
    interpolation: Literal["bicubic", "bilinear"]
    mean: tuple[Channel, Channel, Channel]
    std: tuple[Spread, Spread, Spread]
    fill: int = Field(default=0, ge=0, le=255)
    pixel_max: Literal[1, 255] = 1


class Axis(NamedTuple):
    """One side of a picture: `full` pixels become `scaled`, of which `kept` from `first` on are used at `pad`."""

    full: int
    scaled: int
    first: int
    kept: int
    pad: int


class Band(NamedTuple):
    """A few output lines and the input lines they are made of."""

    at: int
    low: int
    high: int
    weights: NDArray[np.float32]  # (lines, high - low), each row sums to one


@dataclass(frozen=True, slots=True)
class Plan:
    rows: Axis
    columns: Axis
    down: tuple[Band, ...]
    across: tuple[Band, ...]


class Preparer:
    """Holds plans and scratch memory; one caller thread."""

    def __init__(self, how: Preprocess) -> None:
        self._how = how
        self._plan = lru_cache(maxsize=PLANS)(self._make_plan)
        self._scratch = np.empty(0, np.float32)
        mean, std = np.array(how.mean), np.array(how.std)
        self._gain = (how.pixel_max / 255 / std).astype(np.float32).reshape(3, 1, 1)
        self._offset = (-mean / std).astype(np.float32).reshape(3, 1, 1)

    def prepare(self, image: Image, out: Planes) -> None:
        """Writes one picture into `out`."""
        height, width = _checked(image)
        plan = self._plan(height, width)
        rows, columns = plan.rows, plan.columns
        inside = out[:, rows.pad : rows.pad + rows.kept, columns.pad : columns.pad + columns.kept]
        if inside.shape != out.shape:
            out[:] = self._how.fill
        self._resize(image, plan, inside)
        np.clip(inside, 0, 255, out=inside)  # a cubic overshoots beside an edge
        out *= self._gain
        out += self._offset

    def places(self, shape: tuple[int, ...], grid: tuple[int, int]) -> tuple[Places, NDArray[np.bool_]]:
        """Where a model's patches (row by row) sit in a picture of this shape, and which of them lie inside it."""
        plan, size = self._plan(shape[0], shape[1]), self._how.size
        y = _shares(plan.rows, size, grid[0])
        x = _shares(plan.columns, size, grid[1])
        cell = max(
            size / grid[0] * plan.rows.full / plan.rows.scaled,
            size / grid[1] * plan.columns.full / plan.columns.scaled,
        )
        places = np.zeros((grid[0] * grid[1], 4), np.float32)
        places[:, 0], places[:, 1] = np.tile(x, grid[0]), np.repeat(y, grid[1])
        places[:, 2] = cell / max(shape[:2])
        inside = np.all((places[:, :2] >= 0) & (places[:, :2] <= 1), axis=1)
        return places, inside

    def _make_plan(self, height: int, width: int) -> Plan:
        rows, columns = axes(height, width, self._how)
        kind = self._how.interpolation
        return Plan(rows, columns, bands(rows, kind), bands(columns, kind))

    def _resize(self, image: Image, plan: Plan, out: Planes) -> None:
        left, right = plan.across[0].low, plan.across[-1].high
        middle, source = self._room(plan, right - left)
        for at, low, high, weights in plan.down:
            lines = source[:, : high - low]
            np.copyto(lines, image[low:high, left:right].transpose(2, 0, 1))
            np.matmul(weights, lines, out=middle[:, at : at + len(weights)])
        for at, low, high, weights in plan.across:
            out[:, :, at : at + len(weights)] = middle[:, :, low - left : high - left] @ weights.T

    def _room(self, plan: Plan, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two areas of the scratch memory, which grows to the largest picture met."""
        tallest = max(band.high - band.low for band in plan.down)
        first, second = 3 * plan.rows.kept * width, 3 * tallest * width
        if self._scratch.size < first + second:
            self._scratch = np.empty(first + second, np.float32)
        middle = self._scratch[:first].reshape(3, plan.rows.kept, width)
        return middle, self._scratch[first : first + second].reshape(3, tallest, width)


def axes(height: int, width: int, how: Preprocess) -> tuple[Axis, Axis]:
    """Sizes and crops with the same rounding as open_clip's transform."""
    size = how.size
    if how.resize == "squash":
        return Axis(height, size, 0, size, 0), Axis(width, size, 0, size, 0)
    if how.resize == "shortest":
        shorter = min(height, width)
        return _axis(height, int(size * height / shorter), size), _axis(width, int(size * width / shorter), size)
    ratio = max(height, width) / size
    return _axis(height, max(1, round(height / ratio)), size), _axis(width, max(1, round(width / ratio)), size)


def _axis(full: int, scaled: int, size: int) -> Axis:
    if scaled >= size:
        return Axis(full, scaled, round((scaled - size) / 2), size, 0)
    return Axis(full, scaled, 0, scaled, (size - scaled) // 2)


def bands(axis: Axis, interpolation: str) -> tuple[Band, ...]:
    curve, reach = (_cubic, 2.0) if interpolation == "bicubic" else (_triangle, 1.0)
    step = axis.full / axis.scaled
    stretch = max(step, 1.0)  # shrinking widens the kernel: that is the antialiasing
    out = []
    for at in range(0, axis.kept, BAND):
        lines = np.arange(at, min(at + BAND, axis.kept))
        centres = (axis.first + lines + 0.5) * step
        low = np.maximum((centres - reach * stretch + 0.5).astype(int), 0)
        high = np.minimum((centres + reach * stretch + 0.5).astype(int), axis.full)
        pixels = np.arange(low[0], high[-1])
        weights = curve((pixels - centres[:, None] + 0.5) / stretch)
        weights *= (pixels >= low[:, None]) & (pixels < high[:, None])
        weights /= weights.sum(axis=1, keepdims=True)
        out.append(Band(at, int(low[0]), int(high[-1]), weights.astype(np.float32)))
    return tuple(out)


def _cubic(x: Curve) -> Curve:
    x, a = np.abs(x), SHARPNESS
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _triangle(x: Curve) -> Curve:
    return np.maximum(0.0, 1.0 - np.abs(x))


def _shares(axis: Axis, size: int, cells: int) -> NDArray[np.float64]:  # (cells,)
    centres = (np.arange(cells) + 0.5) * size / cells
    return np.asarray((centres - axis.pad + axis.first) / axis.scaled)


def _checked(image: Image) -> tuple[int, int]:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise EngineError(f"image of shape {image.shape} and type {image.dtype}: give RGB uint8, (height, width, 3)")
    return image.shape[0], image.shape[1]
