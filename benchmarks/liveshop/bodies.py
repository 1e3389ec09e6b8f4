"""Products as things in space: cartons, round bodies and bags, seen under a pose. Knows no scene and no time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import cv2
import numpy as np

from benchmarks.liveshop import labels
from benchmarks.liveshop.cloth import Garment
from benchmarks.liveshop.ink import generator, hsv
from benchmarks.liveshop.space import (
    PAD,
    Face,
    Points,
    Pose,
    Quad,
    Sprite,
    bordered,
    cut,
    project,
    rectangle,
    rotation,
    solid,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.liveshop.ink import Canvas
    from benchmarks.liveshop.products import Product

__all__ = ["Body", "Face", "Pose", "Quad", "Sprite", "make_body", "project"]

LOWER_EDGE = 0.44  # where a hand holds a package: heights below its middle


class Body(Protocol):
    @property
    def aspect(self) -> float: ...

    @property
    def grip(self) -> float:
        """Where the hand holds it, in heights below its middle; above it where it hangs from the hand."""
        ...

    def faces(self, pose: Pose) -> list[Face]:
        """What can be seen of it, to be painted in this order."""
        ...

    def outline(self, pose: Pose) -> Quad:
        """The corners of its front."""
        ...


def make_body(product: Product) -> Body:
    """Draws the product: some 20 ms."""
    match product.kind.form:
        case "carton":
            return Carton(product)
        case "bag":
            return Bag(product)
        case "garment":
            return Garment(product)
        case form:
            return Round(product, PROFILES[form])


class Carton:
    """A box: the front, and whichever of its sides can be seen."""

    grip = LOWER_EDGE

    def __init__(self, product: Product) -> None:
        rng = generator(product.design, "carton")
        self.aspect = float(rng.uniform(0.62, 0.8))
        self._depth = float(rng.uniform(0.2, 0.38))
        high = labels.FRONT_HEIGHT
        wide, deep = round(self.aspect * high), round(self._depth * high)
        side = labels.side(product, deep, high)
        lid = labels.top(product, wide, deep)
        half_w, half_d, turn = self.aspect / 2, self._depth / 2, np.pi / 2
        flat_side, flat_lid = (self._depth, 1.0), (self.aspect, self._depth)
        self._sides = [
            (solid(side, 0.68), _placed(flat_side, half_w, Pose(0, 0, 1, yaw=-turn))),
            (solid(side, 0.78), _placed(flat_side, half_w, Pose(0, 0, 1, yaw=turn))),
            (solid(lid, 1.08), _placed(flat_lid, 0.5, Pose(0, 0, 1, pitch=turn))),
            (solid(lid, 0.5), _placed(flat_lid, 0.5, Pose(0, 0, 1, pitch=-turn))),
            (solid(labels.front(product, wide, high)), _placed((self.aspect, 1.0), half_d, Pose(0, 0, 1))),
        ]
        self._front = rectangle(self.aspect, 1.0, half_d)

    def faces(self, pose: Pose) -> list[Face]:
        seen = []
        for sprite, corners in self._sides:
            quad = project(corners, pose)
            (ax, ay), (bx, by) = quad[1] - quad[0], quad[3] - quad[0]
            if ax * by - ay * bx > 1.0:  # its corners still run clockwise: it faces us
                seen.append(Face(sprite, quad))
        return seen

    def outline(self, pose: Pose) -> Quad:
        return project(self._front, pose)


def _placed(size: tuple[float, float], out: float, turn: Pose) -> Points:
    """A rectangle `out` from the middle of the body, turned to one of its sides."""
    pad = PAD / labels.FRONT_HEIGHT
    return np.asarray(rectangle(*size, out, pad) @ rotation(turn).T)


class Bag:
    """A pouch with crimped ends that bulges: shaded flat sprite with a ragged outline."""

    grip = LOWER_EDGE

    def __init__(self, product: Product) -> None:
        rng = generator(product.design, "bag")
        self.aspect = float(rng.uniform(0.7, 0.82))
        high, wide = labels.FRONT_HEIGHT, round(self.aspect * labels.FRONT_HEIGHT)
        canvas = labels.front(product, wide, high)
        y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
        u, v = x / wide * 2 - 1, y / high * 2 - 1
        folds = cv2.GaussianBlur(rng.normal(0, 1, (high, wide)).astype(np.float32), (0, 0), 22)
        crimp = np.where(np.abs(v) > 0.93, 0.12 * np.sin(x / 3.0), 0)
        light = 1.0 - 0.32 * u**4 - 0.25 * v**8 + folds / (np.abs(folds).max() + 1e-6) * 0.16 + crimp
        lit = np.clip(canvas * light[..., None], 0, 255).astype(np.uint8)
        edge = 0.965 - 0.035 * np.cos(v * np.pi) + 0.006 * np.sin(y / 17)
        teeth = high - 5 + 4 * np.abs((x / 9) % 2 - 1)
        inside = (np.abs(u) < edge) & (y < teeth) & (high - y < teeth)
        alpha = cv2.GaussianBlur(inside.astype(np.uint8) * 255, (3, 3), 0.8)
        self._sprite = cut(lit, alpha)
        self._front = rectangle(self.aspect, 1.0)
        self._corners = rectangle(self.aspect, 1.0, grow=PAD / high)

    def faces(self, pose: Pose) -> list[Face]:
        return [Face(self._sprite, project(self._corners, pose))]

    def outline(self, pose: Pose) -> Quad:
        return project(self._front, pose)


def _bottle(v: NDArray[np.float32]) -> NDArray[np.float32]:
    shoulder = np.clip((v - 0.17) / 0.13, 0, 1)
    return np.where(v < 0.17, 0.36, 0.36 + 0.64 * np.sin(shoulder * np.pi / 2)).astype(np.float32)


def _can(v: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(0.9 + np.minimum(v, 1 - v) * 2.4, 0.9, 1.0).astype(np.float32)


def _tube(v: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(v < 0.86, 1.0 - 0.3 * np.clip(v, 0, 1) ** 2, 0.62).astype(np.float32)


class Profile(NamedTuple):
    """A form turned on a lathe: its radius at each height, where its label is, how it is closed."""

    radius: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    aspect: tuple[float, float]
    label: tuple[float, float]
    cap: tuple[float, float]


PROFILES = {
    "bottle": Profile(_bottle, (0.4, 0.52), (0.27, 0.97), (0.0, 0.13)),
    "can": Profile(_can, (0.56, 0.7), (0.04, 0.96), (0.0, 0.0)),
    "tube": Profile(_tube, (0.42, 0.5), (0.03, 0.86), (0.86, 1.0)),
}
ROUND = 5.2  # radians of the label that are drawn: as far as any pose lets one see
FRONT = 2.3  # radians that the front takes


class Round:
    """A bottle, can or tube: the label slides round as it turns, and the light falls off to the edges."""

    grip = LOWER_EDGE

    def __init__(self, product: Product, profile: Profile) -> None:
        rng = generator(product.design, "round")
        self.aspect = float(rng.uniform(*profile.aspect))
        high, wide = labels.FRONT_HEIGHT, round(self.aspect * labels.FRONT_HEIGHT)
        self._radius = wide / 2
        self._wrap = self._paper(product, profile, high)
        v, x = np.mgrid[0:high, 0:wide].astype(np.float32)
        radius = profile.radius(v / high) * self._radius
        across = (x - self._radius + 0.5) / radius
        angle = np.arcsin(np.clip(across, -1, 1))
        self._u = (angle * self._radius + self._wrap.shape[1] / 2).astype(np.float32)
        self._v = v
        light = 0.42 + 0.62 * np.cos(angle * 0.92 + 0.22) + 0.35 * np.exp(-(((across + 0.52) / 0.09) ** 2))
        self._light = cv2.merge([light.astype(np.float32)] * 3)
        self._alpha = cv2.GaussianBlur((np.abs(across) < 1).astype(np.uint8) * 255, (3, 3), 0.8)
        self._light[self._alpha == 0] = 0
        self._front = rectangle(self.aspect, 1.0)
        self._corners = rectangle(self.aspect, 1.0, grow=PAD / high)

    def _paper(self, product: Product, profile: Profile, high: int) -> Canvas:
        """What goes round it: label, bare body and cap."""
        rng = generator(product.design, "paper")
        wide, front = round(self._radius * ROUND), round(self._radius * FRONT)
        paper = np.full((high, wide, 3), hsv(product.hue + 0.05, 0.35, float(rng.uniform(0.35, 0.9))), np.uint8)
        cap = slice(round(profile.cap[0] * high), round(profile.cap[1] * high))
        paper[cap] = hsv(float(rng.random()), 0.5, 0.6)
        paper[cap, ::9] = 60
        start, stop = (round(share * high) for share in profile.label)
        paper[start:stop] = labels.wrap(product, wide, front, stop - start)
        return paper

    def faces(self, pose: Pose) -> list[Face]:
        shifted = cv2.remap(self._wrap, self._u - pose.yaw * self._radius, self._v, cv2.INTER_LINEAR)
        lit = cv2.multiply(shifted, self._light, dtype=cv2.CV_8U)
        edged = cv2.multiply(lit, cv2.merge([self._alpha] * 3), scale=1 / 255)
        sprite = bordered(np.asarray(cv2.merge([edged, self._alpha]), np.uint8))
        return [Face(sprite, project(self._corners, pose._replace(yaw=0.0)))]

    def outline(self, pose: Pose) -> Quad:
        return project(self._front, pose._replace(yaw=0.0))
