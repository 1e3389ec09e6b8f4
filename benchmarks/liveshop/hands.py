"""The host's hands: one that holds a product, one that passes in front of it. Sprites made once, then only warped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop.bodies import Face, Sprite, project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.bodies import Body, Pose

SKIN = (222, 172, 140)
SLEEVE = (70, 84, 120)
WIDEST = 0.82  # of the things a hand reaches round, width by height; no hand is larger
Line = tuple[tuple[int, int], tuple[int, int], int]  # from, to, thickness

# Drawn on a canvas of 400 x 560 on which the product's lower edge is at y = 150 and its middle at x = 200.
ARM: tuple[Line, ...] = (((212, 205), (258, 420), 74),)
CUFF: tuple[Line, ...] = (((248, 390), (292, 620), 104),)
PALM: tuple[Line, ...] = (((150, 130), (262, 128), 84), ((190, 178), (218, 196), 92))
FINGERS: tuple[Line, ...] = (
    ((308, 76), (280, 78), 26),
    ((312, 104), (276, 104), 28),
    ((310, 133), (278, 131), 28),
    ((302, 161), (278, 157), 25),
)
THUMB: tuple[Line, ...] = (((94, 158), (122, 108), 31),)
OPEN: tuple[Line, ...] = (
    ((130, 330), (270, 330), 120),
    ((110, 300), (88, 130), 44),
    ((165, 280), (160, 70), 46),
    ((222, 280), (232, 66), 46),
    ((278, 300), (304, 118), 42),
    ((90, 370), (20, 280), 48),
    ((200, 380), (190, 600), 130),
)


def flesh(lines: Sequence[Line], colour: tuple[int, int, int], size: tuple[int, int] = (400, 560)) -> Sprite:
    """Rounded limbs, lit from the front: darker where they turn away."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    ridge = np.zeros((size[1], size[0]), np.float32)
    for start, end, thickness in lines:
        one = np.zeros_like(mask)
        cv2.line(one, start, end, 255, thickness, cv2.LINE_AA)
        depth = cv2.distanceTransform((one > 127).astype(np.uint8), cv2.DIST_L2, 5) / (thickness / 2)
        ridge = np.where(one > 127, np.maximum(depth, ridge * 0.75), ridge).astype(np.float32)
        mask = np.maximum(mask, one)
    light = 0.62 + 0.42 * np.sqrt(np.clip(cv2.GaussianBlur(ridge, (7, 7), 2), 0, 1))
    share = cv2.GaussianBlur(mask, (3, 3), 0.8)
    lit = np.clip(np.asarray(colour) * light[..., None], 0, 255) * (share[..., None] / 255.0)
    return np.dstack([np.rint(lit).astype(np.uint8), share])


def stacked(*sprites: Sprite) -> Sprite:
    """Sprites of one size laid over each other, first at the bottom."""
    made = sprites[0].astype(np.float32)
    for sprite in sprites[1:]:
        made = (sprite + made * (1 - sprite[..., 3:].astype(np.float32) / 255)).astype(np.float32)
    return np.rint(made).astype(np.uint8)


@cache
def _sprites() -> tuple[Sprite, Sprite, Sprite]:
    behind = stacked(flesh(ARM, SKIN), flesh(CUFF, SLEEVE), flesh(PALM, SKIN))
    return behind, flesh((*FINGERS, *THUMB), SKIN), flesh(OPEN, SKIN)


def holding(body: Body, pose: Pose) -> tuple[Face, Face]:
    """The part of the hand behind the product, and the fingers in front: of its lower edge, or its upper."""
    behind, before, _ = _sprites()
    scale = 210 / min(body.aspect, WIDEST)  # canvas pixels per product height: the fingers reach round its edges
    corners = np.array([[-200, -150], [200, -150], [200, 410], [-200, 410]], np.float64) / scale
    over = corners * ([1, -1] if body.grip < 0 else [1, 1])  # from above, fingers point down
    flat = pose._replace(yaw=0.0, pitch=0.0)
    edge = np.array([0, body.grip])
    one, other = (project(np.column_stack([at + edge, np.zeros(4)]), flat) for at in (corners, over))
    return Face(behind, one), Face(before, other)


def passing(pose: Pose, share: float, reach: float) -> Face:
    """The other hand, flat, wiping over the lower part of the product; `reach`: how much of its height it hides."""
    _, _, sprite = _sprites()
    size = pose.height / 560
    x = pose.x + pose.height * 0.95 * (2 * share - 1)
    y = pose.y + pose.height * (0.5 - reach)
    corners = np.array([[-200, -66], [200, -66], [200, 494], [-200, 494]], np.float32) * size
    return Face(sprite, (corners + np.array([x, y], np.float32)).astype(np.float32))
