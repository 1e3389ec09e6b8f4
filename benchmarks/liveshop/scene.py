"""What stands still: the shop behind the host, the host, the table, the banner. Drawn once for a live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import ink, labels
from benchmarks.liveshop.hands import SKIN, SLEEVE, flesh, stacked
from benchmarks.liveshop.ink import INK, WHITE, Area, Canvas, generator, hsv
from benchmarks.liveshop.products import make_products
from benchmarks.liveshop.show import HEIGHT, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANNER = Area(36, 628, 470, 66)  # the lower third: always in front
FOREIGN = 7919  # what lies on the shelf comes from a world of its own, so that no scored product is among it
PHASES = 9  # pictures of the host swaying, one pixel apart


def backdrops(seed: int) -> list[Canvas]:
    """The whole scene, once for each of PHASES steps of the host's sway."""
    rng = generator(seed, "scene")
    wall = _wall(rng)
    _shelf(wall, seed + FOREIGN, rng)
    _plant(wall, rng)
    _poster(wall, rng)
    wall = np.asarray(cv2.GaussianBlur(wall, (5, 5), 1.4), np.uint8)  # a little out of focus
    host = _host(rng)
    table = _table(rng)
    return [_compose(wall, host, table, step - PHASES // 2) for step in range(PHASES)]


def _wall(rng: np.random.Generator) -> Canvas:
    canvas = ink.plain(WIDTH, HEIGHT, WHITE)
    hue = float(rng.random())
    ink.ground(canvas, "fade", hsv(hue, 0.12, 0.86), hsv(hue, 0.22, 0.62), rng)
    grain = cv2.GaussianBlur(rng.normal(0, 30, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 9)
    return np.asarray(np.clip(canvas + grain[..., None] * 3, 0, 255), np.uint8)


def _shelf(canvas: Canvas, seed: int, rng: np.random.Generator) -> None:
    """Boards full of other people's packages."""
    fronts = [labels.front(product, 190, 280) for product in make_products(seed, families=14, siblings=0, unlisted=0)]
    for base in (150, 300, 450):
        x = 16
        while x < WIDTH - 90:
            if not 500 < x < 760:  # the host stands there
                height = int(rng.integers(74, 122))
                width = int(height * rng.uniform(0.55, 0.85))
                box = cv2.resize(
                    fronts[int(rng.integers(0, len(fronts)))], (width, height), interpolation=cv2.INTER_AREA
                )
                width = min(width, WIDTH - x)
                canvas[base - height : base, x : x + width] = cv2.convertScaleAbs(box[:, :width], alpha=0.8)
            x += int(rng.integers(62, 120))
        cv2.rectangle(canvas, (0, base), (WIDTH, base + 12), (124, 92, 66), -1)
        cv2.rectangle(canvas, (0, base + 12), (WIDTH, base + 17), (80, 58, 42), -1)


def _plant(canvas: Canvas, rng: np.random.Generator) -> None:
    for _ in range(26):
        around, size = float(rng.uniform(-2.9, -0.2)), float(rng.uniform(60, 170))
        leaf = ink.star((1160 + 0.4 * size * np.cos(around), 500 + 0.6 * size * np.sin(around)), size, 9, 2, around)
        ink.shape(canvas, leaf, hsv(float(rng.uniform(0.27, 0.38)), 0.7, float(rng.uniform(0.25, 0.55))))
    cv2.rectangle(canvas, (1110, 500), (1210, 600), (150, 84, 60), -1)


def _poster(canvas: Canvas, rng: np.random.Generator) -> None:
    area = Area(40, 320, 170, 210)
    poster = ink.plain(area.w, area.h, hsv(float(rng.random()), 0.5, 0.9))
    ink.ground(poster, "rays", hsv(float(rng.random()), 0.5, 0.9), WHITE, rng)
    ink.write(poster, "SALE", Area(15, 30, 140, 60), (190, 20, 40), ink.FONTS[1])
    ink.write(poster, "-50%", Area(15, 110, 140, 70), INK, ink.FONTS[1])
    canvas[area.y : area.y + area.h, area.x : area.x + area.w] = poster


def _host(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A vague person, as a sprite as large as the picture."""
    shirt = hsv(float(rng.random()), 0.45, 0.6)
    size = (WIDTH, HEIGHT)
    torso = flesh((((560, 470), (720, 470), 170), ((640, 480), (640, 760), 300)), shirt, size)
    neck = flesh((((640, 320), (640, 390), 80),), SKIN, size)
    hair = flesh(
        (((600, 190), (680, 190), 150), ((570, 220), (575, 350), 70), ((705, 350), (710, 220), 70)), INK, size
    )
    face = flesh((((640, 205), (640, 265), 135),), SKIN, size)
    arm = flesh((((500, 500), (420, 700), 90),), SLEEVE, size)
    drawn = stacked(hair, neck, torso, arm, face)
    for x in (618, 662):
        cv2.circle(drawn, (x, 222), 6, (40, 34, 40, 255), -1, cv2.LINE_AA)
    cv2.ellipse(drawn, (640, 272), (20, 9), 0, 10, 170, (150, 60, 70, 255), 4, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(drawn, (5, 5), 1.2), np.uint8)


def _table(rng: np.random.Generator) -> Canvas:
    canvas = ink.plain(WIDTH, 110, WHITE)
    ink.ground(canvas, "fade", (196, 160, 122), (138, 104, 76), rng)
    for _ in range(40):
        y = int(rng.integers(0, 110))
        cv2.line(canvas, (0, y), (WIDTH, y + int(rng.integers(-6, 7))), (150, 116, 84), 1, cv2.LINE_AA)
    return canvas


def _compose(wall: Canvas, host: NDArray[np.uint8], table: Canvas, sway: int) -> Canvas:
    canvas = wall.copy()
    moved = np.roll(host, sway, axis=1)
    share = moved[..., 3:].astype(np.float32) / 255
    canvas[:] = np.rint(canvas * (1 - share) + moved[..., :3]).astype(np.uint8)
    canvas[HEIGHT - table.shape[0] :] = table
    _banner(canvas)
    return canvas


def _banner(canvas: Canvas) -> None:
    """The lower third and the LIVE badge, as the platform lays them over the picture."""
    cv2.rectangle(canvas, BANNER[:2], (BANNER.x + BANNER.w, BANNER.y + BANNER.h), (30, 30, 44), -1)
    cv2.rectangle(canvas, BANNER[:2], (BANNER.x + 10, BANNER.y + BANNER.h), (230, 60, 90), -1)
    ink.write(canvas, "THE LIVE SHOP", Area(BANNER.x + 24, BANNER.y + 10, 270, 26), WHITE, ink.FONTS[1])
    ink.write(canvas, "today's finds, picked by Mia", Area(BANNER.x + 24, BANNER.y + 42, 270, 15), (190, 190, 200))
    ink.write(canvas, "20:15", Area(BANNER.x + BANNER.w - 120, BANNER.y + 16, 100, 34), WHITE, ink.FONTS[1])
    cv2.rectangle(canvas, (1160, 20), (1252, 54), (220, 30, 50), -1)
    ink.write(canvas, "LIVE", Area(1176, 27, 60, 20), WHITE, ink.FONTS[1])
