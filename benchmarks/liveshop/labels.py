"""What is printed on a product: its front, its side, what goes round a bottle. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import ink
from benchmarks.liveshop.ink import INK, WHITE, Area, Canvas, Colour, generator, hsv

if TYPE_CHECKING:
    from benchmarks.liveshop.products import Product

FRONT_HEIGHT = 640  # pixels; larger than any product is shown, so that nothing is ever scaled up
LAYOUTS = (  # where brand, name, picture and band stand: top and height as shares of the face
    ((0.05, 0.20), (0.29, 0.10), (0.55, 0.36), (0.43, 0.09)),
    ((0.05, 0.20), (0.61, 0.10), (0.27, 0.33), (0.75, 0.10)),
    ((0.45, 0.21), (0.05, 0.11), (0.18, 0.26), (0.72, 0.10)),
    ((0.26, 0.24), (0.52, 0.11), (0.66, 0.26), (0.08, 0.11)),
)


class Palette:
    """The colours of one design, and those of the product's own flavour."""

    def __init__(self, product: Product, rng: np.random.Generator) -> None:
        light = rng.random() < 0.35
        self.base: Colour = (
            hsv(product.hue, 0.12, 0.96) if light else hsv(product.hue, float(rng.uniform(0.6, 0.95)), 0.72)
        )
        self.second = hsv(product.hue + float(rng.uniform(0.03, 0.12)), 0.55 if light else 0.8, 0.9 if light else 0.5)
        self.panel = WHITE if rng.random() < 0.6 else hsv(product.hue + 0.5, 0.7, 0.35)
        self.logo = (hsv(product.hue + 0.45, 0.8, 0.8), WHITE, hsv(product.hue + 0.08, 0.85, 0.55))
        self.band = hsv(product.accent, 0.85, 0.82)


def front(product: Product, width: int, height: int = FRONT_HEIGHT) -> Canvas:
    """The main face: ground, illustration, brand, name, flavour band, badge and small print."""
    rng = generator(product.design, "front")
    colours = Palette(product, rng)
    canvas = ink.plain(width, height, colours.base)
    ink.ground(canvas, str(rng.choice(ink.GROUNDS)), colours.base, colours.second, rng)
    _speckle(canvas, rng)
    layout = LAYOUTS[int(rng.integers(0, len(LAYOUTS)))]
    brand, name, picture, band = (_strip(part, width, height) for part in layout)
    _illustrate(canvas, picture, rng, product)
    _brand(canvas, product, brand, colours, rng)
    _name(canvas, product, name, colours)
    _band(canvas, product, band, colours, tilt=float(rng.uniform(-0.04, 0.04)))
    _foot(canvas, product, colours, rng)
    return canvas


def _strip(part: tuple[float, float], width: int, height: int) -> Area:
    return Area(0, round(part[0] * height), width, round(part[1] * height))


def side(product: Product, width: int, height: int = FRONT_HEIGHT) -> Canvas:
    """A narrow face: brand sideways, facts table, barcode."""
    rng = generator(product.design, "side")
    colours = Palette(product, generator(product.design, "front"))
    canvas = ink.plain(width, height, colours.base)
    cv2.rectangle(canvas, (0, int(height * 0.05)), (width, int(height * 0.11)), colours.band, -1)
    turned = ink.plain(int(height * 0.34), width, colours.base)
    ink.write(
        turned, product.brand.upper(), Area(4, width // 4, turned.shape[1] - 8, width // 2), ink.on(colours.base)
    )
    canvas[int(height * 0.14) : int(height * 0.14) + turned.shape[1]] = cv2.rotate(turned, cv2.ROTATE_90_CLOCKWISE)
    table = Area(int(width * 0.1), int(height * 0.52), int(width * 0.8), int(height * 0.26))
    cv2.rectangle(canvas, table[:2], (table.x + table.w, table.y + table.h), WHITE, -1)
    ink.small_print(canvas, Area(table.x + 3, table.y + 4, table.w - 6, table.h - 6), 9, INK, rng)
    ink.barcode(canvas, Area(int(width * 0.1), int(height * 0.82), int(width * 0.8), int(height * 0.12)), rng)
    return canvas


def top(product: Product, width: int, height: int) -> Canvas:
    colours = Palette(product, generator(product.design, "front"))
    canvas = ink.plain(width, height, colours.base)
    ink.write(canvas, product.brand, Area(width // 6, height // 4, width * 2 // 3, height // 2), ink.on(colours.base))
    return canvas


def wrap(product: Product, width: int, front_width: int, height: int) -> Canvas:
    """All round a bottle: the front in the middle, small print left and right of it."""
    colours = Palette(product, generator(product.design, "front"))
    canvas = ink.plain(width, height, colours.base)
    rest = (width - front_width) // 2
    facts = side(product, min(rest - 8, height // 3), height)
    canvas[:, 4 : 4 + facts.shape[1]] = facts
    canvas[:, width - 4 - facts.shape[1] : width - 4] = facts
    canvas[:, rest : rest + front_width] = front(product, front_width, height)
    return canvas


def _speckle(canvas: Canvas, rng: np.random.Generator) -> None:
    """The fine unevenness of print on paper."""
    grain = rng.normal(0, 5, canvas.shape[:2])
    canvas[:] = np.clip(canvas + cv2.GaussianBlur(grain, (3, 3), 0.8)[..., None], 0, 255).astype(np.uint8)


def _illustrate(canvas: Canvas, area: Area, rng: np.random.Generator, product: Product) -> None:
    """A picture in the hues of the design: a heap of fruit, a landscape, leaves or bubbles."""
    hue = product.hue + float(rng.uniform(0.25, 0.75))
    draw = (_fruits, _hills, _leaves, _bubbles)[int(rng.integers(0, 4))]
    draw(canvas, area, rng, hue)


def _fruits(canvas: Canvas, area: Area, rng: np.random.Generator, hue: float) -> None:
    count = int(rng.integers(4, 9))
    for i in range(count):
        size = float(rng.uniform(0.2, 0.32)) * min(area.w, area.h)
        x = area.x + area.w * float(rng.uniform(0.16, 0.84))
        y = area.y + area.h * (0.32 + 0.4 * i / count)
        ink.fruit(canvas, x, y, size, hsv(hue + 0.12 * (i % 2), 0.8, float(rng.uniform(0.65, 0.95))), rng)


def _hills(canvas: Canvas, area: Area, rng: np.random.Generator, hue: float) -> None:
    sky = canvas[area.y : area.y + area.h, area.x : area.x + area.w]
    ink.ground(sky, "fade", hsv(hue + 0.5, 0.45, 0.95), hsv(hue, 0.3, 1.0), rng)
    radius = area.h * float(rng.uniform(0.12, 0.22))
    ink.disc(sky, area.w * float(rng.uniform(0.2, 0.8)), area.h * 0.3, radius, radius, hsv(hue + 0.1, 0.8, 1.0))
    x = np.arange(0, area.w + 8, 8)
    for i in range(4):
        wave = np.sin(x / area.w * float(rng.uniform(4, 11)) + float(rng.uniform(0, 6))) * area.h * 0.1
        y = area.h * (0.45 + 0.14 * i) + wave
        outline = np.vstack([np.stack([x, y], axis=1), [[area.w, area.h], [0, area.h]]])
        ink.shape(sky, np.rint(outline * 16).astype(np.int32), hsv(hue + 0.05 * i, 0.75, 0.75 - 0.14 * i))


def _leaves(canvas: Canvas, area: Area, rng: np.random.Generator, hue: float) -> None:
    for _ in range(int(rng.integers(7, 13))):
        x, y = area.x + area.w * float(rng.uniform(0.1, 0.9)), area.y + area.h * float(rng.uniform(0.2, 0.8))
        size, turn = area.h * float(rng.uniform(0.2, 0.38)), float(rng.uniform(0, 6.3))
        ink.shape(canvas, ink.star((x, y), size, size * 0.28, 2, turn), hsv(hue, 0.8, float(rng.uniform(0.35, 0.9))))
        end = (round(x + size * np.cos(turn)), round(y + size * np.sin(turn)))
        cv2.line(canvas, (round(x), round(y)), end, hsv(hue, 0.3, 0.98), 2, cv2.LINE_AA)


def _bubbles(canvas: Canvas, area: Area, rng: np.random.Generator, hue: float) -> None:
    for _ in range(int(rng.integers(10, 22))):
        x, y = area.x + area.w * float(rng.uniform(0.08, 0.92)), area.y + area.h * float(rng.uniform(0.12, 0.88))
        size = area.h * float(rng.uniform(0.04, 0.2))
        ink.disc(canvas, x, y, size, size, hsv(hue + float(rng.uniform(-0.06, 0.06)), 0.7, 0.9))
        ink.disc(canvas, x, y, size * 0.8, size * 0.8, hsv(hue, 0.35, 0.98))
        ink.disc(canvas, x - size * 0.3, y - size * 0.3, size * 0.2, size * 0.15, WHITE, -40)


def _brand(canvas: Canvas, product: Product, strip: Area, colours: Palette, rng: np.random.Generator) -> None:
    """A plate with the emblem and the brand on it."""
    area = Area(int(strip.w * 0.07), strip.y, int(strip.w * 0.86), strip.h)
    corner = (area.x + area.w, area.y + area.h)
    if rng.random() < 0.5:
        cv2.rectangle(canvas, area[:2], corner, colours.panel, -1)
        cv2.rectangle(canvas, area[:2], corner, colours.logo[0], max(2, area.h // 24))
    else:
        x, y = area.x + area.w / 2, area.y + area.h / 2
        ink.disc(canvas, x, y, area.w / 2, area.h / 2, colours.logo[0])
        ink.disc(canvas, x, y, area.w / 2 - 5, area.h / 2 - 5, colours.panel)
    side_px = int(min(area.h * 0.62, area.w * 0.3))
    start = area.x + area.w // 12
    ink.emblem(canvas, Area(start, area.y + (area.h - side_px) // 2, side_px, side_px), colours.logo, rng)
    room = Area(start + side_px + area.w // 30, area.y + area.h // 4, int(area.w * 0.84) - side_px, area.h // 2)
    font = ink.FONTS[int(rng.integers(0, len(ink.FONTS)))]
    brand = product.brand.upper() if rng.random() < 0.5 else product.brand
    ink.write(canvas, brand, room, ink.on(colours.panel), font, stretch=float(rng.uniform(0.85, 1.4)))


def _name(canvas: Canvas, product: Product, strip: Area, colours: Palette) -> None:
    cv2.rectangle(canvas, (0, strip.y), (strip.w, strip.y + strip.h), colours.second, -1)
    room = Area(strip.w // 12, strip.y + strip.h // 6, strip.w * 10 // 12, strip.h * 2 // 3)
    ink.write(canvas, product.kind.name, room, ink.on(colours.second), ink.FONTS[1])


def _band(canvas: Canvas, product: Product, area: Area, colours: Palette, *, tilt: float) -> None:
    """The one thing in which siblings differ: the band's colour and what is on it."""
    lift = round(tilt * area.w)
    corners = [
        (0, area.y + lift),
        (area.w, area.y - lift),
        (area.w, area.y + area.h - lift),
        (0, area.y + area.h + lift),
    ]
    ink.shape(canvas, np.asarray(corners, np.int32) * 16, colours.band)
    room = Area(area.w // 10, area.y + area.h // 5, area.w * 8 // 10, area.h * 3 // 5)
    text = f"{product.band} {product.kind.size}" if product.sized else product.band
    ink.write(canvas, text, room, ink.on(colours.band), ink.FONTS[1])


def _foot(canvas: Canvas, product: Product, colours: Palette, rng: np.random.Generator) -> None:
    """Net weight, small print and, on some, a round badge."""
    h, w = canvas.shape[:2]
    cv2.rectangle(canvas, (0, int(h * 0.92)), (w, h), colours.second, -1)
    colour = ink.on(colours.second)
    ink.write(canvas, product.kind.size, Area(int(w * 0.06), int(h * 0.935), int(w * 0.3), int(h * 0.045)), colour)
    ink.small_print(canvas, Area(int(w * 0.42), int(h * 0.932), int(w * 0.52), int(h * 0.055)), 3, colour, rng)
    if rng.random() < 0.6:
        radius = int(w * 0.10)
        x, y = int(w * float(rng.choice([0.14, 0.86]))), int(h * 0.87)
        ink.disc(canvas, x, y, radius, radius, colours.logo[0])
        word = str(rng.choice(["BIO", "NEW", "0%", "100%", "-30%", "VEGAN"]))
        ink.write(canvas, word, Area(x - radius * 3 // 4, y - radius // 3, radius * 3 // 2, radius * 2 // 3), WHITE)
