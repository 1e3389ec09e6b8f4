"""Sound in chunks: their length, their times, and holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sound import CHUNK, RATE, Chunker, Sound

if TYPE_CHECKING:
    from stream.types import AudioChunk

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
    sound = Sound(silenced.append)
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
