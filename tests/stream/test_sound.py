"""Sound in chunks: their length, their times, and holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.mixing import Mixing
from stream.sound import CHUNK, RATE, Chunker, Sound

if TYPE_CHECKING:
    from stream.sound import Wave
    from stream.types import AudioChunk, Samples

pytestmark = pytest.mark.unit


def samples(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.ones(count, np.float32)


@given(st.lists(st.integers(1, 5000), max_size=30))
def test_whatever_length_comes_chunks_are_even_and_nothing_is_lost(lengths: list[int]) -> None:
    chunker, at = Chunker(), 0.0
    chunks: list[AudioChunk] = []
    for length in lengths:
        chunks += chunker.push(at, samples(length))
        at += length / RATE
    assert all(len(chunk.samples) == CHUNK for chunk in chunks)
    chunks += chunker.flush()
    assert sum(len(chunk.samples) for chunk in chunks) == sum(lengths)
    assert [chunk.at for chunk in chunks] == pytest.approx([i * 0.1 for i in range(len(chunks))])


def test_a_hole_starts_a_chunk_at_its_own_time() -> None:
    chunker = Chunker()
    assert list(chunker.push(0.0, samples(800))) == []
    first = list(chunker.push(2.0, samples(1600)))
    assert [(chunk.at, len(chunk.samples)) for chunk in first] == [(0.0, 800), (2.0, 1600)]


def test_a_sound_card_that_runs_fast_is_followed_without_a_break() -> None:
    """300 ppm over ten minutes are 180 ms: counted from the start, they would become a hole of their own."""
    chunker, skew, worst = Chunker(), 1 - 300e-6, 0.0
    length = 1024 / RATE
    sizes: set[int] = set()
    given = 0
    for i in range(round(600 / length)):
        for chunk in chunker.push(round(i * length * skew, 3), samples(1024)):
            worst = max(worst, abs(chunk.at - given / RATE * skew))
            given += len(chunk.samples)
            sizes.add(len(chunk.samples))
    assert sizes == {CHUNK}
    assert worst < 0.005


def test_dropping_forgets_what_waits() -> None:
    chunker = Chunker()
    list(chunker.push(0.0, samples(800)))
    chunker.drop()
    assert list(chunker.flush()) == []


def test_what_is_no_number_is_silence_and_is_counted() -> None:
    silenced: list[int] = []
    sound = Sound(silenced.append, Mixing(RATE))
    chunks: list[AudioChunk] = []
    for i in range(4):
        wave = np.full((1, 2 * CHUNK), 0.5, np.float32)
        if i == 1:
            wave[0, 7:9] = np.nan, np.inf
        frame = av.AudioFrame.from_ndarray(wave, format="flt", layout="mono")
        frame.sample_rate = RATE
        chunks += sound.push(frame, i * 0.2)
    assert all(np.isfinite(chunk.samples).all() for chunk in chunks)
    assert chunks[-1].samples.mean() == pytest.approx(0.5)
    assert silenced == [2]


LAYOUTS = {"stereo": 2, "5.1": 6, "5.1(side)": 6, "quad": 4, "2.1": 3, "downmix": 2}
INVERTED = np.array([[1.0], [-1.0]], np.float32)


def heard(sound: Sound, wave: Wave, layout: str, rate: int = 48_000, format_: str = "fltp") -> Samples:
    """Of frames as an AAC decoder gives them."""
    chunks: list[AudioChunk] = []
    for at in range(0, wave.shape[1], 1024):
        part = np.ascontiguousarray(wave[:, at : at + 1024])
        if format_ != "fltp":
            part = np.ascontiguousarray((part * 32767).astype(np.int16).T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(part, format=format_, layout=layout)
        frame.sample_rate = rate
        chunks += sound.push(frame, at / rate)
    return np.concatenate([chunk.samples for chunk in [*chunks, *sound.end()]])


def mixed_by_ffmpeg(wave: Wave, layout: str, rate: int = 48_000) -> Samples:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout=layout)
    frame.sample_rate = rate
    return np.concatenate([one.to_ndarray()[0] for one in resampler.resample(frame)])


def said(seconds: float, rate: int = 48_000) -> Samples:
    t = np.arange(round(seconds * rate)) / rate
    return np.asarray(0.2 * np.sin(2 * np.pi * 180 * t) * np.sin(2 * np.pi * 3 * t), np.float32)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_mixed_as_ffmpeg_does(layout: str) -> None:
    wave = np.random.default_rng(0).normal(0, 0.05, (LAYOUTS[layout], 3 * 48_000)).astype(np.float32)
    got, known = heard(Sound(print, Mixing(RATE)), wave, layout), mixed_by_ffmpeg(wave, layout)
    np.testing.assert_allclose(got[: len(known)], known[: len(got)], atol=1e-5)


@pytest.mark.parametrize(("rate", "format_"), [(48_000, "fltp"), (44_100, "fltp"), (48_000, "s16")])
def test_stereo_in_antiphase_is_heard(rate: int, format_: str) -> None:
    told: list[str] = []
    got = heard(Sound(print, Mixing(RATE, told.append)), said(6, rate) * INVERTED, "stereo", rate, format_)
    assert not got[: 18 * CHUNK].any()
    assert float(np.abs(got[30 * CHUNK :]).max()) == pytest.approx(0.2 * 2**0.5, rel=0.02)
    assert len(told) == 1


def test_a_voice_in_the_centre_of_surround_is_heard_though_the_front_cancels() -> None:
    """A hall of applause out of phase is no fault, and takes nothing of the voice."""
    told: list[str] = []
    wave = np.zeros((6, 6 * 48_000), np.float32)
    wave[:2] = np.random.default_rng(1).normal(0, 0.02, 6 * 48_000) * INVERTED
    wave[2] = said(6)
    got, known = heard(Sound(print, Mixing(RATE, told.append)), wave, "5.1"), mixed_by_ffmpeg(wave, "5.1")
    np.testing.assert_allclose(got[: len(known)], known[: len(got)], atol=1e-5)
    assert told == []


def test_a_layout_that_changes_under_way_goes_on() -> None:
    sound = Sound(print, Mixing(RATE))
    parts = [heard(sound, np.tile(said(1), (LAYOUTS.get(one, 1), 1)), one) for one in ("mono", "stereo", "mono")]
    assert [float(np.abs(part).max()) for part in parts] == pytest.approx([0.2, 0.2 * 2**0.5, 0.2], rel=0.02)


def test_what_is_louder_than_anything_is_silence_too_and_a_fault_is_found_after_it() -> None:
    told, silenced = list[str](), list[int]()
    wave = said(6) * INVERTED
    wave[:, 1000:1003] = 3e38, np.inf, -4000
    got = heard(Sound(silenced.append, Mixing(RATE, told.append)), wave, "stereo")
    assert np.isfinite(got).all()
    assert float(np.abs(got[30 * CHUNK :]).max()) == pytest.approx(0.2 * 2**0.5, rel=0.02)
    assert sum(silenced) > 0
    assert told == ["left"]
