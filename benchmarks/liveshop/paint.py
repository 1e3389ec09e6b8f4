"""Layers of premultiplied colour: warping sprites onto them, laying them over pictures. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop.ink import Area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.liveshop.bodies import Face, Sprite
    from benchmarks.liveshop.ink import Canvas


def bounds(faces: Sequence[Face], width: int, height: int, margin: int = 8) -> Area | None:
    """The part of the picture that the faces touch, on even pixels (chroma is halved); None if none."""
    points = np.concatenate([face.quad for face in faces])
    left, top = np.floor(points.min(axis=0)).astype(int) - margin
    right, bottom = np.ceil(points.max(axis=0)).astype(int) + margin
    left, top = max(left, 0) // 2 * 2, max(top, 0) // 2 * 2
    right, bottom = min(right + 1, width) // 2 * 2, min(bottom + 1, height) // 2 * 2
    if right - left < 4 or bottom - top < 4:
        return None
    return Area(int(left), int(top), int(right - left), int(bottom - top))


def layer(faces: Sequence[Face], area: Area) -> Sprite:
    """The faces painted one over the other on a transparent layer that covers `area`."""
    painted = np.zeros((area.h, area.w, 4), np.uint8)
    for face in faces:
        part = bounds([face], area.x + area.w, area.y + area.h, margin=2)
        if part is None:
            continue
        left, top = max(part.x, area.x), max(part.y, area.y)
        wide, high = part.x + part.w - left, part.y + part.h - top
        if wide < 1 or high < 1:
            continue
        spot = painted[top - area.y : top - area.y + high, left - area.x : left - area.x + wide]
        over(spot, warped(face, Area(left, top, wide, high)))
    return painted


def warped(face: Face, area: Area) -> Sprite:
    """The face's sprite as it falls on `area`; shrunk in steps first, so that small print does not crawl."""
    sprite = face.sprite
    reach = float(np.linalg.norm(face.quad[3] - face.quad[0]))
    if reach * 2.2 < sprite.shape[0]:
        sprite = np.asarray(cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    h, w = sprite.shape[:2]
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5
    target = face.quad - np.array([area.x, area.y], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    return np.asarray(cv2.warpPerspective(sprite, matrix, (area.w, area.h), flags=cv2.INTER_LINEAR), np.uint8)


def over(below: Sprite, above: Sprite) -> None:
    """Lays `above` over `below`, in place."""
    rest = cv2.bitwise_not(above[..., 3])
    cv2.multiply(below, cv2.merge([rest] * 4), dst=below, scale=1 / 255)
    cv2.add(below, above, dst=below)


def onto(picture: NDArray[np.uint8], above: Sprite) -> Canvas:
    """`picture` with `above` laid over it; the picture itself is left as it is."""
    rest = cv2.bitwise_not(above[..., 3])
    kept = cv2.multiply(picture, cv2.merge([rest] * 3), scale=1 / 255)
    return np.asarray(cv2.add(kept, above[..., :3]), np.uint8)
