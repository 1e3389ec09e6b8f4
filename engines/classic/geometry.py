"""Which patches of two pictures agree on one way of laying the first onto the second. Knows no product, no colour.

Positions are measured in longer sides of their picture, so that a turn is a turn whatever the shape of the picture.
"""

from __future__ import annotations

from cmath import isfinite
from math import hypot
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.base import Box, Patches
from engines.classic.laying import Homography, Similarity, lay

Plane = NDArray[np.complex64]  # (points,): positions as complex numbers, so that turn and scale are one product

Reals = NDArray[np.float32]

TENTATIVE = 600  # pairs that may agree; those of a print that is seen well are many
PROPOSERS = 80  # of them that propose a map: where none of these is right, a fit would be luck
SIMILAR = 0.60  # below, two patches say nothing about one another
TURN = 0.6  # rad, how far two patches on one rigid print may disagree; covers perspective and bent paper
ALIGNED = np.float32(np.cos(TURN))
ZOOM = 0.6  # the same for the logarithm of their scales
NEAR, SLACK = 0.03, 0.22  # how far off a position may be: a share of the print, and of the way to the point
PRINT = 500  # patches of a catalogue picture that are looked at; the weaker ones are paper grain and cost shortlists
ENOUGH = 4  # agreeing pairs that fix a similarity with two to spare
UNIT = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


class Layout(NamedTuple):
    """A picture's patches in its own plane."""

    at: Plane
    size: NDArray[np.float32]
    angle: NDArray[np.float32]
    shape: tuple[float, float]  # width, height in longer sides

    def first(self, limit: int) -> Layout:
        """The strongest patches alone."""
        return Layout(self.at[:limit], self.size[:limit], self.angle[:limit], self.shape)


class Pairs(NamedTuple):
    """Frame patches and the catalogue patches they resemble; `worth`: how telling that is, 0..1."""

    frame: NDArray[np.intp]
    catalogue: NDArray[np.intp]
    worth: NDArray[np.float32]

    def only(self, rows: NDArray[np.intp]) -> Pairs:
        return Pairs(self.frame[rows], self.catalogue[rows], self.worth[rows])


class Proposal(NamedTuple):
    """A similarity that some pairs agree with. `here`, `there`: where the pairs lie in frame and catalogue."""

    pairs: Pairs
    here: Plane
    there: Plane
    similarity: Similarity
    agree: NDArray[np.bool_]
    support: float


class Fit(NamedTuple):
    """A consensus. `pairs` are those that agree; `homography` lays the catalogue picture into the frame."""

    homography: Homography
    pairs: Pairs
    weight: float


def layout(patches: Patches, limit: int | None = None) -> Layout:
    """The strongest `limit` patches."""
    height, width = patches.thumb.shape[:2]
    longer = max(height, width, 1)
    shape = (width / longer, height / longer)
    x, y, size, angle = patches.places[:limit].T if len(patches.places) else np.zeros((4, 0), np.float32)
    return Layout((x * shape[0] + 1j * y * shape[1]).astype(np.complex64), size, angle, shape)


def tentative(likeness: NDArray[np.float32]) -> Pairs:
    """Every frame patch with its likest catalogue patch, the most telling first. `likeness` is (frame, catalogue)."""
    if likeness.size == 0:
        empty = np.zeros(0, np.intp)
        return Pairs(empty, empty, np.zeros(0, np.float32))
    to = likeness.argmax(axis=1)
    likest = likeness.ravel().take(to + np.arange(0, likeness.size, likeness.shape[1]))
    telling = (likest > SIMILAR).nonzero()[0]
    worth = weigh(likest.take(telling))
    best = (-worth).argsort(kind="stable")[:TENTATIVE]
    order = telling.take(best)
    return Pairs(order, to.take(order), worth.take(best))


def weigh(likeness: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a pair is worth: nothing up to `SIMILAR`, one when the same."""
    return np.asarray((np.maximum(likeness - SIMILAR, 0) / (1 - SIMILAR)) ** 2, dtype=np.float32)


def fit(frame: Layout, catalogue: Layout, pairs: Pairs) -> Fit | None:
    """The map that most pairs agree with, sharpened."""
    proposal = propose(frame, catalogue, pairs)
    return None if proposal is None else settle(proposal)


def propose(frame: Layout, catalogue: Layout, pairs: Pairs) -> Proposal | None:
    """The similarity that most pairs agree with, the most telling ones proposing. The cheap half of a fit."""
    if len(pairs.frame) < ENOUGH:
        return None
    here, there = frame.at[pairs.frame], catalogue.at[pairs.catalogue]
    span = (frame.size[pairs.frame] / np.maximum(catalogue.size[pairs.catalogue], 1e-6)).astype(np.float32)
    angle = frame.angle[pairs.frame] - catalogue.angle[pairs.catalogue]
    turn = (np.cos(angle) + 1j * np.sin(angle)).astype(np.complex64)
    agree = _agreement(here, there, span, turn)
    support = agree @ pairs.worth
    best = int(np.argmax(support))
    if np.count_nonzero(agree[best]) < ENOUGH:
        return None
    factor = complex(span[best] * turn[best])
    similarity = Similarity(factor, complex(here[best] - factor * there[best]))
    return Proposal(pairs, here, there, similarity, agree[best], float(support[best]))


def settle(proposal: Proposal) -> Fit | None:
    """A homography by those who agreed, then by all that are near it; nothing where it turns the print inside out."""
    pairs = proposal.pairs
    there, here = proposal.there.astype(np.complex128), proposal.here.astype(np.complex128)
    laid = lay(there, here, pairs.worth.astype(np.float64), proposal.agree, proposal.similarity, ENOUGH)
    if laid is None or not plausible(laid.homography):
        return None
    inside = _once(pairs, np.flatnonzero(laid.agree))
    if len(inside) < ENOUGH:
        return None
    pairs = pairs.only(inside)
    return Fit(laid.homography, pairs, float(pairs.worth.sum()))


def _agreement(here: Plane, there: Plane, span: NDArray[np.float32], turn: Plane) -> NDArray[np.bool_]:
    """(proposals, pairs): does the pair agree with the turn, scale and place that the proposing pair implies?

    Laying a point is a product of complex numbers, written as a product of thin matrices: it runs per candidate.
    """
    first = slice(PROPOSERS)
    lay = (span * turn)[first]
    off = _off(lay, here[first] - lay * there[first], here, there)
    reach = span[first, None]
    room = np.abs(there[first, None] - there)
    room *= SLACK * reach
    room += NEAR * reach
    agree = off < np.square(room, out=room)
    directions = turn.view(np.float32).reshape(-1, 2)
    agree &= directions[first] @ directions.T > ALIGNED
    zoom = np.log(span)
    agree &= np.abs(np.subtract(zoom[first, None], zoom, out=off), out=off) < ZOOM
    return np.asarray(agree, dtype=np.bool_)


def _off(lay: Plane, start: Plane, here: Plane, there: Plane) -> Reals:
    """(proposals, pairs): squared. One product for both axes, the rest in place: small arrays, and many of them."""
    maps = np.zeros((2, len(lay), 5), np.float32)
    maps[0, :, 0], maps[0, :, 1], maps[0, :, 2] = lay.real, -lay.imag, start.real
    maps[1, :, 0], maps[1, :, 1], maps[1, :, 2] = lay.imag, lay.real, start.imag
    maps[0, :, 3] = maps[1, :, 4] = -1
    points = np.ones((5, len(there)), np.float32)
    points[0], points[1], points[3], points[4] = there.real, there.imag, here.real, here.imag
    off = maps.reshape(-1, 5) @ points
    across, down = np.square(off, out=off).reshape(2, len(lay), -1)
    return np.asarray(np.add(across, down, out=across), np.float32)


def _once(pairs: Pairs, inside: NDArray[np.intp]) -> NDArray[np.intp]:
    """A catalogue patch counts once, however many frame patches claim it; pairs come likest first."""
    _, first = np.unique(pairs.catalogue[inside], return_index=True)
    return inside[np.sort(first)]


def plausible(homography: Homography) -> bool:
    """A print seen from its front: not mirrored, not folded, not squeezed to a line, not larger than life."""
    corners = [complex(x, y) for x, y in project(homography, UNIT).tolist()]
    if not all(map(isfinite, corners)):
        return False
    edges = [after - before for before, after in zip(corners, corners[1:] + corners[:1], strict=True)]
    turns = [(edge.conjugate() * after).imag for edge, after in zip(edges, edges[1:] + edges[:1], strict=True)]
    sides = [hypot(edge.real, edge.imag) for edge in edges]
    return min(turns) > 0 and min(sides) > 0.02 and max(sides) < min(6, 5 * min(sides))


def project(homography: Homography, points: NDArray[np.float64]) -> NDArray[np.float64]:  # (n, 2)
    laid = points @ homography[:, :2].T + homography[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(laid[:, :2] / laid[:, 2:], dtype=np.float64)


def box_of(homography: Homography, outline: NDArray[np.float64], frame: Layout) -> Box | None:
    """The rectangle around the laid outline, in shares of the frame and clipped to it."""
    corners = project(homography, outline) / np.array(frame.shape)
    low, high = np.clip(corners.min(axis=0), 0, 1), np.clip(corners.max(axis=0), 0, 1)
    w, h = high - low
    return Box(float(low[0]), float(low[1]), float(w), float(h)) if min(w, h) > 0 else None


def overlap(one: Box, two: Box) -> float:
    """Shared area over joint area."""
    w = min(one.x + one.w, two.x + two.w) - max(one.x, two.x)
    h = min(one.y + one.h, two.y + two.h) - max(one.y, two.y)
    shared = max(w, 0.0) * max(h, 0.0)
    return shared / max(one.w * one.h + two.w * two.h - shared, 1e-9)


def spread(fit: Fit, catalogue: Layout, outline: NDArray[np.float64]) -> float:
    """The share of the outline that agreeing patches span: a logo alone spans little, a package much."""
    at = catalogue.at[fit.pairs.catalogue]
    hull = cv2.convexHull(at.view(np.float32).reshape(-1, 2))
    width, height = outline.max(axis=0) - outline.min(axis=0)
    return min(cv2.contourArea(hull) / max(float(width * height), 1e-6), 1.0)


def exclusive(one: Fit, two: Fit) -> float:
    """Whose print it rather is: patches that agree with one alone against those of two alone, in standard deviations.

    What both explain, a brand's logo, says nothing. Above 0: rather one.
    """
    shared = len(np.intersect1d(one.pairs.frame, two.pairs.frame))
    first, second = len(one.pairs.frame) - shared, len(two.pairs.frame) - shared
    return float((first - second) / (first + second + 1) ** 0.5)
