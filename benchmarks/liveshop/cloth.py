"""Garments and home textiles: a pattern printed all over, cut to a shape, that folds and swings. Knows no time.

How the cloth falls follows from the pose alone, so that the same moment is always the same picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from benchmarks.liveshop import ink
from benchmarks.liveshop.ink import INK, WHITE, Area, generator, hsv
from benchmarks.liveshop.space import PAD, Face, cut, project, rectangle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.liveshop.ink import Canvas, Colour, Mask
    from benchmarks.liveshop.products import Product
    from benchmarks.liveshop.space import Pose, Quad

HEIGHT = 560  # pixels; larger than any is shown
SWING = 0.035  # of its width: how far the hem swings aside
MOTIFS = 5  # from one edge to the other


class Dyes(NamedTuple):
    """`accent` is the colourway: all that siblings differ in, beside the word."""

    ground: Colour
    motif: Colour
    accent: Colour


class Garment:
    """A cloth that hangs from a hand above, or a cushion held from below."""

    def __init__(self, product: Product) -> None:
        shape = SHAPES[product.kind.name]
        rng = generator(product.design, "cloth")
        self.aspect = shape.aspect
        self.grip = -0.42 if shape.hangs else 0.44
        high, wide = HEIGHT, round(HEIGHT * shape.aspect)
        canvas = printed(product, wide, high)
        light = _folds(rng, wide, high) if shape.hangs else _bulge(wide, high)
        alpha = cv2.GaussianBlur(shape.outline(wide, high), (3, 3), 0.8)
        lit = np.clip(canvas * light[..., None], 0, 255).astype(np.uint8)
        self._sprite = cut(lit, np.asarray(alpha, np.uint8))
        self._hangs = shape.hangs
        y, x = np.mgrid[0 : high + 2 * PAD, 0 : wide + 2 * PAD].astype(np.float32)
        self._x, self._y = x, y
        self._front = rectangle(self.aspect, 1.0)
        self._corners = rectangle(self.aspect, 1.0, grow=PAD / high)

    def faces(self, pose: Pose) -> list[Face]:
        sprite = self._sprite
        if self._hangs:
            down = self._y[:, :1] / HEIGHT
            aside = SWING * HEIGHT * self.aspect * down * np.sin(4 * down + 6 * pose.yaw + 9 * pose.roll)
            shifted = (self._x + aside).astype(np.float32)
            sprite = np.asarray(cv2.remap(sprite, shifted, self._y, cv2.INTER_LINEAR), np.uint8)
        return [Face(sprite, project(self._corners, pose))]

    def outline(self, pose: Pose) -> Quad:
        return project(self._front, pose)


def printed(product: Product, width: int, height: int) -> Canvas:
    """The cloth before it is cut: ground, pattern, what the kind has on it, and the maker's label."""
    rng = generator(product.design, "print")
    light = rng.random() < 0.4
    dyes = Dyes(
        hsv(product.hue, 0.1, 0.95) if light else hsv(product.hue, float(rng.uniform(0.5, 0.9)), 0.55),
        hsv(product.hue + float(rng.uniform(0.1, 0.5)), 0.75, 0.6 if light else 0.9),
        hsv(product.accent, 0.85, 0.8),
    )
    canvas = ink.plain(width, height, dyes.ground)
    ground = str(rng.choice(ink.GROUNDS))
    ink.ground(canvas, ground, dyes.ground, _darker(dyes.ground), rng)
    if product.kind.name == "T-Shirt":
        _chest(canvas, product, dyes, rng)
    else:
        _all_over(canvas, dyes, rng)
        _border(canvas, product, dyes, rng)
    weave = rng.normal(0, 4, canvas.shape[:2])
    return np.clip(canvas + weave[..., None], 0, 255).astype(np.uint8)


def _darker(colour: Colour) -> Colour:
    return round(colour[0] * 0.82), round(colour[1] * 0.82), round(colour[2] * 0.82)


def _all_over(canvas: Canvas, dyes: Dyes, rng: np.random.Generator) -> None:
    """Motifs in staggered rows, every other one in the accent; no two at quite the same angle."""
    height, width = canvas.shape[:2]
    step = width / MOTIFS
    points, inner, size = int(rng.integers(2, 9)), float(rng.uniform(0.2, 0.6)), step * float(rng.uniform(0.34, 0.48))
    ringed = rng.random() < 0.5
    for row in range(int(height / step) + 2):
        for column in range(MOTIFS + 1):
            x, y = (column + 0.5 * (row % 2)) * step, row * step * 0.9
            colour = dyes.accent if (row + column) % 2 else dyes.motif
            turn, much = float(rng.uniform(0, 6.28)), size * float(rng.uniform(0.7, 1.1))
            ink.shape(canvas, ink.star((x, y), much, much * inner, points, turn), colour)
            if ringed:
                ink.disc(canvas, x, y, much * 0.3, much * 0.3, dyes.ground)
                ink.disc(canvas, x, y, much * 0.16, much * 0.16, colour)


def _border(canvas: Canvas, product: Product, dyes: Dyes, rng: np.random.Generator) -> None:
    """A hem in the accent, a panel with emblem and pattern's name, and a sewn label with the brand."""
    height, width = canvas.shape[:2]
    hem = round(width * float(rng.uniform(0.04, 0.08)))
    cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), dyes.accent, hem * 2)
    y, high = round(height * float(rng.uniform(0.3, 0.5))), round(height * 0.2)
    cv2.rectangle(canvas, (0, y), (width, y + high), dyes.motif, -1)
    cv2.rectangle(canvas, (0, y), (width, y + 8), dyes.accent, -1)
    side = round(high * 0.8)
    ink.emblem(canvas, Area(width // 12, y + high // 8, side, side), (dyes.accent, WHITE, dyes.ground), rng)
    room = Area(width // 12 + side + 10, y + high // 4, width - width // 6 - side - 12, high // 2)
    ink.write(canvas, product.band, room, ink.on(dyes.motif), ink.FONTS[int(rng.integers(0, len(ink.FONTS)))])
    _label(
        canvas, product, Area(round(width * 0.62), round(height * 0.86), round(width * 0.26), round(height * 0.06))
    )


def _chest(canvas: Canvas, product: Product, dyes: Dyes, rng: np.random.Generator) -> None:
    """A shirt's front print: stripes or none, a roundel with the emblem, brand and pattern's name."""
    height, width = canvas.shape[:2]
    if rng.random() < 0.5:
        for y in range(0, height, round(height / float(rng.uniform(9, 16)))):
            cv2.rectangle(canvas, (0, y), (width, y + round(height * 0.02)), dyes.motif, -1)
    radius = round(width * float(rng.uniform(0.17, 0.22)))
    x, y = width // 2, round(height * 0.5)
    ink.disc(canvas, x, y, radius * 1.18, radius * 1.18, dyes.accent)
    ink.disc(canvas, x, y, radius * 1.06, radius * 1.06, WHITE)
    ink.emblem(canvas, Area(x - radius, y - radius, 2 * radius, 2 * radius), (dyes.motif, dyes.ground, WHITE), rng)
    font = ink.FONTS[int(rng.integers(0, len(ink.FONTS)))]
    ink.write(canvas, product.brand.upper(), _line(width, height, 0.14, 0.09), ink.on(dyes.ground), font)
    strip = _line(width, height, 0.8, 0.1)
    cv2.rectangle(canvas, strip[:2], (strip.x + strip.w, strip.y + strip.h), dyes.accent, -1)
    inside = Area(strip.x + 8, strip.y + strip.h // 5, strip.w - 16, strip.h * 3 // 5)
    ink.write(canvas, product.band, inside, ink.on(dyes.accent), ink.FONTS[1])


def _line(width: int, height: int, top: float, high: float) -> Area:
    return Area(round(width * 0.28), round(height * top), round(width * 0.44), round(height * high))


def _label(canvas: Canvas, product: Product, area: Area) -> None:
    cv2.rectangle(canvas, area[:2], (area.x + area.w, area.y + area.h), WHITE, -1)
    ink.write(canvas, product.brand, Area(area.x + 4, area.y + 5, area.w - 8, area.h - 10), INK)


def _folds(rng: np.random.Generator, width: int, height: int) -> cv2.typing.MatLike:
    """Light and shade of a cloth that hangs: folds that fan out from above, and softer creases."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width - 0.5, y / height
    fan = np.sin(2 * np.pi * (float(rng.uniform(2.2, 3.6)) * u / (0.6 + 0.6 * v) + float(rng.uniform(0, 1))))
    crease = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 26)
    soft = crease / (np.abs(crease).max() + 1e-6)
    return np.asarray(0.95 + 0.13 * fan * (0.3 + 0.7 * v) + 0.12 * soft, np.float32)


def _bulge(width: int, height: int) -> cv2.typing.MatLike:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width * 2 - 1, y / height * 2 - 1
    return np.asarray(1.06 - 0.3 * u**4 - 0.36 * v**4 + 0.05 * (u + v) * -0.5, np.float32)


def _shirt(width: int, height: int) -> Mask:
    right = [(0.5, 0.07), (0.62, 0.0), (0.78, 0.04), (1.0, 0.3), (0.87, 0.4), (0.79, 0.31), (0.8, 1.0)]
    half = [(x * width, y * height) for x, y in right]
    corners = [*half, *((width - x, y) for x, y in reversed(half[1:]))]
    return _filled(width, height, np.array(corners))


def _sheet(width: int, height: int) -> Mask:
    """A cloth whose hem is not quite straight."""
    x = np.linspace(0, width, 40)
    hem = height * (0.985 + 0.012 * np.sin(x / width * 17))
    return _filled(width, height, np.vstack([[[0, 0], [width, 0]], np.stack([x, hem], axis=1)[::-1]]))


def _pillow(width: int, height: int) -> Mask:
    """Pointed corners, and sides drawn in between them."""
    t = np.linspace(-1, 1, 40)
    bent = 1 - 0.05 * np.cos(t * np.pi / 2)
    sides = [np.stack(p, axis=1) for p in ((t, -bent), (bent, t), (-t, bent), (-bent, -t))]
    return _filled(width, height, (np.vstack(sides) + 1) / 2 * np.array([width, height]))


def _filled(width: int, height: int, corners: NDArray[np.float64]) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask


class Shape(NamedTuple):
    outline: Callable[[int, int], Mask]
    aspect: float
    hangs: bool


SHAPES = {
    "T-Shirt": Shape(_shirt, 1.0, hangs=True),
    "Silk Scarf": Shape(_sheet, 0.6, hangs=True),
    "Cushion": Shape(_pillow, 1.0, hangs=False),
    "Tea Towel": Shape(_sheet, 0.7, hangs=True),
}
