"""Pieces of talk with the sounds that were said in them: what engines/speech/sounding.npz is trained on.

    python -m benchmarks.sounding_pieces FOLDER [--seeds 5,6,7] [--count 900]

Half of it are hosts' sentences, half words of the dictionary in no order, since names are made of anything. Each is
spoken slower and faster by one of the voices of `sounding_voices`, through longer and shorter throats, microphones
and rooms, and laid over LiveShop's music and noises.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations when it runs)
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import typer

from benchmarks.sounding_voices import Spoken, spoken
from benchmarks.speech_said import SOUNDS, background, sentences
from engines.speech.base import RATE, Samples
from engines.speech.moonshine_model import MoonshineModel, locate
from engines.text.phones import dictionary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.text.phones import Phones

SHARES = {
    "pico en-US": 0.22, "pico en-GB": 0.18, "piper joe": 0.2, "flite slt": 0.1, "flite kal16": 0.07,
    "flite kal": 0.02, "festival ked": 0.08, "espeak-ng": 0.13,
}  # fmt: skip
LEVELS_DB = (1.0, 22.0)
QUIET = 0.12  # of all pieces
COLOUR_DB, BANDS = 4.0, 7
THROATS, TEMPOS = (0.82, 1.22), (0.85, 1.2)


class Made(NamedTuple):
    """A piece as the network sees it, and what was said in it."""

    heard: np.ndarray[tuple[int, int], np.dtype[np.float16]]
    phones: Phones
    voice: str
    level_db: float


def main(
    out: Path,
    seeds: Annotated[str, typer.Option(help="Of what is said, and how; one file each.")] = "5,6,7",
    count: Annotated[int, typer.Option(help="Pieces of each seed.")] = 900,
) -> None:
    model = MoonshineModel(locate())
    out.mkdir(parents=True, exist_ok=True)
    for seed in (int(one) for one in seeds.split(",")):
        pieces = Pieces(seed, model)
        save(out / f"pieces-{seed}.npz", [pieces.make() for _ in range(count)])
        print(f"seed {seed}: {count} pieces", flush=True)


def save(path: Path, pieces: list[Made]) -> None:
    np.savez(
        path,
        heard=np.concatenate([piece.heard for piece in pieces]),
        steps=np.array([len(piece.heard) for piece in pieces]),
        phones=np.frombuffer(b"".join(piece.phones for piece in pieces), np.uint8),
        lengths=np.array([len(piece.phones) for piece in pieces]),
        voices=np.array([piece.voice for piece in pieces]),
        levels=np.array([piece.level_db for piece in pieces], np.float32),
    )


def load(path: Path) -> list[Made]:
    with np.load(path) as told:
        steps, lengths = np.cumsum(told["steps"])[:-1], np.cumsum(told["lengths"])[:-1]
        heard, phones = np.split(told["heard"], steps), np.split(told["phones"], lengths)
        return [
            Made(one, said.tobytes(), str(voice), float(level))
            for one, said, voice, level in zip(heard, phones, told["voices"], told["levels"], strict=True)
        ]


class Pieces:
    """One seed's."""

    def __init__(self, seed: int, model: MoonshineModel) -> None:
        self._rng, self._model = np.random.default_rng(seed), model
        self._sentences = [text for k in range(20) for text in sentences(5000 + seed * 37 + k, 80)]
        listed = (line.split(b" ")[0].decode() for line in dictionary().split(b"\n") if line and b"(" not in line)
        self._words = [word for word in listed if word.isalpha() and 2 < len(word) < 11]
        self._beds = [(sound, background(sound, 40, seed * 100 + k)) for k in range(2) for sound in SOUNDS]

    def make(self) -> Made:
        rng = self._rng
        voice = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        parts, phones = [self._pause()], b""
        for _ in range(1 if rng.random() < 0.6 else 2):
            sound, said = self._said(voice)
            parts += [sound, self._pause()]
            phones += said
        sound = self._in_a_room(np.concatenate(parts))
        sound, level = self._over_a_bed(sound, float(np.sqrt(np.mean(np.concatenate(parts[1::2]) ** 2))))
        sound = np.asarray(np.clip(sound * 10 ** (rng.uniform(-12, 0) / 20), -1, 1), np.float32)
        return Made(self._model.heard(sound)[0].astype(np.float16), phones, voice, level)

    def _said(self, voice: str) -> Spoken:
        """Something or other; a text that a voice cannot say is left for another."""
        while True:
            made = self._spoken(self._text(), voice)
            if made is not None and made[1] and len(made[0]) > RATE // 4:
                return made

    def _text(self) -> str:
        rng = self._rng
        if rng.random() < 0.5:
            return self._sentences[int(rng.integers(len(self._sentences)))]
        return " ".join(self._words[int(i)] for i in rng.integers(0, len(self._words), int(rng.integers(2, 7))))

    def _spoken(self, text: str, voice: str) -> Spoken | None:
        """Drawn out and then played faster, or the other way round, a throat is shorter or longer."""
        throat, tempo = float(self._rng.uniform(*THROATS)), float(self._rng.uniform(*TEMPOS))
        made = spoken(text, voice, min(max(throat / tempo, 0.75), 1.4), self._rng)
        if made is None:
            return None
        sound, phones = made
        count = int(len(sound) / throat)
        return np.asarray(np.interp(np.arange(count) * throat, np.arange(len(sound)), sound), np.float32), phones

    def _pause(self) -> Samples:
        return np.zeros(int(self._rng.uniform(0.05, 0.5) * RATE), np.float32)

    def _in_a_room(self, sound: Samples) -> Samples:
        """By a microphone that likes some pitches better than others, and now and then with an echo of its walls."""
        rng = self._rng
        tilt = float(rng.uniform(-0.35, 0.35))
        heard = np.asarray(np.convolve(sound, [1.0, tilt])[: len(sound)], np.float32)
        if rng.random() < 0.5:
            heard = _coloured(heard, rng.normal(0, COLOUR_DB, BANDS))
        if rng.random() < 0.4:
            count = int(rng.uniform(0.05, 0.4) * RATE)
            walls = rng.normal(0, 1, count) * np.exp(-6 * np.arange(count) / count)
            walls *= rng.uniform(0.1, 0.5) / np.sqrt(np.sum(walls**2))
            size = len(heard) + count
            heard += np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(walls, size), size)[: len(heard)]
        return np.asarray(heard, np.float32)

    def _over_a_bed(self, sound: Samples, loud: float) -> tuple[Samples, float]:
        rng = self._rng
        if rng.random() < QUIET:
            hiss = rng.normal(0, loud * 10 ** (-rng.uniform(25, 50) / 20), len(sound))
            return np.asarray(sound + hiss, np.float32), 99.0
        _, bed = self._beds[int(rng.integers(len(self._beds)))]
        at = int(rng.integers(0, max(1, len(bed) - len(sound))))
        under, level = bed[at : at + len(sound)], float(rng.uniform(*LEVELS_DB))
        mixed = sound.copy()
        mixed[: len(under)] += np.float32(loud / 10 ** (level / 20)) * under
        return mixed, level


def _coloured(sound: Samples, decibels: NDArray[np.float64]) -> Samples:
    """Each of so many bands, from 100 Hz in equal steps of pitch, louder by its own decibels."""
    pitches = np.fft.rfftfreq(len(sound), 1 / RATE)
    bands = np.geomspace(100, RATE / 2, len(decibels))
    gains = 10 ** (np.interp(np.log(np.maximum(pitches, 1.0)), np.log(bands), decibels) / 20)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * gains, len(sound)), np.float32)


if __name__ == "__main__":
    typer.run(main)
