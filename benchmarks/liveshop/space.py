"""Poses, the mild perspective they are seen in, and sprites with the place of their corners. Knows no product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from benchmarks.liveshop.ink import Canvas

Sprite = NDArray[np.uint8]  # (height, width, 4), RGB times alpha, alpha
Quad = NDArray[np.float32]  # (4, 2): where a sprite's corners land, from top left, clockwise
Points = NDArray[np.float64]  # (n, 3)

EYE = 5.0  # how far the camera stands from a product, in product heights: a mild perspective
PAD = 2  # transparent pixels round a sprite, so that warped edges come out smooth


class Pose(NamedTuple):
    """Centre and height of the front in pixels; angles in radians: about the upright, the level and the view axis."""

    x: float
    y: float
    height: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Face:
    """A picture and where its corners go. `sprite` is larger than the face by PAD on each side, and so is `quad`."""

    sprite: Sprite
    quad: Quad


def project(points: Points, pose: Pose) -> NDArray[np.float32]:
    """Model points (heights; y down, z towards the camera) to pixels."""
    turned = points @ rotation(pose).T
    scale = pose.height * EYE / (EYE - turned[:, 2])
    return np.stack([pose.x + scale * turned[:, 0], pose.y + scale * turned[:, 1]], axis=1).astype(np.float32)


def rotation(pose: Pose) -> NDArray[np.float64]:
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (pose.yaw, pose.pitch, pose.roll))
    about_upright = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_level = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_view = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_view @ about_level @ about_upright)


def rectangle(width: float, height: float, z: float = 0.0, grow: float = 0.0) -> Points:
    """Corners of an upright rectangle about the origin, `grow` larger on each side."""
    x, y = width / 2 + grow, height / 2 + grow
    return np.array([[-x, -y, z], [x, -y, z], [x, y, z], [-x, y, z]])


def solid(canvas: Canvas, light: float = 1.0) -> Sprite:
    """An opaque sprite with its transparent border; `light` darkens or brightens it."""
    lit = cv2.convertScaleAbs(canvas, alpha=light)
    full = np.full(canvas.shape[:2], 255, np.uint8)
    return bordered(np.dstack([lit, full]))


def bordered(sprite: Sprite) -> Sprite:
    return np.asarray(
        cv2.copyMakeBorder(sprite, PAD, PAD, PAD, PAD, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)), np.uint8
    )


def cut(lit: Canvas, alpha: NDArray[np.uint8]) -> Sprite:
    """A sprite from colours and their alpha, with its transparent border."""
    share = alpha.astype(np.float32)[..., None] / 255.0
    sprite = np.dstack([np.rint(lit * share).astype(np.uint8), alpha])
    return bordered(sprite)
