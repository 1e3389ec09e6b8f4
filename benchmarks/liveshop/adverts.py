"""Made-up adverts: packages of a foreign world on bright grounds, cut and moved. Pure in time; knows no scene.

Nothing in them is in any catalogue of the live that they break into.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sin
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.liveshop import ink, paint
from benchmarks.liveshop.bodies import Pose, make_body
from benchmarks.liveshop.ink import WHITE, Area, generator, hsv
from benchmarks.liveshop.planes import put, to_planes
from benchmarks.liveshop.products import make_products

if TYPE_CHECKING:
    from benchmarks.liveshop.bodies import Body
    from benchmarks.liveshop.ink import Canvas
    from benchmarks.liveshop.planes import Planes
    from stream.types import Seconds

AD_WORLD = 15_331  # a world of its own, neither a live's nor its shelf's
SHOT_S = 2.6  # from one cut to the next
KEPT = 3
SLOGANS = ("TASTE THE DAY", "SIMPLY MORE", "NOW IN STORES", "YOU DESERVE IT", "NEW RECIPE", "FEEL GOOD AGAIN")


class Shot(NamedTuple):
    rgb: Canvas
    planes: Planes
    bodies: tuple[Body, ...]
    pace: float


def advert(seed: int, start: Seconds, at: Seconds, size: tuple[int, int]) -> Planes:
    """The picture of an advert that began at `start`."""
    shot = _shot(seed, round(start * 10), int((at - start) / SHOT_S), size)
    since = (at - start) % SHOT_S
    planes = shot.planes.copy()
    for place, body in enumerate(shot.bodies):
        _draw(planes, shot, body, _pose(shot, place, since, size))
    return planes


def slide(seed: int, start: Seconds, size: tuple[int, int]) -> Planes:
    """A picture that stands, behind a live that is shown small."""
    return _shot(seed, round(start * 10), 99, size).planes.copy()


@lru_cache(KEPT)
def _shot(seed: int, start: int, number: int, size: tuple[int, int]) -> Shot:
    rng = generator(seed + AD_WORLD, "advert", start, number)
    width, height = size
    hue = float(rng.random())
    canvas = ink.plain(width, height, WHITE)
    style = str(rng.choice(["fade", "rays", "dots", "waves"]))
    ink.ground(canvas, style, hsv(hue, 0.55, 0.85), hsv(hue + 0.1, 0.35, 0.98), rng)
    words = Area(width // 10, height * 5 // 6, width * 4 // 5, height // 12)
    ink.write(canvas, str(rng.choice(SLOGANS)), words, ink.on(hsv(hue, 0.55, 0.85)), ink.FONTS[1])
    products = make_products(seed + AD_WORLD, families=9, siblings=0, unlisted=0)
    count = 1 if width < height else int(rng.integers(1, 3))
    chosen = [products[int(i)] for i in rng.permutation(len(products))[:count]]
    return Shot(canvas, to_planes(canvas), tuple(make_body(p) for p in chosen), float(rng.uniform(0.6, 1.4)))


def _pose(shot: Shot, place: int, since: Seconds, size: tuple[int, int]) -> Pose:
    """Slides in, turns, comes a little nearer."""
    width, height = size
    x = width * (place + 1) / (len(shot.bodies) + 1)
    arriving = max(0.0, 1 - since / 0.5) ** 2
    tall = min(height * 0.55, width * 0.7) * (1 + 0.08 * since * shot.pace)
    yaw = 0.35 * sin(2 * pi * 0.3 * shot.pace * since + place)
    return Pose(x + arriving * width * (0.5 - place), height * 0.44, tall, yaw=yaw, roll=0.04 * sin(2 * since))


def _draw(planes: Planes, shot: Shot, body: Body, pose: Pose) -> None:
    faces = body.faces(pose)
    height, width = shot.rgb.shape[:2]
    area = paint.bounds(faces, width, height)
    if area is None:
        return
    spot = shot.rgb[area.y : area.y + area.h, area.x : area.x + area.w]
    put(planes, to_planes(np.ascontiguousarray(paint.onto(spot, paint.layer(faces, area)))), area.x, area.y)
