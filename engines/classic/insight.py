"""Two prints compared as the trained eye sees them. Arrays only: knows no network, no picture, no product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.classic.colour import Mask
    from engines.classic.eye import Layer, Sight

LEAST = 1.0  # places that must be print before anything is said

Worth = NDArray[np.float32]  # (places,)


def likeness(seen: Sight, true: Sight, mask: Mask) -> float | None:
    """-1..1, each channel against its own mean: a lamp's tint counts for nothing. None: too little is print."""
    told = []
    for one, two in zip(seen.layers, true.layers, strict=True):
        worth = _worth(mask, one)
        if worth.sum() < LEAST:
            return None
        agree = np.einsum("ij,ij->j", _unit(_centred(one, worth)), _unit(_centred(two, worth)))
        told.append(float(agree @ worth / worth.sum()))
    return sum(told) / len(told)


def rather(seen: Sight, one: Sight, two: Sight, mask: Mask) -> float:
    """Which of two look-alikes was seen, by the places where these differ: above 0 the first."""
    told = []
    for view, first, second in zip(seen.layers, one.layers, two.layers, strict=True):
        a, b, c = _unit(view), _unit(first), _unit(second)
        differ = (1 - np.einsum("ij,ij->j", b, c)) * _worth(mask, view)
        total = float(differ.sum())
        told.append(float(np.einsum("ij,ij,j->", a, b - c, differ)) / total if total > 1e-6 else 0.0)
    return sum(told) / len(told)


def _worth(mask: Mask, layer: Layer) -> Worth:
    """How much of each place is print."""
    side = round(layer.shape[1] ** 0.5)
    small = cv2.resize(mask.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).ravel()


def _centred(layer: Layer, worth: Worth) -> Layer:
    return np.asarray(layer - (layer @ worth / worth.sum())[:, None], np.float32)


def _unit(layer: Layer) -> Layer:
    length = np.sqrt(np.einsum("ij,ij->j", layer, layer))
    return np.asarray(layer / np.maximum(length, 1e-6, out=length), np.float32)
