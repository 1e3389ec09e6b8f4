"""Music and noise go no further than the sieve; talk passes whole, with its clock right."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.speech.base import RATE, Samples
from engines.speech.gates import Gate
from engines.speech.rolling import Cut
from engines.speech.sieve import Sieve

pytestmark = pytest.mark.unit


def noise(seconds: float) -> Samples:
    return np.random.default_rng(3).normal(0, 0.05, round(seconds * RATE)).astype(np.float32)


def babble(seconds: float) -> Samples:
    """A gliding buzz through one vowel after the other, five a second: talk, as far as a sieve can tell."""
    rng = np.random.default_rng(5)
    parts = []
    for _ in range(round(seconds * 5)):
        count = RATE // 5
        pitch = np.linspace(rng.uniform(110, 190), rng.uniform(110, 190), count)
        buzz = np.cumsum(pitch) / RATE % 1.0 - 0.5
        spectrum = np.fft.rfft(buzz * np.hanning(count))
        frequency = np.fft.rfftfreq(count, 1 / RATE)
        shape = sum(1 / (1 + ((frequency - formant) / 150) ** 2) for formant in rng.uniform(300, 3200, 3))
        parts.append(np.fft.irfft(spectrum * shape, count))
    made = np.concatenate(parts)
    return np.asarray(0.3 * made / np.abs(made).max(), np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def whole(cuts: list[Cut]) -> tuple[int, int]:
    """Where they begin and end; there is nothing missing between."""
    for one, other in pairwise(cuts):
        assert other.at == one.at + len(one.samples)
    return cuts[0].at, cuts[-1].at + len(cuts[-1].samples)


def test_noise_is_refused_and_counted() -> None:
    sieve = Sieve()
    assert sieve.push(np.concatenate([quiet(2), noise(10)])) == []
    assert sieve.end() == []
    assert sieve.refused[Gate.NOISE] > 10


def test_talk_passes_from_its_beginning() -> None:
    cuts = Sieve().push(np.concatenate([quiet(2), babble(3), quiet(1)]))
    start, stop = whole(cuts)
    assert start <= 2 * RATE
    assert stop >= 5 * RATE
    assert cuts[0].first
    assert cuts[-1].last


def test_talk_that_ends_in_noise_is_closed() -> None:
    cuts = Sieve().push(np.concatenate([quiet(2), babble(3), noise(6)]))
    assert cuts[-1].last
    assert cuts[-1].at < 9 * RATE


def test_every_piece_begins_once_and_ends_once() -> None:
    sieve = Sieve()
    sound = np.concatenate([quiet(1), babble(2), noise(4), babble(2), quiet(1), babble(1)])
    cuts = [*sieve.push(sound), *sieve.end()]
    marks = "".join("(" * cut.first + ")" * cut.last for cut in cuts)
    assert marks == "()" * (len(marks) // 2)
    assert marks


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=12))
def test_what_passes_does_not_depend_on_how_the_sound_comes(lengths: list[int]) -> None:
    sound = np.concatenate([quiet(0.5), babble(2), quiet(0.6), noise(1.5), babble(1)])
    sieve, got, at = Sieve(), list[Cut](), 0
    for length in lengths:
        got += sieve.push(sound[at : at + length])
        at += length
    got += sieve.push(sound[at:])
    once = Sieve().push(sound)
    assert [(cut.at, len(cut.samples), cut.first, cut.last) for cut in got] == [
        (cut.at, len(cut.samples), cut.first, cut.last) for cut in once
    ]
