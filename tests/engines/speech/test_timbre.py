"""Music, tones, noise and silence are told from talk by how they sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.speech.base import RATE, Samples
from engines.speech.gates import Gate
from engines.speech.timbre import WINDOW_S, Timbre, judged, sound_gate

pytestmark = pytest.mark.unit

TIMES = np.arange(round(WINDOW_S * RATE)) / RATE
FORMANTS = ((750, 1250), (300, 2300), (350, 800), (550, 1850))  # Hz: as in "father", "see", "you", "bed"


def noise(level: float = 0.05) -> Samples:
    return np.random.default_rng(3).normal(0, level, len(TIMES)).astype(np.float32)


def chord(*pitches: float) -> Samples:
    partials = [np.sin(2 * np.pi * pitch * k * TIMES) / k for pitch in pitches for k in range(1, 9)]
    return np.asarray(0.05 * np.sum(partials, axis=0) + 0.01 * noise(), np.float32)


def trill(pitch: float, by: float, times_a_second: float) -> Samples:
    """A tone that goes up and down so fast that its spectrum is a blur."""
    t = np.arange(2 * RATE) / RATE
    hertz = pitch + by * np.sin(2 * np.pi * times_a_second * t)
    return np.asarray(0.05 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE), np.float32)


def sweep(start: float, stop: float) -> Samples:
    phase = start * TIMES + (stop - start) * TIMES**2 / (2 * WINDOW_S)
    return np.asarray(0.1 * np.sin(2 * np.pi * phase), np.float32)


def sing_song(pitch: float, boom_db: float) -> Samples:
    """Vowel after vowel, the pitch a third up and down; the microphone makes more of what is below 400 Hz."""
    hertz = pitch * 2 ** (0.3 * np.sin(2 * np.pi * 1.3 * TIMES) + 0.1 * np.sin(2 * np.pi * 3.1 * TIMES))
    phase, vowel = np.cumsum(hertz) / RATE, (6 * TIMES).astype(int) % len(FORMANTS)
    made = np.zeros(len(TIMES))
    for k in range(1, 12):
        apart = (k * hertz[:, None] - np.array(FORMANTS, float)[vowel]) / 150
        made += (1 / (1 + apart**2)).sum(axis=1) / k * np.sin(2 * np.pi * k * phase)
    spectrum, bins = np.fft.rfft(made * (0.3 + np.sin(np.pi * 6 * TIMES) ** 2)), np.fft.rfftfreq(len(TIMES), 1 / RATE)
    boomy = np.fft.irfft(spectrum * (1 + (10 ** (boom_db / 20) - 1) / (1 + (bins / 400) ** 4)), len(TIMES))
    return np.asarray(0.1 * boomy / np.abs(boomy).max(), np.float32)


@pytest.mark.parametrize(
    ("sound", "gates"),
    [
        (np.zeros(len(TIMES), np.float32), {Gate.SILENCE}),
        (noise(0.0005), {Gate.SILENCE}),
        (noise(), {Gate.NOISE}),
        (np.cumsum(noise()).astype(np.float32) / 40, {Gate.NOISE}),
        (chord(220, 277, 330), {Gate.MUSIC, Gate.SINGING}),
        (chord(220), {Gate.MUSIC, Gate.SINGING}),
        (sweep(200, 300), {Gate.TONE}),
        (sweep(300, 3000), {Gate.TONE}),
        (trill(900, 400, 5), {Gate.TONE}),
        (trill(500, 250, 8), {Gate.TONE}),
    ],
)
def test_what_is_no_talk_is_refused_by_name(sound: Samples, gates: set[Gate]) -> None:
    assert sound_gate(sound) in gates


def test_talk_passes() -> None:
    assert (
        judged(
            Timbre(
                0.05, pure=0.6, placed=0.7, placed_mostly=0.93, change=2.0, held=0.35, held_long=0.25, pitched=0.95
            )
        )
        is None
    )
    assert (
        judged(
            Timbre(0.05, pure=0.5, placed=0.5, placed_mostly=0.7, change=1.3, held=0.05, held_long=0.03, pitched=0.7)
        )
        is None
    )


@pytest.mark.parametrize("pitch", [180, 250, 320])
@pytest.mark.parametrize("boom_db", [0, 12, 18])
def test_a_voice_that_sings_its_sentences_into_a_microphone_that_booms_is_no_tone(
    pitch: float, boom_db: float
) -> None:
    assert sound_gate(sing_song(pitch, boom_db)) is not Gate.TONE


def test_too_little_sound_is_not_judged() -> None:
    assert sound_gate(noise()[: RATE // 4]) is None


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(1e-6, 1), st.integers(RATE // 2, 2 * RATE))
def test_any_sound_has_an_answer(seed: int, level: float, length: int) -> None:
    sound = np.random.default_rng(seed).normal(0, level, length).astype(np.float32)
    assert sound_gate(np.clip(sound, -1, 1)) in {None, *Gate}
