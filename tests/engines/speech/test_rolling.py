"""Sound is cut at pauses, and every piece knows when it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.speech.base import RATE, Samples
from engines.speech.rolling import SHORT, WHOLE, Cut, Rolling, Turns

pytestmark = pytest.mark.unit


def loud(seconds: float) -> Samples:
    return np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def test_a_piece_begins_before_its_sound_and_ends_after_its_pause() -> None:
    cuts = Rolling().push(np.concatenate([quiet(2), loud(1), quiet(1)]))
    assert cuts[0].first
    assert cuts[0].at == round(1.7 * RATE)
    assert cuts[-1].last
    assert cuts[-1].at + len(cuts[-1].samples) == round(3.4 * RATE)


def test_silence_is_no_piece() -> None:
    ear = Rolling()
    assert ear.push(quiet(10)) == []
    assert ear.end() == []
    assert ear.heard == 10 * RATE


def test_an_end_closes_the_piece_and_the_clock_goes_on() -> None:
    ear = Rolling()
    ear.push(np.concatenate([quiet(1), loud(0.55)]))
    assert [cut.last for cut in ear.end()] == [True]
    assert ear.heard == round(1.55 * RATE)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=20))
def test_pieces_are_the_same_however_the_sound_comes(lengths: list[int]) -> None:
    sound = np.concatenate([quiet(0.5), loud(0.6), quiet(0.9), loud(0.4), quiet(0.7)])
    ear, got, at = Rolling(), list[Cut](), 0
    for length in lengths:
        got += ear.push(sound[at : at + length])
        at += length
    got += ear.push(sound[at:])
    once = Rolling().push(sound)
    assert [(cut.at, len(cut.samples), cut.first, cut.last) for cut in got] == [
        (cut.at, len(cut.samples), cut.first, cut.last) for cut in once
    ]


def test_what_goes_on_may_be_softer_than_what_begins() -> None:
    room = np.random.default_rng(2).normal(0, 0.01, 16 * RATE).astype(np.float32)
    soft, fading = room.copy(), room.copy()
    soft[11 * RATE : 13 * RATE] *= 2.8
    fading[11 * RATE : 12 * RATE] *= 4
    fading[12 * RATE : 14 * RATE] *= 2.8

    def kept(sound: Samples, turns: Turns) -> float:
        cuts = [cut for cut in Rolling(turns).push(sound) if cut.at > 10 * RATE]  # the room is known by then
        return sum(len(cut.samples) for cut in cuts) / RATE

    assert kept(soft, WHOLE) == kept(soft, SHORT) == 0
    assert kept(fading, WHOLE) > kept(fading, SHORT) + 0.4 > 2
