"""What camera and broadcaster make of a scene: framing, breaks, graphics, sound levels. Pure in time; draws nothing.

A default `Programme()` does nothing: the picture is the scene. A scene is always SCENE large; what a viewer sees of
it is asked here, by whoever draws and by whoever writes the truth alike.

What `random_programme` gives, each independent of the others: handheld shake in 1 live of 3 (2 to 5 px, and two
jolts in three minutes), a little of it in 1 of 3, a tripod in the rest; a lens that hunts in 1 of 2 (0.6 to 1.3 s,
in 35% of introductions); exposure steps and a wandering white balance in 1 of 2 (a step a minute); 700 kbit/s
throughout in 1 of 6, else an uplink that is poor for 6 to 15 s in 1 of 3; changing lower thirds in 2 of 3, price
stickers in 1 of 2, a chat column in 1 of 2 (always when upright); the live in the corner of another picture for 5
to 10 s in 1 of 4; a foreign inset in 1 of 4; 9:16 in 1 of 5; ad breaks of 5 to 20 s in 1 of 3 (one for every three
minutes); a frozen picture of 2 to 6 s in 1 of 3 (one for every two minutes). Sound: a bed of music in 2 of 5 and of
noise in 2 of 5, at 20, 15 or 10 dB under the speech; noise that swells to 5 dB for 6 to 15 s in 1 of 3; music alone
for 5 to 20 s in 1 of 2; silence of 4 to 12 s in 1 of 3; a host with one of voices.VOICES.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from benchmarks.liveshop import panels
from benchmarks.liveshop.ink import Area
from benchmarks.liveshop.music import STYLES
from benchmarks.liveshop.noises import NOISES
from benchmarks.liveshop.optics import STEADY, STILL, Light, Shake, random_light, random_shake
from benchmarks.liveshop.voices import VOICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.liveshop.panels import Bubble, Panel
    from stream.types import Seconds

SCENE = (1280, 720)  # width and height of what is drawn
LANDSCAPE, PORTRAIT = (1280, 720), (720, 1280)
BIT_RATE = 2_500_000
POOR_BIT_RATE = 700_000
FRAMES_A_SECOND = 30
LEAD_S = 5.0  # nothing breaks in at once
APART_S = 4.0  # between two breaks
TRIES = 12
PIP_EDGE = (36, 112)  # from the sides; from above and below, clear of headers and lower thirds
BED_DB = (20.0, 15.0, 10.0)
SWELL_DB = 5.0
VOICE_SHARES = (0.24, 0.24, 0.24, 0.12, 0.08, 0.08)
HOUSE_BANNER = Area(36, 628, 470, 66)  # the lower third of a programme that has no graphics of its own

Kind = Literal[
    "ad",  # another picture and another sound: nothing of the scene
    "frozen",  # the picture stands; the sound goes on
    "pip",  # the live, small, in a corner of another picture
    "focus",  # the lens hunts
    "low_bitrate",  # the host's uplink is poor
    "bed",  # music or noise under the speech, at `snr_db`
    "noise",  # noise that swells over the bed for a while, at `snr_db`
    "music",  # music alone: the host is not heard
    "silence",  # no sound at all
    "talk",  # talk without product; the script's own
]
MUTED: frozenset[Kind] = frozenset({"ad", "music", "silence"})  # the host is not heard


class Framing(NamedTuple):
    """Picture pixels = scene pixels * scale + (dx, dy)."""

    scale: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that holds for [start, stop)."""

    start: Seconds
    stop: Seconds
    kind: Kind
    style: str = ""  # which of its kind, as in music.STYLES and noises.NOISES
    snr_db: float | None = None  # how far speech stands above it
    area: Area | None = None  # of a "pip": where in the picture the live is

    def holds(self, at: Seconds) -> bool:
        return self.start <= at < self.stop


@dataclass(frozen=True, slots=True)
class Programme:
    portrait: bool = False
    stretches: tuple[Stretch, ...] = ()
    shake: Shake = STILL
    light: Light = STEADY
    panels: tuple[Panel, ...] = ()
    chat: tuple[Bubble, ...] = ()
    zoom: float = 1.0  # scene pixels to picture pixels while nothing else is on
    bit_rate: int = BIT_RATE
    voice: str = ""  # of the host, as in voices.VOICES; "": whichever the machine has

    @property
    def plain(self) -> bool:
        """The scene is the picture, and has the house's own banner in it."""
        return self == Programme()

    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return PORTRAIT if self.portrait else LANDSCAPE

    def during(self, at: Seconds, kind: Kind) -> Stretch | None:
        return next((s for s in self.stretches if s.kind == kind and s.holds(at)), None)

    def muted(self, start: Seconds, stop: Seconds) -> bool:
        """Whether the host is not heard at some moment of [start, stop)."""
        return any(s.kind in MUTED and s.start < stop and start < s.stop for s in self.stretches)

    def scene_time(self, at: Seconds) -> Seconds:
        """The moment of the scene that the picture of `at` shows: a frozen picture repeats its first."""
        frozen = self.during(at, "frozen")
        return at if frozen is None else frozen.start

    def window(self, at: Seconds) -> Area | None:
        """Where in the picture the scene is; None in an ad break."""
        if self.during(at, "ad") is not None:
            return None
        pip = self.during(at, "pip")
        if pip is not None and pip.area is not None:
            return pip.area
        width, height = self.size()
        high = min(height, int(SCENE[1] * self.zoom - 2 * self.shake.reach) // 4 * 4)
        return Area(0, (height - high) // 4 * 2, width, high)

    def framing(self, at: Seconds) -> Framing | None:
        """Where the scene's pixels land in the picture; None: the scene is not in it."""
        window = self.window(at)
        if window is None:
            return None
        small = self.during(at, "pip") is not None
        scale = max(window.w / SCENE[0], window.h / SCENE[1]) * _spare(self.shake) if small else self.zoom
        x, y = self.shake.offset(self.scene_time(at))
        share = scale / self.zoom
        left = window.x + (window.w - SCENE[0] * scale) / 2 + x * share
        top = window.y + (window.h - SCENE[1] * scale) / 2 + y * share
        return Framing(scale, left, top)

    def covers(self, at: Seconds) -> tuple[Area, ...]:
        """What lies over the picture and cannot be seen through, in picture pixels."""
        if self.plain:
            return (HOUSE_BANNER,)
        return tuple(p.area for p in self.panels if p.start <= at < p.stop)

    def seen(self, at: Seconds, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which points of a grid of scene pixels (columns `xs`, rows `ys`) can be seen in the picture."""
        window, framing = self.window(at), self.framing(at)
        if window is None or framing is None:
            return np.zeros((len(ys), len(xs)), np.bool_)
        columns, rows = xs * framing.scale + framing.dx, ys * framing.scale + framing.dy
        seen = _within(window, columns, rows)
        for area in self.covers(at):
            seen &= ~_within(area, columns, rows)
        return seen


def random_portrait(rng: np.random.Generator) -> bool:
    """Whether a live is upright: asked before its script is written, which keeps products near the middle then."""
    return bool(rng.random() < 0.2)


def random_programme(
    rng: np.random.Generator,
    seconds: Seconds,
    introductions_spans: Sequence[tuple[Seconds, Seconds]],
    *,
    portrait: bool | None = None,
) -> Programme:
    upright = random_portrait(rng) if portrait is None else portrait
    size = PORTRAIT if upright else LANDSCAPE
    zoom = float(rng.choice([1.2, 1.3, 1.4])) if upright else 1.0
    shake = random_shake(rng, seconds)
    light = random_light(rng, seconds)
    breaks = _breaks(rng, seconds, size)
    poor = bool(rng.random() < 1 / 6)
    uplink = () if poor else _some(rng, seconds, "low_bitrate", 1 / 3, 120, (6, 15))
    hunts = _hunts(rng, introductions_spans) if rng.random() < 0.5 else ()
    return Programme(
        portrait=upright,
        stretches=tuple(sorted((*breaks, *uplink, *hunts, *_sounds(rng, seconds, breaks)), key=lambda s: s.start)),
        shake=shake,
        light=light,
        panels=panels.random_panels(rng, seconds, size),
        chat=panels.random_chat(rng, seconds) if upright or rng.random() < 0.5 else (),
        zoom=round(zoom * _spare(shake), 4),
        bit_rate=POOR_BIT_RATE if poor else BIT_RATE,
        voice=str(rng.choice(VOICES, p=VOICE_SHARES)),
    )


def _breaks(rng: np.random.Generator, seconds: Seconds, size: tuple[int, int]) -> tuple[Stretch, ...]:
    """What takes the scene's picture away, one at a time."""
    corner = int(rng.integers(0, 4))
    width = round(size[0] * float(rng.uniform(0.42, 0.6))) // 4 * 4
    height = width * SCENE[1] // SCENE[0] // 2 * 2
    left, top = (
        (PIP_EDGE[0], size[0] - width - PIP_EDGE[0])[corner % 2],
        (PIP_EDGE[1], size[1] - height - PIP_EDGE[1])[corner // 2],
    )
    ads = _some(rng, seconds, "ad", 1 / 3, 180, (5, 20))
    found = tuple(replace(s, style=str(rng.choice(STYLES))) for s in ads)
    found += _some(rng, seconds, "frozen", 1 / 3, 120, (2, 6), found)
    small = _some(rng, seconds, "pip", 1 / 4, 180, (5, 10), found)
    return (*found, *(replace(s, area=Area(left, top, width, height)) for s in small))


def _sounds(rng: np.random.Generator, seconds: Seconds, breaks: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    level, kind = float(rng.choice(BED_DB)), float(rng.random())
    bed: tuple[Stretch, ...] = ()
    if kind < 0.8:
        style = str(rng.choice(STYLES if kind < 0.4 else NOISES))
        bed = (Stretch(0.0, seconds, "bed", style, level),)
    ads = tuple(s for s in breaks if s.kind == "ad")
    music = _some(rng, seconds, "music", 1 / 2, 150, (5, 20), ads)
    silence = _some(rng, seconds, "silence", 1 / 3, 180, (4, 12), (*ads, *music))
    swell = _some(rng, seconds, "noise", 1 / 3, 120, (6, 15), (*ads, *music, *silence))
    music = tuple(replace(s, style=str(rng.choice(STYLES))) for s in music)
    swell = tuple(replace(s, style=str(rng.choice(NOISES)), snr_db=SWELL_DB) for s in swell)
    return (*bed, *music, *silence, *swell)


def _hunts(rng: np.random.Generator, spans: Sequence[tuple[Seconds, Seconds]]) -> tuple[Stretch, ...]:
    """The lens loses itself when something has come near."""
    begins = [start + float(rng.uniform(0.6, 2.5)) for start, _ in spans if rng.random() < 0.35]
    return tuple(Stretch(at, at + float(rng.uniform(0.6, 1.3)), "focus") for at in begins)


def _some(
    rng: np.random.Generator,
    seconds: Seconds,
    kind: Kind,
    share: float,
    every: Seconds,
    lasts: tuple[float, float],
    beside: tuple[Stretch, ...] = (),
) -> tuple[Stretch, ...]:
    """In `share` of lives one or more stretches, about one for `every` so many seconds, apart from those `beside`."""
    found: list[Stretch] = []
    if rng.random() >= share:
        return ()
    for _ in range(max(1, round(seconds / every))):
        for start, long in rng.uniform((0, lasts[0]), (1, lasts[1]), (TRIES, 2)):
            at = _on_grid(LEAD_S + float(start) * max(seconds - LEAD_S, 0))
            one = Stretch(at, _on_grid(at + float(long)), kind)
            if one.stop < seconds - LEAD_S / 2 and all(_apart(one, other) for other in (*beside, *found)):
                found.append(one)
                break
    return tuple(found)


def _apart(one: Stretch, other: Stretch) -> bool:
    return one.stop + APART_S <= other.start or other.stop + APART_S <= one.start


def _on_grid(at: Seconds) -> Seconds:
    return round(at * FRAMES_A_SECOND) / FRAMES_A_SECOND


def _spare(shake: Shake) -> float:
    """How much larger than its window the scene must be, so that its edges stay out of the picture."""
    return 1 + 2.02 * shake.reach / SCENE[1]


def _within(area: Area, columns: NDArray[np.floating], rows: NDArray[np.floating]) -> NDArray[np.bool_]:
    across = (columns >= area.x) & (columns < area.x + area.w)
    return np.logical_and(((rows >= area.y) & (rows < area.y + area.h))[:, None], across[None, :])
