"""A live's sound: the host over music and noise at the programme's levels. Pure; knows no synthesiser.

Levels are of root mean squares: of speech where somebody speaks, against what lies under it. A bed goes on under a
music-only stretch's own music; silence is no sound at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.ink import generator
from benchmarks.liveshop.music import RATE, STYLES, music
from benchmarks.liveshop.noises import noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.music import Samples
    from benchmarks.liveshop.programme import Programme, Stretch
    from benchmarks.liveshop.speech import Spoken
    from stream.types import Seconds

NOMINAL = 0.08  # loudness of speech where nobody speaks at all
ALONE_DB = 6.0  # music without speech is played so much softer than the host speaks
BREATH_S = 0.15
PATIENCE_S = 1.5  # a sentence that would come later than this is not said
FADE_S = 0.3
PEAK = 0.97


def heard(spoken: Sequence[Spoken], programme: Programme) -> tuple[Spoken, ...]:
    """What of it is said so that it can be heard: one sentence after the other, none into a break."""
    said: list[Spoken] = []
    for line in sorted(spoken, key=lambda one: one.start):
        start = max(line.start, said[-1].end + BREATH_S if said else 0.0)
        moved = replace(line, start=start)
        if start - line.start <= PATIENCE_S and not programme.muted(moved.start, moved.end):
            said.append(moved)
    return tuple(said)


def mixed(said: Sequence[Spoken], programme: Programme, seed: int, seconds: Seconds) -> Samples:
    """The whole live's sound. `said`: as `heard` tells."""
    count = round(seconds * RATE)
    sound = np.zeros(count, np.float32)
    for line in said:
        start = round(line.start * RATE)
        part = sound[start : start + len(line.samples)]
        part += line.samples[: len(part)]
    loud = _loudness(said)
    for index, stretch in enumerate(programme.stretches):
        _lay(sound, stretch, loud, generator(seed, "sound", index))
    for stretch in programme.stretches:
        if stretch.kind == "silence":
            sound[round(stretch.start * RATE) : round(stretch.stop * RATE)] = 0.0
    peak = float(np.abs(sound).max(initial=0.0))
    return np.asarray(sound * np.float32(PEAK / peak), np.float32) if peak > PEAK else sound


def _lay(sound: Samples, stretch: Stretch, loud: float, rng: np.random.Generator) -> None:
    """Adds a stretch's own sound, if it has one; an ad and music alone drive out the bed."""
    match stretch.kind:
        case "bed" | "noise" if stretch.snr_db is not None:
            level = stretch.snr_db
        case "music" | "ad":
            level = ALONE_DB
        case _:
            return
    part = sound[round(stretch.start * RATE) : round(stretch.stop * RATE)]
    if stretch.kind in {"music", "ad"}:
        part[:] = 0.0
    made = _made(stretch.style or STYLES[0], len(part) / RATE, rng)[: len(part)]
    part[: len(made)] += np.float32(loud / 10 ** (level / 20)) * _faded(made)


def _made(style: str, seconds: Seconds, rng: np.random.Generator) -> Samples:
    return (music if style in STYLES else noise)(style, seconds, rng)


def _faded(sound: Samples) -> Samples:
    count = min(round(FADE_S * RATE), len(sound) // 2)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    faded = sound.copy()
    faded[:count] *= ramp
    faded[len(faded) - count :] *= ramp[::-1]
    return faded


def _loudness(said: Sequence[Spoken]) -> float:
    """Root mean square while somebody speaks: pauses within a sentence count little, being short."""
    if not said:
        return NOMINAL
    power = sum(float(np.sum(line.samples.astype(np.float64) ** 2)) for line in said)
    return float((power / max(sum(len(line.samples) for line in said), 1)) ** 0.5)
