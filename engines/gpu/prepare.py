"""Pixels to a model's input on the device: raw bytes go up, the resize is two matrix products there. Needs torch.

The weights are those of `engines.preprocess`, so what a model sees does not depend on where it runs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from engines.errors import EngineError
from engines.preprocess import Axis, Preprocess, axes, bands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engines.base import Image

SHAPES = 16  # of pictures remembered; a worker's livestreams have a handful


class Fit(NamedTuple):
    """How pictures of one shape become the input."""

    rows: Axis
    columns: Axis
    down: Tensor  # (kept rows, height)
    across: Tensor  # (width, kept columns)


class DevicePreparer:
    """Holds weights, and memory that grows to the largest batch of pictures met; one caller thread."""

    def __init__(self, how: Preprocess, device: torch.device) -> None:
        self._how = how
        self._device = device
        self._fit = lru_cache(maxsize=SHAPES)(self._make_fit)
        self._staged = torch.empty(0, dtype=torch.uint8)
        self._raw = torch.empty(0, dtype=torch.uint8, device=device)
        mean, std = np.array(how.mean), np.array(how.std)
        self._gain = self._column(how.pixel_max / 255 / std)
        self._offset = self._column(-mean / std)

    def prepare(self, images: Sequence[Image], out: Tensor) -> None:
        """Writes pictures into the first rows of `out`; queued on the current stream.

        Before the next call the stream must have caught up: the memory that pictures go up from is used again.
        """
        self._grow(sum(image.size for image in images))
        at = 0
        for first, last in _runs(images):
            count, shape = last - first, _checked(images[first])
            size = count * shape[0] * shape[1] * 3
            staged = self._staged[at : at + size].view(count, *shape, 3)
            np.stack(images[first:last], out=staged.numpy())
            raw = self._raw[at : at + size].view(count, *shape, 3)
            raw.copy_(staged, non_blocking=True)
            self._resize(raw, self._fit(*shape), out[first:last])
            at += size

    def _resize(self, raw: Tensor, fit: Fit, out: Tensor) -> None:
        rows, columns = fit.rows, fit.columns
        pixels = raw.permute(0, 3, 1, 2).to(torch.float32)
        scaled = torch.matmul(torch.matmul(fit.down, pixels), fit.across).clamp_(0, 255)  # a cubic overshoots
        inside = out[:, :, rows.pad : rows.pad + rows.kept, columns.pad : columns.pad + columns.kept]
        if inside.shape != out.shape:
            out.fill_(self._how.fill)
        inside.copy_(scaled)
        out.mul_(self._gain).add_(self._offset)

    def _grow(self, size: int) -> None:
        if self._staged.numel() < size:
            self._staged = torch.empty(size, dtype=torch.uint8, pin_memory=self._device.type == "cuda")
            self._raw = torch.empty(size, dtype=torch.uint8, device=self._device)

    def _make_fit(self, height: int, width: int) -> Fit:
        rows, columns = axes(height, width, self._how)
        down = torch.from_numpy(_whole(rows, self._how.interpolation)).to(self._device)
        across = torch.from_numpy(_whole(columns, self._how.interpolation)).to(self._device)
        return Fit(rows, columns, down, across.T.contiguous())

    def _column(self, values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self._device).view(3, 1, 1)


def _whole(axis: Axis, interpolation: str) -> NDArray[np.float32]:
    """One matrix, zeros and all: a GPU is faster at multiplying by zero than at stepping over it."""
    weights = np.zeros((axis.kept, axis.full), np.float32)
    for band in bands(axis, interpolation):
        weights[band.at : band.at + len(band.weights), band.low : band.high] = band.weights
    return weights


def _runs(images: Sequence[Image]) -> Iterator[tuple[int, int]]:
    """Neighbours of one shape, which go through together."""
    first = 0
    for at in range(1, len(images) + 1):
        if at == len(images) or images[at].shape != images[first].shape:
            yield first, at
            first = at


def _checked(image: Image) -> tuple[int, int]:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise EngineError(f"image of shape {image.shape} and type {image.dtype}: give RGB uint8, (height, width, 3)")
    return image.shape[0], image.shape[1]
