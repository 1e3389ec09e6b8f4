"""Two channels to one: a healthy pair is mixed as ever, one that cancels is heard by one channel, without a click."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.mixing import FADE_S, HELD_S, SURE_S, Mixing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.mixing import Pair
    from stream.types import Samples

pytestmark = pytest.mark.unit

RATE = 16_000
FRAME = 341  # samples that a frame of 1,024 at 48 kHz comes to
MIDDLE = 0.5**0.5


@lru_cache
def voice(seconds: float, seed: int = 0, level: float = 0.1) -> Samples:
    """Noise that comes and goes four times a second, as syllables do."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, level, len(t))
    return np.asarray(noise * (0.55 + 0.45 * np.sin(8 * np.pi * t)), np.float32)


def pair(left: Samples, right: Samples) -> Pair:
    return np.asarray(np.stack([left, right]), np.float32)


def mixed(mixing: Mixing, wave: Pair, sizes: Sequence[int] = (FRAME,)) -> Samples:
    parts, at, i = [], 0, 0
    while at < wave.shape[1]:
        parts.append(mixing.push(wave[:, at : at + sizes[i % len(sizes)]]))
        at += sizes[i % len(sizes)]
        i += 1
    return np.concatenate(parts)


def power(samples: Samples) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def test_a_voice_in_antiphase_is_heard_after_two_seconds_as_loud_as_in_the_middle() -> None:
    said, told = voice(6), list[str]()
    heard = mixed(Mixing(RATE, told.append), pair(said, -said))
    assert told == ["left"]
    assert not heard[: round((SURE_S - 0.1) * RATE)].any()
    since = round((SURE_S + 0.1) * RATE)
    np.testing.assert_allclose(heard[since:], said[since:] * 2**0.5, rtol=1e-5)


def test_the_louder_of_two_that_cancel_is_heard() -> None:
    said, told = voice(4), list[str]()
    heard = mixed(Mixing(RATE, told.append), pair(-0.7 * said, said))
    assert told == ["right"]
    np.testing.assert_allclose(heard[3 * RATE :], said[3 * RATE :] * 2**0.5, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-1, 1, width=32),
    st.booleans(),
    st.lists(st.integers(100, 3000), min_size=1, max_size=5),
)
def test_whatever_a_voice_is_in_either_channel_it_is_soon_heard(
    other: float, swapped: bool, sizes: list[int]
) -> None:
    """No fainter than 10 dB under its louder channel, as the mix in the middle would have it."""
    said = voice(4)
    sides = (other * said, said) if swapped else (said, other * said)
    heard = mixed(Mixing(RATE), pair(*sides), sizes)
    assert np.isfinite(heard).all()
    assert len(heard) == len(said)
    assert power(heard[3 * RATE :]) >= 0.099 * 2 * power(said[3 * RATE :])


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.lists(st.integers(100, 3000), min_size=1, max_size=5))
def test_a_voice_in_the_middle_of_wide_music_is_mixed_as_ever(
    middle: float, left: float, right: float, sizes: list[int]
) -> None:
    said, told = middle * voice(4), list[str]()
    wave = pair(said + left * voice(4, 1), said + right * voice(4, 2))
    heard = mixed(Mixing(RATE, told.append), wave, sizes)
    np.testing.assert_allclose(heard, MIDDLE * (wave[0] + wave[1]), atol=1e-6)
    assert told == []


def test_music_that_cancels_for_a_second_now_and_then_is_mixed_as_ever() -> None:
    told, wide, plain = list[str](), voice(1), voice(3, 1)
    wave = np.concatenate([pair(wide, -wide), pair(plain, plain)] * 3, axis=1)
    heard = mixed(Mixing(RATE, told.append), wave)
    np.testing.assert_allclose(heard, MIDDLE * (wave[0] + wave[1]), atol=1e-6)
    assert told == []


def test_one_channel_that_is_silent_is_half_a_mix() -> None:
    said, told = voice(5), list[str]()
    heard = mixed(Mixing(RATE, told.append), pair(said, 0 * said))
    np.testing.assert_allclose(heard, MIDDLE * said, atol=1e-6)
    assert told == []


def test_going_over_is_no_click() -> None:
    t = np.arange(5 * RATE) / RATE
    tone = np.asarray(0.5 * np.cos(2 * np.pi * 200 * t), np.float32)
    heard = mixed(Mixing(RATE), pair(tone, -tone), (160,))
    steepest = float(np.abs(np.diff(tone)).max()) * 2**0.5
    a_fade_s_own = 0.5 * 2**0.5 / (FADE_S * RATE)
    assert np.abs(np.diff(heard)).max() <= steepest + a_fade_s_own


def test_a_fault_that_is_mended_goes_unnoticed_and_the_mix_is_trusted_again_after_a_minute() -> None:
    mixing, said = Mixing(RATE), voice(4)
    mixed(mixing, pair(said, -said))
    mended = voice(HELD_S + 10, 3)
    heard = mixed(mixing, pair(mended, mended))
    np.testing.assert_allclose(heard, mended * 2**0.5, rtol=1e-4, atol=1e-6)
    apart = mixed(mixing, pair(voice(1, 4), voice(1, 5)))
    np.testing.assert_allclose(apart, MIDDLE * (voice(1, 4) + voice(1, 5)), atol=1e-6)


def test_two_hosts_of_whom_one_is_inverted_are_both_heard_in_turns() -> None:
    told, turns = list[str](), [voice(4, seed) for seed in range(8)]
    wave = np.concatenate([pair(turn, turn if i % 2 else -turn) for i, turn in enumerate(turns)], axis=1)
    heard = mixed(Mixing(RATE, told.append), wave)
    np.testing.assert_allclose(heard[3 * RATE :], wave[0, 3 * RATE :] * 2**0.5, rtol=1e-4, atol=1e-6)
    assert told == ["left"]


def test_where_the_channel_that_is_heard_goes_silent_the_other_is() -> None:
    mixing, said = Mixing(RATE), voice(4)
    mixed(mixing, pair(said, -said))
    heard = mixed(mixing, pair(0 * said, -said))
    np.testing.assert_allclose(heard[3 * RATE :], -said[3 * RATE :] * 2**0.5, rtol=1e-4)


def test_silence_tells_nothing() -> None:
    told, faint = list[str](), voice(10, level=0.0005)
    mixing = Mixing(RATE, told.append)
    mixed(mixing, pair(faint, -faint))
    assert not mixed(mixing, np.zeros((2, 10 * RATE), np.float32)).any()
    assert told == []
