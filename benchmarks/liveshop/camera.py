"""The camera: a show's moment to a picture as video is encoded (I420), as its programme has it. Pure in time.

Only what changes is drawn: the scene is kept as it will be encoded, and a product's surroundings are laid over it.
"""

from __future__ import annotations

from math import pi, sin
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import hands, paint, scene
from benchmarks.liveshop.bodies import make_body
from benchmarks.liveshop.broadcast import Broadcast
from benchmarks.liveshop.planes import put, split, to_planes
from benchmarks.liveshop.sensor import Sensor
from benchmarks.liveshop.show import FPS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from benchmarks.liveshop.bodies import Body, Sprite
    from benchmarks.liveshop.ink import Area, Canvas
    from benchmarks.liveshop.planes import Planes
    from benchmarks.liveshop.show import Introduction, Show

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
        self._broadcast = None if show.programme.plain else Broadcast(show.programme, show.seed, show.frames)
        self._sensor = Sensor(show.seed, show.frames, (WIDTH, HEIGHT))
        self._bodies: dict[str, Body] = {}

    def picture(self, frame: int) -> Planes:
        if self._broadcast is not None:
            return self._broadcast.picture(frame, self.scene)
        planes = self.scene(frame / FPS)
        luma, blue, red = split(planes)
        self._sensor.expose(frame, luma, (blue, red))
        return planes

    def scene(self, at: float) -> Planes:
        """The scene at that moment, before anything is done to its picture."""
        self._set(at)
        phase = round((scene.PHASES - 1) / 2 * (1 + sin(2 * pi * 0.19 * at)))
        planes = self._planes[phase].copy()
        self._forget(at)
        held = [found for item in self._show.introductions if (found := self._held(item, at)) is not None]
        for place, (drawn, area) in enumerate(held):
            self._place(planes, self._rgb[phase], held[:place], drawn, area)
        return planes

    def _set(self, at: float) -> None:
        """The scene as it stands now; encoded anew only when something of it has changed."""
        stands = self._scenery.at(at)
        if stands is not self._rgb:
            self._rgb, self._planes = stands, [to_planes(picture) for picture in stands]

    def _forget(self, at: float) -> None:
        """Lets go of what is no longer in a hand: textures are large."""
        items = self._show.introductions
        held = {item.product.product_id for item in items if item.path.start <= at < item.path.stop}
        for product_id in self._bodies.keys() - held:
            del self._bodies[product_id]

    def _held(self, introduction: Introduction, at: float) -> tuple[Sprite, Area] | None:
        """A product in its hand, as a layer over part of the scene."""
        pose = introduction.path.pose(at)
        if pose is None:
            return None
        body = self._body(introduction)
        behind, before = hands.holding(body, pose)
        faces = [behind, *body.faces(pose), before]
        share = introduction.path.hand_over(at)
        if share is not None and introduction.path.cover is not None:
            faces.append(hands.passing(pose, share, introduction.path.cover.reach))
        area = paint.bounds(faces, WIDTH, HEIGHT)
        if area is None:
            return None
        before_pose = introduction.path.pose(at - 1 / FPS) or pose
        return blurred(paint.layer(faces, area), pose.x - before_pose.x, pose.y - before_pose.y), area

    def _body(self, introduction: Introduction) -> Body:
        product = introduction.product
        if product.product_id not in self._bodies:
            self._bodies[product.product_id] = make_body(product)
        return self._bodies[product.product_id]

    def _place(
        self, planes: Planes, backdrop: Canvas, below: list[tuple[Sprite, Area]], drawn: Sprite, area: Area
    ) -> None:
        """Lays a layer over its part of the scene and what is held there already, and writes that part's planes."""
        x, y, w, h = area
        made = backdrop[y : y + h, x : x + w]
        for sprite, there in below:
            made = _joined(made, area, sprite, there)
        made = paint.onto(made, drawn)
        if self._broadcast is None:
            _front(made, backdrop, area)
        put(planes, to_planes(made), x, y)


def blurred(drawn: Sprite, dx: float, dy: float) -> Sprite:
    """The smear of what moved by (dx, dy) since the frame before."""
    reach_x, reach_y = (1 + min(MAX_BLUR - 1, round(abs(d) * SHUTTER)) for d in (dx, dy))
    if reach_x * reach_y == 1:
        return drawn
    return np.asarray(cv2.blur(drawn, (reach_x, reach_y)), np.uint8)


def _joined(made: Canvas, area: Area, sprite: Sprite, there: Area) -> Canvas:
    """The part of the scene with as much of another layer over it as reaches into it."""
    left, top = max(area.x, there.x), max(area.y, there.y)
    right, bottom = min(area.x + area.w, there.x + there.w), min(area.y + area.h, there.y + there.h)
    if left >= right or top >= bottom:
        return made
    joined = made.copy()
    spot = joined[top - area.y : bottom - area.y, left - area.x : right - area.x]
    spot[:] = paint.onto(spot, sprite[top - there.y : bottom - there.y, left - there.x : right - there.x])
    return joined


def _front(made: Canvas, backdrop: Canvas, area: Area) -> None:
    """Puts the house's banner back in front, in place."""
    x, y, w, h = area
    left, top = max(x, scene.BANNER.x), max(y, scene.BANNER.y)
    right, bottom = min(x + w, scene.BANNER.x + scene.BANNER.w + 1), min(y + h, scene.BANNER.y + scene.BANNER.h + 1)
    if left < right and top < bottom:
        made[top - y : bottom - y, left - x : right - x] = backdrop[top:bottom, left:right]
