"""Music made with numbers, in a few styles: a loop of some bars, repeated. Pure; knows no speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from stream.types import Seconds

RATE = 48_000
BARS = 8  # of a loop: long enough that the ear does not count
STYLES = ("dance", "lofi", "plucked", "ambient")
CHORDS = ((0, 4, 7), (-3, 0, 4), (5, 9, 12), (7, 11, 14), (2, 5, 9), (-5, -1, 2))  # semitones from the key
SCALE = (0, 2, 4, 7, 9, 12, 14)

Samples = NDArray[np.float32]  # (n,), mono, RATE


def music(style: str, seconds: Seconds, rng: np.random.Generator) -> Samples:
    """So many seconds of one piece, with a root mean square of 1."""
    beat_s = 60 / float(rng.uniform(*{"dance": (118, 130), "lofi": (72, 88)}.get(style, (80, 110))))
    key = 220 * 2 ** (int(rng.integers(-5, 6)) / 12)
    chords = [CHORDS[int(i)] for i in rng.integers(0, len(CHORDS), 4)] * (BARS // 4)
    loop = np.zeros(round(BARS * 4 * beat_s * RATE), np.float32)
    for bar, chord in enumerate(chords):
        _bar(loop, style, bar * 4 * beat_s, beat_s, [key * 2 ** (tone / 12) for tone in chord], rng)
    whole = np.resize(loop, round(seconds * RATE))
    return np.asarray(whole / max(float(np.sqrt(np.mean(loop**2))), 1e-9), np.float32)


def _bar(loop: Samples, style: str, at: Seconds, beat: Seconds, chord: list[float], rng: np.random.Generator) -> None:
    """Four beats of one chord."""
    tune = [chord[0] * 2 ** (SCALE[int(i)] / 12) for i in rng.integers(0, len(SCALE), 8)]
    match style:
        case "dance":
            for i in range(4):
                _put(loop, at + i * beat, _kick())
                _put(loop, at + (i + 0.5) * beat, 0.3 * _hiss(0.05, rng))
                _put(loop, at + (i + 0.5) * beat, 0.5 * _tone(chord[0] / 2, beat * 0.45, 8, 6.0))
            for i, pitch in enumerate(tune):
                _put(loop, at + i * beat / 2, 0.25 * _tone(pitch * 2, beat * 0.4, 6, 9.0))
        case "lofi":
            for i in range(4):
                _put(loop, at + i * beat, 0.7 * (_kick() if i % 2 == 0 else _hiss(0.12, rng)))
            for pitch in chord:
                _put(loop, at, 0.35 * _tone(pitch, beat * 4, 4, 0.8))
            _put(loop, at + beat * 1.5, 0.3 * _tone(tune[0] * 2, beat, 3, 3.0))
        case "plucked":
            for i, pitch in enumerate(tune):
                _put(loop, at + i * beat / 2, 0.6 * _tone(pitch, beat * 1.4, 10, 5.0))
            _put(loop, at, 0.6 * _tone(chord[0] / 2, beat * 2, 6, 2.0))
        case _:
            for pitch in (chord[0] / 2, *chord, chord[1] * 2):
                _put(loop, at, 0.4 * _swell(pitch, beat * 5))


def _put(loop: Samples, at: Seconds, sound: Samples) -> None:
    """Added to the loop; what rings beyond its end rings into its beginning."""
    start = round(at * RATE) % len(loop)
    head = min(len(sound), len(loop) - start)
    loop[start : start + head] += sound[:head]
    loop[: len(sound) - head] += sound[head:]


def _times(seconds: Seconds) -> Samples:
    return np.arange(round(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def _tone(pitch: float, seconds: Seconds, partials: int, decay: float) -> Samples:
    """A struck or plucked note: overtones die sooner."""
    t = _times(seconds)
    note = sum(np.sin(2 * np.pi * pitch * k * t) * np.exp(-decay * k**0.5 * t) / k for k in range(1, partials + 1))
    return np.asarray(note * np.minimum(t * 400, 1) * np.minimum((seconds - t) * 100, 1), np.float32)


def _swell(pitch: float, seconds: Seconds) -> Samples:
    t = _times(seconds)
    note = sum(np.sin(2 * np.pi * pitch * k * (1 + 0.002 * d) * t) / k**1.5 for k in (1, 2, 3) for d in (-1, 1))
    return np.asarray(note * np.sin(np.pi * t / seconds) ** 2, np.float32)


def _kick() -> Samples:
    t = _times(0.25)
    return np.asarray(1.4 * np.sin(2 * np.pi * (48 * t - 5 * np.exp(-30 * t))) * np.exp(-14 * t), np.float32)


def _hiss(seconds: Seconds, rng: np.random.Generator) -> Samples:
    t = _times(seconds)
    noise = np.diff(rng.normal(0, 0.5, len(t) + 1))  # the difference has the highs
    return np.asarray(noise * np.exp(-t * 5 / seconds), np.float32)
