"""The host over music and noise: levels as stated, words only where they can be heard."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.liveshop.music import RATE, STYLES, music
from benchmarks.liveshop.noises import NOISES, noise
from benchmarks.liveshop.programme import Programme, Stretch
from benchmarks.liveshop.sound import heard, mixed
from benchmarks.liveshop.speech import Spoken
from benchmarks.liveshop.voices import VOICES, voice

pytestmark = pytest.mark.unit


def said(start: float, seconds: float = 2.0, text: str = "look at this") -> Spoken:
    rng = np.random.default_rng(1)
    return Spoken(start, text, (0.1 * rng.normal(0, 1, round(seconds * RATE))).astype(np.float32), "P")


def level(sound: np.ndarray, start: float, stop: float) -> float:
    part = sound[round(start * RATE) : round(stop * RATE)].astype(np.float64)
    return float(np.sqrt(np.mean(part**2)))


@pytest.mark.parametrize("style", STYLES)
def test_music_lasts_as_long_as_asked_and_differs_by_its_seed(style: str) -> None:
    one, same, other = (music(style, 12.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert len(one) == 12 * RATE
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.isfinite(one).all()


@pytest.mark.parametrize("style", NOISES)
def test_noise_has_its_level_and_comes_again_when_it_is_long(style: str) -> None:
    one, same = (noise(style, 30.0, np.random.default_rng(seed)) for seed in (1, 1))
    assert np.array_equal(one, same)
    assert level(one, 0, 24) == pytest.approx(1.0, rel=0.01)


def test_what_would_be_said_into_a_break_is_not_said() -> None:
    programme = Programme(stretches=(Stretch(5.0, 8.0, "ad"), Stretch(12.0, 14.0, "silence")))
    kept = heard([said(1.0), said(3.9), said(8.0), said(11.0), said(14.0)], programme)
    assert [line.start for line in kept] == [1.0, 8.0, 14.0]


def test_one_mouth_says_one_thing_at_a_time() -> None:
    kept = heard([said(1.0), said(2.5), said(2.6), said(20.0)], Programme())
    assert [line.start for line in kept] == pytest.approx([1.0, 3.15, 20.0])
    assert kept[1].words()[0][0] == pytest.approx(3.15)


def test_speech_stands_above_the_bed_by_what_is_stated() -> None:
    programme = Programme(stretches=(Stretch(0.0, 20.0, "bed", "fan", 15.0),))
    line = said(4.0)
    sound = mixed([line], programme, 3, 20.0)
    ratio = level(line.samples, 0, 2) / level(sound, 8, 18)
    assert 20 * np.log10(ratio) == pytest.approx(15.0, abs=0.7)
    assert np.array_equal(sound, mixed([line], programme, 3, 20.0))


def test_silence_is_silent_and_music_alone_has_no_bed_under_it() -> None:
    stretches = (Stretch(0.0, 20.0, "bed", "hum", 10.0), Stretch(5.0, 8.0, "silence"))
    sound = mixed([], Programme(stretches=stretches), 3, 20.0)
    assert not sound[5 * RATE : 8 * RATE].any()
    assert level(sound, 0, 5) > 0.01
    alone = (*stretches[:1], Stretch(10.0, 16.0, "music", "plucked"))
    music_only = mixed([], Programme(stretches=alone[1:]), 3, 20.0)
    both = mixed([], Programme(stretches=alone), 3, 20.0)
    assert level(both, 11, 15) == pytest.approx(level(music_only, 11, 15), rel=0.35)
    assert not music_only[: 10 * RATE].any()


def test_nothing_is_louder_than_can_be_sent() -> None:
    loud = Spoken(1.0, "hello", np.full(RATE, 0.9, np.float32))
    sound = mixed([loud], Programme(stretches=(Stretch(0.0, 5.0, "noise", "street", 0.0),)), 3, 5.0)
    assert np.abs(sound).max() <= 0.98


def test_a_voice_that_the_machine_lacks_is_spoken_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.liveshop.voices.shutil.which", lambda name: name if name == "flite" else None)
    assert voice("espeak-ng en-us+f3") == ["flite", "-voice", "slt", "-o", "/dev/stdout", "-t"]
    assert voice("flite rms") == ["flite", "-voice", "rms", "-o", "/dev/stdout", "-t"]
    monkeypatch.setattr("benchmarks.liveshop.voices.shutil.which", lambda _name: None)
    assert all(voice(name) is None for name in VOICES)
