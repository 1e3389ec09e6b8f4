"""The camera: a show's moment to a picture as video is encoded (I420), with blur, flicker and noise. Pure in time.

Only what changes is drawn: the scene is kept as it will be encoded, and a product's surroundings are laid over it.
"""

from __future__ import annotations

from math import pi, sin
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import hands, paint, scene
from benchmarks.liveshop.bodies import make_body
from benchmarks.liveshop.ink import Area, generator
from benchmarks.liveshop.show import FPS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.liveshop.bodies import Body, Sprite
    from benchmarks.liveshop.show import Introduction, Show

    Planes = NDArray[np.uint8]  # (height * 3 / 2, width), I420

NOISE = 2.2  # grey levels, standard deviation
NOISES = 5  # noise pictures taken in turn, each shifted by another step: no two frames are alike
SHUTTER = 0.4  # share of a frame's time that the shutter is open
MAX_BLUR = 11  # pixels


class Camera:
    """Takes pictures of one show. `picture` may be asked for any frame in any order and gives the same pixels."""

    def __init__(self, show: Show) -> None:
        cv2.setNumThreads(1)  # a renderer is one core's worth of work, beside whoever watches
        self._show = show
        self._scenery = scene.Scenery(show)
        self._rgb = self._scenery.at(0)
        self._planes = [to_planes(picture) for picture in self._rgb]
        rng = generator(show.seed, "noise")
        self._noise = [_grain(rng) for _ in range(NOISES)]
        self._rolls = rng.integers(0, HEIGHT, show.frames).tolist()
        self._bodies: dict[str, Body] = {}

    def picture(self, frame: int) -> Planes:
        at = frame / FPS
        self._set(at)
        phase = round((scene.PHASES - 1) / 2 * (1 + sin(2 * pi * 0.19 * at)))
        planes = self._planes[phase].copy()
        for introduction in self._show.introductions:
            self._draw(planes, self._rgb[phase], introduction, at)
        self._expose(planes, frame)
        return planes

    def _set(self, at: float) -> None:
        """The scene as it stands now; encoded anew only when something of it has changed."""
        stands = self._scenery.at(at)
        if stands is not self._rgb:
            self._rgb, self._planes = stands, [to_planes(picture) for picture in stands]

    def _draw(self, planes: Planes, backdrop: NDArray[np.uint8], introduction: Introduction, at: float) -> None:
        pose = introduction.path.pose(at)
        if pose is None:
            self._bodies.pop(introduction.product.product_id, None)  # its textures are large
            return
        body = self._body(introduction)
        behind, before = hands.holding(body, pose)
        faces = [behind, *body.faces(pose), before]
        share = introduction.path.hand_over(at)
        if share is not None and introduction.path.cover is not None:
            faces.append(hands.passing(pose, share, introduction.path.cover.reach))
        area = paint.bounds(faces, WIDTH, HEIGHT)
        if area is None:
            return
        before_pose = introduction.path.pose(at - 1 / FPS) or pose
        drawn = blurred(paint.layer(faces, area), pose.x - before_pose.x, pose.y - before_pose.y)
        _place(planes, backdrop, drawn, area)

    def _body(self, introduction: Introduction) -> Body:
        product = introduction.product
        if product.product_id not in self._bodies:
            self._bodies[product.product_id] = make_body(product)
        return self._bodies[product.product_id]

    def _expose(self, planes: Planes, frame: int) -> None:
        """Light that flickers and drifts, and the sensor's noise: on luma alone, where eyes and codecs notice."""
        at = frame / FPS
        gain = 1 + 0.012 * sin(2 * pi * 7.1 * at) + 0.03 * sin(2 * pi * 0.07 * at)
        luma = planes[:HEIGHT]
        roll = self._rolls[frame]
        noise = self._noise[frame % NOISES]
        for part, grain in ((luma[: HEIGHT - roll], noise[roll:]), (luma[HEIGHT - roll :], noise[:roll])):
            if len(part):
                cv2.addWeighted(part, gain, grain, 1.0, -128.0, dst=part)


def to_planes(picture: NDArray[np.uint8]) -> Planes:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)


def blurred(drawn: Sprite, dx: float, dy: float) -> Sprite:
    """The smear of what moved by (dx, dy) since the frame before."""
    reach_x, reach_y = (1 + min(MAX_BLUR - 1, round(abs(d) * SHUTTER)) for d in (dx, dy))
    if reach_x * reach_y == 1:
        return drawn
    return np.asarray(cv2.blur(drawn, (reach_x, reach_y)), np.uint8)


def _grain(rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = rng.normal(128, NOISE, (HEIGHT, WIDTH))
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8)


def _place(planes: Planes, backdrop: NDArray[np.uint8], drawn: Sprite, area: Area) -> None:
    """Lays the layer over its part of the scene, puts the banner back in front, and writes that part's planes."""
    x, y, w, h = area
    made = paint.onto(backdrop[y : y + h, x : x + w], drawn)
    left, top = max(x, scene.BANNER.x), max(y, scene.BANNER.y)
    right, bottom = min(x + w, scene.BANNER.x + scene.BANNER.w + 1), min(y + h, scene.BANNER.y + scene.BANNER.h + 1)
    if left < right and top < bottom:
        made[top - y : bottom - y, left - x : right - x] = backdrop[top:bottom, left:right]
    part = to_planes(made)
    half = WIDTH // 2
    planes[y : y + h, x : x + w] = part[:h]
    chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, half)
    chroma[:, y // 2 : (y + h) // 2, x // 2 : (x + w) // 2] = part[h:].reshape(2, h // 2, w // 2)
