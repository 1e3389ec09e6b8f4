"""Cepstra come out the same however the sound comes in, ten milliseconds each, whatever the gain."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.speech.base import RATE, Samples
from engines.speech.clearing import (
    AHEAD,
    BANDS,
    BEFORE,
    CEPSTRA,
    FILTERS,
    FIRST,
    HOP,
    SPREAD,
    WINDOW,
    Cepstra,
    Clearing,
    Network,
    Room,
    Voice,
    bands,
    cosines,
    filtered,
    network,
    power,
    together,
)

pytestmark = pytest.mark.unit


def buzz(seconds: float, seed: int = 1) -> Samples:
    """Syllables of something with a pitch, in a room that is never quite silent."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    loud = np.clip(np.sin(2 * np.pi * 4 * t), 0, 1)
    made = 0.1 * loud * ((t * 130) % 1.0 - 0.5) + rng.normal(0, 0.002, len(t))
    return np.asarray(made, np.float32)


def told(sound: Samples, cuts: list[int]) -> Cepstra:
    clearing = Clearing(network())
    edges = [0, *sorted(cuts), len(sound)]
    pushed = [
        clearing.push(sound[a:b], last=b == len(sound) and i == len(edges) - 2)
        for i, (a, b) in enumerate(pairwise(edges))
    ]
    return np.concatenate(pushed)


def test_a_burst_out_of_digital_silence_is_measured_without_a_warning() -> None:
    noise = np.random.default_rng(1).normal(0, 2.0, RATE).astype(np.float32)
    assert np.isfinite(told(np.concatenate([np.zeros(RATE, np.float32), noise]), [])).all()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, RATE), max_size=6))
def test_it_does_not_matter_how_the_sound_is_cut(cuts: list[int]) -> None:
    """The first frames set the room and the voice, so they come together, as a piece's first blocks do."""
    sound = buzz(1.0)
    whole = told(sound, [])
    assert whole.shape[0] == pytest.approx(RATE / HOP, abs=1)
    np.testing.assert_allclose(
        told(sound, [cut for cut in cuts if cut >= (FIRST + AHEAD) * HOP + WINDOW]), whole, atol=2e-3
    )


def test_what_comes_out_is_late_by_the_frames_around_it_and_the_end_brings_the_rest() -> None:
    clearing, sound = Clearing(network()), buzz(0.5)
    first = clearing.push(sound, last=False)
    whole = (len(sound) - WINDOW) // HOP + 1
    assert len(first) == whole - AHEAD
    rest = clearing.push(np.zeros(0, np.float32), last=True)
    assert len(first) + len(rest) == pytest.approx(len(sound) / HOP, abs=1)


def test_too_little_sound_for_a_frame_is_told_with_the_last() -> None:
    clearing = Clearing(network())
    assert clearing.push(buzz(0.01), last=False).shape == (0, 13)
    assert clearing.push(np.zeros(0, np.float32), last=True).shape == (1, 13)


def test_a_louder_microphone_is_no_other_voice() -> None:
    np.testing.assert_allclose(told(4 * buzz(1.0), []), told(buzz(1.0), []), atol=1.0)


def test_a_piece_knows_the_room_of_the_one_before_and_nothing_of_its_sound() -> None:
    clearing = Clearing(network())
    clearing.push(buzz(1.0), last=True)
    clearing.begin()
    second = clearing.push(buzz(1.0, seed=2), last=True)
    assert len(second) == len(told(buzz(1.0, seed=2), []))
    assert not np.allclose(second, told(buzz(1.0, seed=2), []), atol=0.5)


def test_noise_under_a_voice_moves_what_comes_out_less_than_what_goes_in() -> None:
    rng = np.random.default_rng(5)
    clean = buzz(3.0)
    noisy = clean + rng.normal(0, 0.01, len(clean)).astype(np.float32)
    clear, dirty = told(clean, []), told(noisy, [])
    before, after = (Voice().about(filtered(power(sound)) @ cosines()) for sound in (clean, noisy))
    moved_in = np.abs(after - before).mean() / before.std()
    assert np.abs(dirty - clear).mean() / clear.std() < moved_in


def test_silence_gives_numbers() -> None:
    assert np.isfinite(told(np.zeros(RATE, np.float32), [])).all()


def test_each_frame_goes_in_behind_those_before_it() -> None:
    rows = Room().against(bands(power(buzz(0.3))))
    put = together(rows)
    assert put.shape == (len(rows) - BEFORE, (BEFORE + 1) * 2 * BANDS)
    np.testing.assert_allclose(put[:, -2 * BANDS :], rows[BEFORE:] / SPREAD, rtol=1e-5)
    np.testing.assert_allclose(put[0, : 2 * BANDS], rows[0] / SPREAD, rtol=1e-5)


def idle(memory: int = 3) -> Network:
    """Leaves everything as it is."""
    shapes = ((BEFORE + 1) * 2 * BANDS, 2), (2,), (2, 3 * memory), (3 * memory,), (memory, 3 * memory), (3 * memory,)
    return Network(*(np.zeros(shape, np.float32) for shape in (*shapes, (memory, FILTERS), (FILTERS,))))


def test_what_the_network_does_not_touch_is_what_pocketsphinx_measures_about_its_mean() -> None:
    sound = buzz(1.0)
    made = Clearing(idle()).push(sound, last=True)
    padded = np.append(sound, np.zeros(WINDOW - HOP, np.float32))
    np.testing.assert_allclose(made, Voice().about(filtered(power(padded)) @ cosines()), atol=1e-3)


def test_a_memory_that_is_told_nothing_halves_what_it_holds() -> None:
    """Its gates stand in the middle, and what is new is nothing."""
    states = idle().states(np.zeros((2, (BEFORE + 1) * 2 * BANDS), np.float32), np.ones(3, np.float32))
    np.testing.assert_allclose(states, [[0.5] * 3, [0.25] * 3])


def test_a_voice_is_told_about_its_mean_and_pauses_do_not_move_it() -> None:
    voice, rng = Voice(), np.random.default_rng(3)
    spoken = rng.normal(0, 1, (2000, CEPSTRA)).astype(np.float32) + 40
    assert np.abs(voice.about(spoken)[1000:].mean(axis=0)).max() < 0.5
    voice.about(np.full((50, CEPSTRA), -60, np.float32))
    assert np.abs(voice.about(spoken).mean(axis=0)).max() < 0.5
