"""How much of a product a viewer can see, from geometry alone: nothing is drawn, and nothing is known of truth files.

A product counts as shown while the host holds it, at least half of its front is in view (in the picture, not behind a
hand, a graphic or another product that is held in front of it), and its front is at least READABLE pixels high in the
picture. Landscape pictures are 720 pixels high, upright ones 1280: the same pixels are asked of both.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from benchmarks.liveshop import hands
from benchmarks.liveshop.bodies import make_body
from benchmarks.liveshop.show import FPS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.bodies import Body, Face, Pose, Quad
    from benchmarks.liveshop.programme import Programme
    from benchmarks.liveshop.show import Introduction, Show
    from stream.types import Seconds

READABLE = 140  # pixels
IN_VIEW = 0.5  # share of the front
COARSE = 4  # visibility is measured on a picture so many times smaller


class Box(NamedTuple):
    """In shares of the picture."""

    x: float
    y: float
    w: float
    h: float


class Sight:
    """What can be seen of a show's products. Introductions are named by their place in the script."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self._programme = show.programme
        self._bodies: dict[str, Body] = {}

    def shares(self, place: int) -> dict[int, float]:
        """For each frame that has the product in it: the share of its front that can be seen."""
        item = self.show.introductions[place]
        frames = [f for f, at in enumerate(self._scene_times) if item.path.start <= at < item.path.stop]
        body = self._body(item)
        found = {f: visible(body, item, f / FPS, self._programme, self._before(place, f)) for f in frames}
        if len(self._bodies) > 8:  # textures are large; neighbours in the script are asked for again
            self._bodies.clear()
        return found

    def box(self, place: int, at: Seconds) -> Box:
        item = self.show.introductions[place]
        pose, framing = item.path.pose(self._programme.scene_time(at)), self._programme.framing(at)
        assert pose is not None
        assert framing is not None
        outline = self._body(item).outline(pose) * framing.scale + np.array(framing[1:])
        shares = outline / np.array(self._programme.size())
        (left, top), (right, bottom) = (np.clip(edge(axis=0), 0, 1) for edge in (shares.min, shares.max))
        return Box(*(round(float(v), 4) for v in (left, top, right - left, bottom - top)))

    def in_view(self, at: Seconds) -> int:
        """How many listed products are in the picture: held, lying or on the shelf."""
        moment = self._programme.scene_time(at)
        held = [(i.product, i.path.pose(moment)) for i in self.show.introductions]
        there = [(s.product, s.pose) for s in self.show.still if s.start <= moment < s.stop]
        poses = [pose for product, pose in (*held, *there) if product.listed and pose is not None]
        return sum(bool(self._programme.seen(at, np.array([p.x]), np.array([p.y])).any()) for p in poses)

    @cached_property
    def _scene_times(self) -> list[Seconds]:
        return [self._programme.scene_time(frame / FPS) for frame in range(self.show.frames)]

    def _before(self, place: int, frame: int) -> list[Quad]:
        """Outlines of what is held in front of it."""
        at = self._scene_times[frame]
        later = [(i, i.path.pose(at)) for i in self.show.introductions[place + 1 :] if i.path.start <= at]
        return [self._body(item).outline(pose) for item, pose in later if pose is not None]

    def _body(self, item: Introduction) -> Body:
        product = item.product
        if product.product_id not in self._bodies:
            self._bodies[product.product_id] = make_body(product)
        return self._bodies[product.product_id]


def visible(
    body: Body,
    introduction: Introduction,
    at: Seconds,
    programme: Programme = PLAIN,
    before: Sequence[Quad] = (),
) -> float:
    """The share of the front that can be seen; 0 when it is too small to be read. `before`: what covers it."""
    moment, framing = programme.scene_time(at), programme.framing(at)
    pose = introduction.path.pose(moment)
    if framing is None or pose is None or pose.height * framing.scale < READABLE:
        return 0.0
    outline = body.outline(pose)
    corner = outline.min(axis=0)
    wide, high = (int(n) + 1 for n in np.ceil((outline.max(axis=0) - corner) / COARSE))
    front = np.zeros((high, wide), np.uint8)
    _fill(front, outline - corner, 255)
    whole = int(np.count_nonzero(front))
    for face in _hands(body, introduction, pose, moment):
        front[_covering(face, corner, (wide, high)) > 127] = 0
    for quad in before:
        _fill(front, quad - corner, 0)
    seen = programme.seen(at, np.arange(wide) * COARSE + corner[0], np.arange(high) * COARSE + corner[1])
    return int(np.count_nonzero(front[seen])) / max(whole, 1)


def _fill(front: cv2.typing.MatLike, quad: Quad, value: int) -> None:
    cv2.fillConvexPoly(front, np.rint(quad / COARSE).astype(np.int32), value)


def _hands(body: Body, introduction: Introduction, pose: Pose, at: Seconds) -> list[Face]:
    faces = [hands.holding(body, pose)[1]]
    share, cover = introduction.path.hand_over(at), introduction.path.cover
    if share is not None and cover is not None:
        faces.append(hands.passing(pose, share, cover.reach))
    return faces


def _covering(face: Face, corner: Quad, size: tuple[int, int]) -> cv2.typing.MatLike:
    """The face's alpha as it falls on the coarse picture of the front."""
    alpha = np.ascontiguousarray(face.sprite[::COARSE, ::COARSE, 3])
    h, w = alpha.shape
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, ((face.quad - corner) / COARSE).astype(np.float32))
    return cv2.warpPerspective(alpha, matrix, size)
