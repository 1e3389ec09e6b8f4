"""Drawing on small canvases: letters, grounds, emblems, illustrations. Pure: same generator, same pixels.

Everything is RGB. Letters come from OpenCV's own fonts: no font file is needed, but OpenCV 4 draws others than 5.
"""

from __future__ import annotations

import colorsys
import zlib
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Canvas = NDArray[np.uint8]  # (height, width, 3), RGB
Mask = NDArray[np.uint8]  # (height, width), 0..255
Colour = tuple[int, int, int]

FONTS = (
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)
WHITE: Colour = (255, 255, 255)
INK: Colour = (34, 32, 38)


class Area(NamedTuple):
    x: int
    y: int
    w: int
    h: int


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Its own stream of numbers for each named thing, so that adding one thing does not change another."""
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in names)])


def hsv(hue: float, saturation: float, value: float) -> Colour:
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, min(saturation, 1.0), min(value, 1.0))
    return round(r * 255), round(g * 255), round(b * 255)


def on(colour: Colour) -> Colour:
    """White or dark: what can be read on this ground."""
    return INK if 0.30 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2] > 150 else WHITE


def plain(width: int, height: int, colour: Colour) -> Canvas:
    return np.full((height, width, 3), colour, np.uint8)


def stain(canvas: Canvas, mask: Mask, colour: Colour, strength: float = 1.0) -> None:
    """Lets colour through the mask, in place."""
    share = (mask.astype(np.float32) * (strength / 255.0))[..., None]
    canvas[:] = np.rint(canvas * (1.0 - share) + np.asarray(colour, np.float32) * share).astype(np.uint8)


def letters(text: str, font: int, height: int) -> Mask:
    """The text's mask, cut to its ink, about `height` pixels high."""
    scale = max(height, 8) / 22.0
    weight = max(1, round(scale * 1.6))
    (width, high), _ = cv2.getTextSize(text, font, scale, weight)
    mask = np.zeros((high * 3 + 40, width + high * 2 + 40), np.uint8)
    cv2.putText(mask, text, (high, high * 2), font, scale, 255, weight, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(mask)
    return mask[y : y + h, x : x + w]


def write(canvas: Canvas, text: str, area: Area, colour: Colour, font: int = FONTS[0], stretch: float = 1.25) -> None:
    """The text as large as the area allows, in its middle; `stretch` bounds how far letters are widened."""
    mask = letters(text, font, area.h)
    high, wide = mask.shape
    scale = min(area.h / high, area.w * stretch / wide)
    size = (max(1, min(area.w, round(wide * scale * stretch))), max(1, round(high * scale)))
    small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)
    x, y = area.x + (area.w - size[0]) // 2, area.y + (area.h - size[1]) // 2
    target = canvas[max(y, 0) : y + size[1], max(x, 0) : x + size[0]]
    stain(target, small[: target.shape[0], : target.shape[1]], colour)


def ground(canvas: Canvas, style: str, first: Colour, second: Colour, rng: np.random.Generator) -> None:
    """Fills the canvas with one of a few printed grounds."""
    h, w = canvas.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    step = float(rng.uniform(26, 60))
    angle = float(rng.uniform(0.3, 1.2))
    match style:
        case "fade":
            share = y / h
        case "stripes":
            share = ((x * np.cos(angle) + y * np.sin(angle)) % step < step * 0.5).astype(np.float32) * 0.55
        case "waves":
            share = (np.sin((y + 14 * np.sin(x / step * 2)) / step * 5) > 0.2).astype(np.float32) * 0.6
        case "dots":
            share = (np.hypot(x % step - step / 2, y % step - step / 2) < step * 0.24).astype(np.float32) * 0.8
        case "rays":
            turn = np.arctan2(y - h * 0.42, x - w * 0.5)
            share = (np.sin(turn * round(400 / step)) > 0).astype(np.float32) * 0.5
        case _:
            share = np.zeros((h, w), np.float32)
    canvas[:] = first
    stain(canvas, np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8), second)


GROUNDS = ("plain", "fade", "stripes", "waves", "dots", "rays")


def star(centre: tuple[float, float], outer: float, inner: float, points: int, turn: float) -> NDArray[np.int32]:
    """Corners of a star, in 1/16 pixels."""
    angles = turn + np.arange(points * 2) * np.pi / points
    radii = np.where(np.arange(points * 2) % 2 == 0, outer, inner)
    xy = np.stack([centre[0] + radii * np.cos(angles), centre[1] + radii * np.sin(angles)], axis=1)
    return np.rint(xy * 16).astype(np.int32)


def shape(canvas: Canvas, corners: NDArray[np.int32], colour: Colour) -> None:
    cv2.fillPoly(canvas, [corners], colour, cv2.LINE_AA, 4)


def disc(canvas: Canvas, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0.0) -> None:
    axes = (max(1, round(rx)), max(1, round(ry)))
    cv2.ellipse(canvas, (round(x), round(y)), axes, turn, 0, 360, colour, -1, cv2.LINE_AA)


def emblem(canvas: Canvas, area: Area, colours: Sequence[Colour], rng: np.random.Generator) -> None:
    """A logo: a badge with a star, rings or petals in it."""
    radius = min(area.w, area.h) / 2
    centre = (area.x + area.w / 2, area.y + area.h / 2)
    points, turn = int(rng.integers(5, 13)), float(rng.uniform(0, 6))
    shape(canvas, star(centre, radius, radius * float(rng.uniform(0.72, 0.95)), points + 6, turn), colours[0])
    disc(canvas, *centre, radius * 0.7, radius * 0.7, colours[1])
    if rng.random() < 0.5:
        shape(canvas, star(centre, radius * 0.6, radius * float(rng.uniform(0.2, 0.4)), points, turn), colours[2])
        return
    for i in range(points):
        around = turn + i * 2 * np.pi / points
        x, y = centre[0] + radius * 0.38 * np.cos(around), centre[1] + radius * 0.38 * np.sin(around)
        disc(canvas, x, y, radius * 0.26, radius * 0.1, colours[2], float(np.degrees(around)))


def fruit(canvas: Canvas, x: float, y: float, size: float, colour: Colour, rng: np.random.Generator) -> None:
    """One round, seeded or leafy thing with a highlight and a shadow side."""
    dark = tuple(round(c * 0.62) for c in colour)
    light = tuple(min(255, round(c * 0.6 + 115)) for c in colour)
    turn, squash = float(rng.uniform(-40, 40)), float(rng.uniform(0.72, 1.0))
    disc(canvas, x + size * 0.05, y + size * 0.06, size, size * squash, (dark[0], dark[1], dark[2]), turn)
    disc(canvas, x - size * 0.03, y - size * 0.03, size * 0.92, size * squash * 0.9, colour, turn)
    for _ in range(int(rng.integers(3, 9))):
        around, far = float(rng.uniform(0, 6.3)), float(rng.uniform(0.15, 0.7)) * size
        disc(canvas, x + far * np.cos(around), y + far * np.sin(around) * squash, size * 0.06, size * 0.1, INK, turn)
    disc(canvas, x - size * 0.35, y - size * 0.35, size * 0.22, size * 0.14, (light[0], light[1], light[2]), -35)
    leaf = star((x + size * 0.25, y - size * squash), size * 0.45, size * 0.12, 2, float(rng.uniform(-1, 0)))
    shape(canvas, leaf, hsv(float(rng.uniform(0.25, 0.4)), 0.75, float(rng.uniform(0.35, 0.6))))


def barcode(canvas: Canvas, area: Area, rng: np.random.Generator) -> None:
    cv2.rectangle(canvas, area[:2], (area.x + area.w, area.y + area.h), WHITE, -1)
    x = area.x + 4
    while x < area.x + area.w - 6:
        width = int(rng.integers(1, 4))
        cv2.rectangle(canvas, (x, area.y + 3), (x + width - 1, area.y + area.h - 10), INK, -1)
        x += width + int(rng.integers(1, 4))
    digits = "".join(str(d) for d in rng.integers(0, 10, 12))
    write(canvas, digits, Area(area.x + 4, area.y + area.h - 8, area.w - 8, 7), INK)


WORDS = (
    *("water", "sugar", "oil", "salt", "extract", "natural", "flavour", "store", "cool", "dry"),
    *("best", "before", "see", "pack", "contains", "traces", "of", "nuts"),
)


def small_print(canvas: Canvas, area: Area, lines: int, colour: Colour, rng: np.random.Generator) -> None:
    step = area.h // max(lines, 1)
    for i in range(lines):
        text = " ".join(str(word) for word in rng.choice(WORDS, 6))
        write(canvas, text, Area(area.x, area.y + i * step, area.w, max(6, round(step * 0.72))), colour)
