"""The script of a live of photographs: what is introduced when, with which photographs, and what the host says.

Pure: the same set, seed and number give the same script. The rates below are those of every random live.

An introduction lasts 5 to 12 s and shows 1 to 3 photographs of one product in turn, each for about 2 to 6 s, cut or
(2 in 5) cross-faded; they follow each other in the set's list, where they mostly are of one thing in one place. It
counts from the first to the last frame in which a photograph of it prevails. What a photograph shows is what its
list says: where it shows a wall of many products, the host presents the listed one, and a neighbour that is told is
wrong; where the product shows its side or its back, it is presented all the same. Between introductions the host
talks for 2 to 6 s. 1 introduction in 3 is of a look-alike of the one before (same sort or same brand), 1 in 6 of a
product that this live's catalogue leaves out: a fifth of the cartons of the very part that is introduced, so that
the split stays clean. A photograph is not used twice in a live before all of that product's were. Shake, focus,
light, graphics, sound, bit rate and upright pictures come as often as in `programme`; ad breaks, frozen and small
pictures do not come.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.photos.casting import Casting, cast
from benchmarks.liveshop.photos.lines import lines_of
from benchmarks.liveshop.photos.shots import Shot, random_shot
from benchmarks.liveshop.programme import Kind as Broken
from benchmarks.liveshop.programme import Programme, random_programme
from benchmarks.liveshop.show import FPS, LEAD_S, TAIL_S

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.liveshop.photos.photoset import Item, Kind, Photo, PhotoSet, Which
    from benchmarks.liveshop.show import Line
    from stream.types import Seconds

SHORTEST_S = LEAD_S + 12.0 + TAIL_S  # of a live: one introduction, however long, fits
LASTS_S = (5.0, 12.0)
PAUSE_S = (2.0, 6.0)
MOST = 3  # photographs in an introduction
SHOT_S, LONGEST_SHOT_S = 2.0, 6.0  # about how long one is on screen: nobody holds a thing still for longer
KEPT: frozenset[Broken] = frozenset({"focus", "bed", "noise", "music", "silence"})
FADE = 9  # frames; odd, so that one of them is half and half


@dataclass(frozen=True, slots=True)
class Introduction:
    item: Item
    listed: bool
    shots: tuple[Shot, ...]

    @property
    def start(self) -> Seconds:
        return self.shots[0].start

    @property
    def stop(self) -> Seconds:
        return self.shots[-1].stop


@dataclass(frozen=True, slots=True)
class Scene:
    """What is in the picture from `start` on: a shot of an introduction, or the host talking."""

    start: int  # frame
    fade: int  # frames over which it takes the place of the scene before
    shot: Shot | None = None
    introduction: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    seed: int
    index: int
    seconds: Seconds
    introductions: tuple[Introduction, ...]
    scenes: tuple[Scene, ...]
    lines: tuple[Line, ...]
    listed: tuple[Item, ...]
    programme: Programme

    @property
    def frames(self) -> int:
        return round(self.seconds * FPS)

    @property
    def world(self) -> int:
        """The seed of all that is drawn around the photographs."""
        return self.seed * 1000 + self.index

    def on_screen(self, frame: int) -> tuple[Scene, Scene | None, float]:
        """The scene, the one that it still fades from, and its share of the picture."""
        place = bisect_right(self.scenes, frame, key=lambda scene: scene.start) - 1
        scene = self.scenes[place]
        share = (frame - scene.start + 1) / (scene.fade + 1)
        return (scene, self.scenes[place - 1], share) if share < 1 else (scene, None, 1.0)

    def prevails(self, frame: int) -> int | None:
        """Which introduction has at least half of the picture."""
        scene, before, share = self.on_screen(frame)
        return scene.introduction if share >= 0.5 or before is None else before.introduction


def write_script(
    photos: PhotoSet, seed: int, index: int, seconds: Seconds, which: Which = "never-met", kind: Kind = "cartons"
) -> Script:
    if seconds < SHORTEST_S:
        raise WorldError(
            f"live of photographs: {seconds:g} s is too short for an introduction (at least {SHORTEST_S:g})"
        )
    rng = generator(seed, "photos", index)
    casting = cast(photos, which, kind, rng)
    introductions = tuple(_introductions(rng, casting, seconds))
    return Script(
        seed=seed,
        index=index,
        seconds=seconds,
        introductions=introductions,
        scenes=tuple(_scenes(rng, introductions)),
        lines=lines_of(rng, [(one.start, one.stop, one.item) for one in introductions]),
        listed=casting.listed,
        programme=_programme(rng, seconds, introductions),
    )


def _introductions(rng: np.random.Generator, casting: Casting, seconds: Seconds) -> list[Introduction]:
    """One after the other, with pauses, for as long as they fit whole."""
    found: list[Introduction] = []
    at = _on_grid(LEAD_S)
    while True:
        lasts = float(rng.uniform(*LASTS_S))
        if at + lasts + TAIL_S > seconds:
            return found
        item, listed = casting.next(rng)
        count = int(rng.integers(ceil(lasts / LONGEST_SHOT_S), min(MOST, int(lasts / SHOT_S)) + 1))
        shots = _shots(rng, casting.photos_of(item, count, rng), at, at + lasts)
        found.append(Introduction(item, listed, shots))
        at = _on_grid(at + lasts + float(rng.uniform(*PAUSE_S)))


def _shots(rng: np.random.Generator, photos: list[Photo], start: Seconds, stop: Seconds) -> tuple[Shot, ...]:
    """The time is shared out unevenly, but no photograph is gone before it was seen."""
    weights = rng.uniform(0.7, 1.3, len(photos))
    ends = [_on_grid(start + float(share) * (stop - start)) for share in weights.cumsum() / weights.sum()]
    spans = zip([start, *ends[:-1]], ends, strict=True)
    return tuple(random_shot(rng, photo, begins, over) for photo, (begins, over) in zip(photos, spans, strict=True))


def _scenes(rng: np.random.Generator, introductions: tuple[Introduction, ...]) -> list[Scene]:
    scenes = [Scene(0, 0)]
    for place, one in enumerate(introductions):
        scenes += [Scene(round(shot.start * FPS), _fade(rng), shot, place) for shot in one.shots]
        scenes.append(Scene(round(one.stop * FPS), _fade(rng)))
    return scenes


def _fade(rng: np.random.Generator) -> int:
    return FADE if rng.random() < 0.4 else 0


def _programme(rng: np.random.Generator, seconds: Seconds, introductions: tuple[Introduction, ...]) -> Programme:
    """What the printed family has, but nothing that takes the photograph's picture away."""
    programme = random_programme(rng, seconds, [(one.start, one.stop) for one in introductions])
    return replace(programme, stretches=tuple(s for s in programme.stretches if s.kind in KEPT))


def _on_grid(at: Seconds) -> Seconds:
    return round(at * FPS) / FPS
