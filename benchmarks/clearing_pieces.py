"""Voices in rooms over music and noise, and what PocketSphinx measures of them in quiet: for `train_clearing`.

Half of what is said are hosts' sentences, half words of the dictionary in no order. Voices are those that tuning may
use (`benchmarks/sounding_voices.py` has them), spoken slower and faster, through longer and shorter throats, by
duller and brighter microphones; under them are LiveShop's music and noises, one or two at once, or others who talk.
The voices awb and rms are not heard, nor the two of espeak-ng that LiveShop's hosts have. Knows no network.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pocketsphinx

from benchmarks.speech_said import SOUNDS, background, sentences
from engines.speech.base import RATE, Samples
from engines.speech.clearing import Cepstra, Frames, Room, bands, filtered, power
from engines.text.phones import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARES = {
    "pico en-US": 0.09, "pico en-GB": 0.09, "piper joe": 0.07, "flite slt": 0.17, "flite kal16": 0.12,
    "flite kal": 0.04, "festival ked": 0.12, "espeak-ng": 0.3,
}  # fmt: skip
THROATS, TEMPOS = (0.84, 1.2), (0.85, 1.2)
A_TRACK = 3  # things said, of one voice in one room
MIXTURES = 3  # of each track
BEDS = 16  # of each sound, so many seconds long
BED_S = 40.0
OFTENER = {"dance": 2.0, "crowd": 3.0}
LEVELS_DB = (4.0, 24.0)
HISS_DB = (30.0, 55.0)
QUIET, ALONE, TALKERS, ECHOES = 0.12, 0.7, 0.1, 0.25  # shares of mixtures, of beds that are one, of beds, of mixtures
QUIET_DB = 45.0  # a room in which nothing is played
IN_QUIET = 99.0
LOUDEST = 0.6  # of full scale
PAUSES_S = (0.1, 0.8)
GAINS_DB = (-14.0, 0.0)


class Mixture(NamedTuple):
    """As the network will see it, as PocketSphinx's filters have it, and what its cepstra shall be."""

    rows: Frames
    filters: Frames
    wanted: Cepstra
    voice: str
    level_db: float


def save(path: Path, made: Sequence[Mixture]) -> None:
    np.savez(
        path,
        rows=np.concatenate([one.rows for one in made]).astype(np.float16),
        filters=np.concatenate([one.filters for one in made]).astype(np.float16),
        wanted=np.concatenate([one.wanted for one in made]).astype(np.float16),
        counts=np.array([len(one.rows) for one in made]),
        voices=np.array([one.voice for one in made]),
        levels=np.array([one.level_db for one in made], np.float32),
    )


def load(path: Path) -> list[Mixture]:
    with np.load(path) as told:
        edges = np.cumsum(told["counts"])[:-1]
        rows, filters, wanted = (np.split(told[name], edges) for name in ("rows", "filters", "wanted"))
        return [
            Mixture(row, told_filters, goal, str(voice), float(level))
            for row, told_filters, goal, voice, level in zip(
                rows, filters, wanted, told["voices"], told["levels"], strict=True
            )
        ]


class Speech:
    """One seed's: something or other that a voice says."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng((seed, 1))
        self._sentences = [text for k in range(20) for text in sentences(5000 + seed * 37 + k, 80)]
        listed = (line.split(b" ")[0].decode() for line in dictionary().split(b"\n") if line and b"(" not in line)
        self._words = [word for word in listed if word.isalpha() and 2 < len(word) < 11]

    def __call__(self, voice: str) -> Samples:
        """A text that a voice cannot say is left for another."""
        from benchmarks.sounding_voices import spoken  # which learning does without

        while True:
            throat, tempo = float(self._rng.uniform(*THROATS)), float(self._rng.uniform(*TEMPOS))
            made = spoken(self._text(), voice, min(max(throat / tempo, 0.75), 1.4), self._rng)
            if made is not None and len(made[0]) > RATE // 4:
                count = int(len(made[0]) / throat)
                sound = np.interp(np.arange(count) * throat, np.arange(len(made[0])), made[0])
                return np.asarray(LOUDEST * sound / max(float(np.abs(sound).max()), 1e-3), np.float32)

    def _text(self) -> str:
        rng = self._rng
        if rng.random() < 0.5:
            return self._sentences[int(rng.integers(len(self._sentences)))]
        return " ".join(self._words[int(i)] for i in rng.integers(0, len(self._words), int(rng.integers(2, 7))))


class Mixtures:
    """One seed's."""

    def __init__(self, seed: int) -> None:
        self._rng, self._say, self._measure = np.random.default_rng(seed), Speech(seed), Measure()
        self._beds = [background(sound, BED_S, seed * 1000 + k) for k in range(BEDS) for sound in SOUNDS]
        shares = np.array([OFTENER.get(sound, 1.0) for _ in range(BEDS) for sound in SOUNDS])
        self._shares = shares / shares.sum()
        self._said: list[Samples] = []  # lately, by whomever

    def track(self) -> Iterator[Mixture]:
        """Of one voice; espeak-ng speaks as another person each time, so each of its tracks is of one text."""
        rng = self._rng
        voice = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        said = [self._say(voice) for _ in range(1 if voice == "espeak-ng" else A_TRACK)]
        self._said = [*self._said[-20:], *said]
        parts = [part for one in said for part in (self._pause(), one)]
        gain = 10 ** (rng.uniform(*GAINS_DB) / 20)
        dry = _tilted(np.concatenate([*parts, self._pause()]) * np.float32(gain), rng.uniform(-0.35, 0.35))
        loud = float(np.sqrt(np.mean(np.square(np.concatenate(said)))) * gain)
        wanted = self._measure(self._hissed(dry, loud, QUIET_DB))
        for _ in range(MIXTURES):
            level = IN_QUIET if rng.random() < QUIET else float(rng.uniform(*LEVELS_DB))
            yield self._mixture(self._mixed(dry, loud, level), wanted, voice, level)

    def _mixture(self, mixed: Samples, wanted: Cepstra, voice: str, level: float) -> Mixture:
        seen = power(np.asarray(np.clip(mixed, -1, 1), np.float32))
        count = min(len(seen), len(wanted))
        return Mixture(Room().against(bands(seen))[:count], filtered(seen)[:count], wanted[:count], voice, level)

    def _mixed(self, dry: Samples, loud: float, level_db: float) -> Samples:
        rng = self._rng
        wet = self._echoing(dry) if rng.random() < ECHOES else dry
        mixed = self._hissed(wet, loud, float(rng.uniform(*HISS_DB)))
        if level_db == IN_QUIET:
            return mixed
        under = np.zeros(len(dry), np.float32)
        for _ in range(1 if rng.random() < ALONE else 2):
            bed = self._talk(len(dry)) if rng.random() < TALKERS else self._bed(len(dry))
            under += np.float32(10 ** (rng.uniform(-6, 0) / 20)) * bed
        return mixed + np.float32(loud / 10 ** (level_db / 20)) * _even(under)

    def _bed(self, count: int) -> Samples:
        rng = self._rng
        bed = self._beds[int(rng.choice(len(self._beds), p=self._shares))]
        part = np.resize(bed[int(rng.integers(0, max(1, len(bed) - count))) :], count)
        return _even(_tilted(part, rng.uniform(-0.5, 0.5)) if rng.random() < 0.4 else part)

    def _talk(self, count: int) -> Samples:
        """Six at once."""
        rng, made = self._rng, np.zeros(count, np.float32)
        for i in rng.integers(0, len(self._said), 6):
            again = np.resize(np.append(self._said[i], np.zeros(RATE // 2, np.float32)), count)
            made += np.roll(again, int(rng.integers(count)))
        return _even(made)

    def _pause(self) -> Samples:
        return np.zeros(int(self._rng.uniform(*PAUSES_S) * RATE), np.float32)

    def _hissed(self, sound: Samples, loud: float, level_db: float) -> Samples:
        return sound + self._rng.normal(0, loud * 10 ** (-level_db / 20), len(sound)).astype(np.float32)

    def _echoing(self, sound: Samples) -> Samples:
        rng = self._rng
        count = int(rng.uniform(0.05, 0.25) * RATE)
        walls = rng.normal(0, 1, count) * np.exp(-6 * np.arange(count) / count)
        walls *= rng.uniform(0.1, 0.4) / np.sqrt(np.sum(walls**2))
        size = len(sound) + count
        tail = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(walls, size), size)[: len(sound)]
        return sound + tail.astype(np.float32)


class Measure:
    """PocketSphinx's own cepstra, which it tells in a file."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        # It measures what it searches: as little as can be.
        self._decoder = pocketsphinx.Decoder(
            lm=None, samprate=RATE, loglevel="FATAL", mfclogdir=self._folder.name, ds=50, topn=1
        )
        self._decoder.add_keyphrase("nothing", "tea")
        self._decoder.activate_search("nothing")

    def __call__(self, samples: Samples) -> Cepstra:
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), no_search=True)
        self._decoder.end_utt()
        (told,) = Path(self._folder.name).iterdir()
        made: Cepstra = np.frombuffer(told.read_bytes()[4:], ">f4").reshape(-1, 13).astype(np.float32)
        told.unlink()
        return made


def _tilted(sound: Samples, by: float) -> Samples:
    return np.convolve(sound, [1.0, by])[: len(sound)].astype(np.float32)


def _even(sound: Samples) -> Samples:
    """Its root mean square 1."""
    return np.asarray(sound / max(float(np.sqrt(np.mean(np.square(sound)))), 1e-9), np.float32)
