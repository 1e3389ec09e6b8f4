"""Sounds of speech from what a network heard: steps become sounds, and chances bits; bad weights are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.errors import SpeechError
from engines.speech.sounding import LEAST, STEP_S, WEIGHTS, Sounding, told_apart
from engines.text.phones import PHONES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

CHANCE = np.full(len(PHONES), 1 / len(PHONES), np.float32)
M, AA = PHONES.index("M"), PHONES.index("AA")


def steps(*told: tuple[int | None, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Of each step the likeliest sound and its chance; the rest is none."""
    chances = np.zeros((len(told), len(PHONES) + 1), np.float32)
    for row, (sound, chance) in zip(chances, told, strict=True):
        row[-1] = 1 - chance
        if sound is not None:
            row[sound] = chance
    return chances


def test_steps_of_one_sound_are_one_and_the_surest_counts() -> None:
    heard = told_apart(steps((None, 0), (M, 0.6), (M, 0.9), (AA, 0.8), (None, 0), (AA, 0.5)), CHANCE)
    assert heard.heard.against.argmax(axis=0).tolist() == [M, AA, AA]
    assert heard.heard.against[M, 0] == pytest.approx(np.log2(0.9 * len(PHONES)), abs=1e-4)
    assert heard.heard.added.tolist() == pytest.approx(np.log2([0.1, 0.2, 0.5]).tolist(), abs=1e-4)
    assert heard.at.tolist() == pytest.approx([(1.6 + 0.5) * STEP_S, 3.5 * STEP_S, 5.5 * STEP_S])


def test_what_was_not_heard_counts_no_less_than_the_least() -> None:
    heard = told_apart(steps((M, 1.0)), CHANCE)
    assert heard.heard.against[AA, 0] == LEAST


def test_where_nobody_speaks_there_are_no_sounds() -> None:
    heard = told_apart(steps((None, 0), (M, 0.01)), CHANCE)
    assert len(heard.at) == 0
    assert heard.heard.against.shape == (len(PHONES), 0)


def test_chances_of_each_step_add_up_to_one() -> None:
    rng = np.random.default_rng(1)
    chances = Sounding().chances(rng.normal(0, 1, (20, 288)).astype(np.float32))
    assert chances.shape == (20, len(PHONES) + 1)
    assert chances.sum(axis=1).tolist() == pytest.approx([1.0] * 20, abs=1e-4)


def test_weights_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=r"sounds of speech: missing.npz cannot be read .*install anew"):
        Sounding(tmp_path / "missing.npz")
    (tmp_path / "short.npz").write_bytes(WEIGHTS.read_bytes()[:1000])
    with pytest.raises(SpeechError, match=r"short.npz cannot be read"):
        Sounding(tmp_path / "short.npz")
    (tmp_path / "empty.npz").touch()
    with pytest.raises(SpeechError, match=r"empty.npz cannot be read"):
        Sounding(tmp_path / "empty.npz")


def test_weights_with_a_damaged_byte_are_not_used(tmp_path: Path) -> None:
    whole = WEIGHTS.read_bytes()
    for at in range(100, len(whole), len(whole) // 12):
        damaged = bytearray(whole)
        damaged[at] ^= 255
        (tmp_path / "damaged.npz").write_bytes(damaged)
        with pytest.raises(SpeechError, match=r"damaged.npz cannot be read"):
            Sounding(tmp_path / "damaged.npz")
