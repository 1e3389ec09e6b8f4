"""Whether a picture is one that the livestream comes back to, or one cut in between. Pure: no product, no clock.

A livestream has few cameras, and it comes back to them: to what it began with, and to where it was for long, in one
piece or now and again. Whatever else fills the picture for some seconds was cut in: a close-up, a photograph, an
advert. Pictures are compared small and by their contrasts alone, so that light and exposure make no other picture of
one. Where there are none, on a black slate or behind a covered lens, is no camera: what was so before it still is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stream.types import Image, Moment, Seconds

    Small = NDArray[np.float32]  # (rows, columns, 3): contrasts alone, unit length

CELLS = 18  # of the shorter side
SAME = 0.6  # likeness of two pictures of one camera; whoever moves before it costs .3, another picture has .3 at most
FOLLOWS = 0.1  # of a new picture in what is known of its camera: cameras drift, a cross-fade is over sooner
DRIFTS = 0.85  # likeness to the picture before from which on a camera was moved, and not cut from
STAYS_S = 30.0  # at a stretch: where a livestream was for so long it comes back to
OFTEN_S = 40.0  # and where it was for so long in all, what is past fading: a third of the last two minutes or so
FADES_S = 120.0  # a film that is shown every quarter of an hour is no camera
CAMERAS = 8  # that are remembered
FLAT = 1.0  # of 255: contrasts that are less, on the average, are a codec's noise


@dataclass(slots=True)
class _Camera:
    picture: Small
    seen: Seconds
    known: bool
    stayed: Seconds = 0.0  # at a stretch
    in_all: Seconds = 0.0  # what is past fades

    def stay(self, at: Seconds, *, on: bool) -> None:
        """Was in view now; `on`: and ever since it was seen last."""
        since_s = at - self.seen
        self.stayed = self.stayed + since_s if on else 0.0
        self.in_all = self.in_all * exp(-since_s / FADES_S) + (since_s if on else 0.0)
        self.known |= self.stayed >= STAYS_S or self.in_all >= OFTEN_S
        self.seen = at


class Shots:
    """Keeps a few small pictures. One instance a stretch between gaps."""

    def __init__(self) -> None:
        self._cameras: list[_Camera] = []
        self._now: _Camera | None = None
        self._before: Small | None = None
        self._away: Moment | None = None

    def push(self, at: Moment, picture: Image) -> Moment | None:
        """Since when the picture has been none that the livestream comes back to; None: it is one."""
        if picture.size == 0:
            return None
        now = small(picture)
        if not now.any():
            self._before = None
            if self._now is not None:
                self._now.seen = at.pts  # black is no part of its stay, and no end of it
            return self._away
        camera = self._take(at.pts, now)
        self._away = None if camera.known else self._away or at
        return self._away

    def reset(self) -> None:
        self._cameras.clear()
        self._now = self._before = self._away = None

    def _take(self, at: Seconds, picture: Small) -> _Camera:
        camera = self._now
        on = camera is not None and (self._drifts(picture) or likeness(camera.picture, picture) >= SAME)
        if camera is None or not on:
            camera = self._cut_to(at, picture)
        camera.stay(at, on=on)
        camera.picture = _unit(camera.picture + np.float32(FOLLOWS) * (picture - camera.picture))
        self._now, self._before = camera, picture
        return camera

    def _drifts(self, picture: Small) -> bool:
        return self._before is not None and likeness(self._before, picture) >= DRIFTS

    def _cut_to(self, at: Seconds, picture: Small) -> _Camera:
        likest = max(self._cameras, key=lambda camera: likeness(camera.picture, picture), default=None)
        if likest is not None and likeness(likest.picture, picture) >= SAME:
            return likest
        camera = _Camera(picture, at, known=likest is None)  # what it begins with is taken for its own
        lately = sorted(self._cameras, key=lambda one: (not one.known, -one.seen))
        self._cameras = [*lately[: CAMERAS - 1], camera]
        return camera


def small(picture: Image) -> Small:
    """All zeros where it is flat."""
    side = max(min(picture.shape[:2]) // CELLS, 1)
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    kept = picture[: rows * side, : columns * side].reshape(rows, side, columns * side * 3)
    strips = kept.sum(axis=1, dtype=np.uint32)  # whole rows first: blocks at once take five times as long
    cells = strips.reshape(rows, columns, side, 3).sum(axis=2).astype(np.float32)
    contrasts = cells - cells.mean(axis=(0, 1))
    if float(np.sqrt(np.mean(np.square(contrasts)))) < FLAT * side * side:
        return np.zeros_like(contrasts)
    return _unit(contrasts)


def likeness(one: Small, two: Small) -> float:
    """-1 to 1; 0 for pictures of another shape."""
    return float(np.vdot(one, two)) if one.shape == two.shape else 0.0


def _unit(contrasts: Small) -> Small:
    return np.asarray(contrasts / max(float(np.linalg.norm(contrasts)), 1e-9), np.float32)
