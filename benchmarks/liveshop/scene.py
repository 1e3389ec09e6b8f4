"""What stands still: the shop behind the host, the host, the table and what is on it, the banner. Drawn once for as
long as nothing of it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import ink, labels, paint
from benchmarks.liveshop.bodies import Face, make_body
from benchmarks.liveshop.hands import SKIN, SLEEVE, flesh, stacked
from benchmarks.liveshop.ink import INK, WHITE, Area, Canvas, generator, hsv
from benchmarks.liveshop.products import make_products
from benchmarks.liveshop.show import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.liveshop.show import Show, Still
    from stream.types import Seconds

BANNER = Area(36, 628, 470, 66)  # the lower third: always in front
FOREIGN = 7919  # what lies on the shelf comes from a world of its own, so that no scored product is among it
PHASES = 9  # pictures of the host swaying, one pixel apart


class Scenery:
    """A show's scene as it stands at any moment. Keeps the last one, so that asking in order of time is quick."""

    def __init__(self, show: Show) -> None:
        shelf = [item for item in show.still if item.why == "shelf"]
        self._table = sorted((i for i in show.still if i.why != "shelf"), key=lambda item: item.pose.y)
        self._banner = show.programme.plain  # a programme of its own has its own graphics
        self._empty = backdrops(show.seed, shelf, banner=self._banner)
        self._lying: list[Still] = []
        self._filled = self._empty

    def at(self, at: Seconds) -> list[Canvas]:
        """The whole scene, once for each of PHASES steps of the host's sway: the same list while nothing changes."""
        lying = [item for item in self._table if item.start <= at < item.stop]
        if lying != self._lying:
            self._lying = lying
            self._filled = self._with(lying) if lying else self._empty
        return self._filled

    def _with(self, lying: Sequence[Still]) -> list[Canvas]:
        filled = [canvas.copy() for canvas in self._empty]
        for item in lying:
            stand(filled, item)
        if self._banner:
            for canvas in filled:
                _banner(canvas)
        return filled


def backdrops(seed: int, shelf: Sequence[Still] = (), *, banner: bool = True) -> list[Canvas]:
    """The whole scene but the table's load, once for each of PHASES steps of the host's sway."""
    rng = generator(seed, "scene")
    wall = _wall(rng)
    _shelf(wall, seed + FOREIGN, rng)
    for item in shelf:
        stand([wall], item, light=0.8)
    _plant(wall, rng)
    _poster(wall, rng)
    wall = np.asarray(cv2.GaussianBlur(wall, (5, 5), 1.4), np.uint8)  # a little out of focus
    host = _host(rng)
    table = _table(rng)
    made = [_compose(wall, host, table, step - PHASES // 2) for step in range(PHASES)]
    if banner:
        for canvas in made:
            _banner(canvas)
    return made


def stand(canvases: Sequence[Canvas], item: Still, light: float = 0.94) -> None:
    """Draws a product that is merely there, with its shadow, on each of some pictures."""
    faces = make_body(item.product).faces(item.pose)
    quads = np.concatenate([face.quad for face in faces])
    (left, _), (right, foot) = quads.min(axis=0), quads.max(axis=0)
    middle = (float(left + right) / 2, float(foot) - 3)
    faces = [_shadow(middle, float(right - left)), *faces]
    area = paint.bounds(faces, WIDTH, HEIGHT)
    if area is None:
        return
    drawn = paint.layer(faces, area)
    drawn[..., :3] = cv2.convertScaleAbs(drawn[..., :3], alpha=light)
    for canvas in canvases:
        spot = canvas[area.y : area.y + area.h, area.x : area.x + area.w]
        spot[:] = paint.onto(spot, drawn)


def _shadow(middle: tuple[float, float], width: float) -> Face:
    sprite = np.zeros((64, 256, 4), np.uint8)
    cv2.ellipse(sprite, (128, 32), (108, 18), 0, 0, 360, (0, 0, 0, 120), -1, cv2.LINE_AA)
    sprite = np.asarray(cv2.GaussianBlur(sprite, (0, 0), 6), np.uint8)
    half_w, half_h = width * 0.62, 13.0
    (x, y) = middle
    corners = [[x - half_w, y - half_h], [x + half_w, y - half_h], [x + half_w, y + half_h], [x - half_w, y + half_h]]
    return Face(sprite, np.array(corners, np.float32))


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
