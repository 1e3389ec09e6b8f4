"""Noise that is in rooms: a crowd, a mains hum, a ventilator, a street. Pure; knows no speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.music import RATE

if TYPE_CHECKING:
    from benchmarks.liveshop.music import Samples
    from stream.types import Seconds

NOISES = ("crowd", "hum", "fan", "street")
LOOP_S = 24.0
TALKERS = 14
FORMANTS = ((520.0, 1190.0), (300.0, 2200.0), (730.0, 1090.0), (440.0, 1020.0), (660.0, 1720.0))  # vowels


def noise(style: str, seconds: Seconds, rng: np.random.Generator) -> Samples:
    """So many seconds of it, with a root mean square of 1. Longer than LOOP_S it comes again."""
    count = round(LOOP_S * RATE)
    match style:
        case "crowd":
            loop = _crowd(count, rng)
        case "hum":
            loop = _hum(count) + 0.15 * _coloured(count, rng, 0.5)
        case "fan":
            loop = _coloured(count, rng, 0.5) + 0.2 * _hum(count)
        case _:
            passing = 0.35 + np.sin(np.linspace(0, 3 * np.pi, count)) ** 4  # cars
            loop = (_coloured(count, rng, 1.0) * passing).astype(np.float32)
    whole = np.resize(loop / max(float(np.sqrt(np.mean(loop**2))), 1e-9), round(seconds * RATE))
    return np.asarray(whole, np.float32)


def _coloured(count: int, rng: np.random.Generator, slope: float) -> Samples:
    """White noise with power falling as frequency to the 2 * slope."""
    spectrum = np.fft.rfft(rng.normal(0, 1, count))
    spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / RATE), 30.0) ** slope
    made = np.fft.irfft(spectrum, count)
    return np.asarray(made / np.std(made), np.float32)


def _hum(count: int) -> Samples:
    t = np.arange(count) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in (1, 2, 3, 4, 6)), np.float32)


def _crowd(count: int, rng: np.random.Generator) -> Samples:
    """Many people talking at once: no word can be made out, the rhythm of syllables can."""
    made = sum((_talker(count, rng) for _ in range(TALKERS)), np.zeros(count, np.float32))
    return np.asarray(made + 0.3 * np.std(made) * _coloured(count, rng, 0.7), np.float32)


def _talker(count: int, rng: np.random.Generator) -> Samples:
    """A buzz at a voice's pitch, through one vowel after the other, four syllables a second."""
    syllables = round(LOOP_S * 4)
    edges = np.linspace(0, syllables, count)
    pitch = np.interp(edges, np.arange(syllables + 1), rng.uniform(0.85, 1.15, syllables + 1)) * rng.uniform(90, 230)
    buzz = (np.cumsum(pitch) / RATE) % 1.0 - 0.5
    loud = np.repeat(rng.random(syllables) ** 2 * (rng.random(syllables) < 0.8), count // syllables)
    loud = np.resize(loud, count) * np.sin(np.pi * (edges % 1.0))
    formants = FORMANTS[int(rng.integers(0, len(FORMANTS)))]
    spectrum = np.fft.rfft(buzz * loud)
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    shape = sum(1 / (1 + ((frequency - formant) / 120) ** 2) for formant in (*formants, 2600.0))
    return np.asarray(np.fft.irfft(spectrum * shape, count), np.float32)
