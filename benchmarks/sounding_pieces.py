"""Pieces of talk with the sounds that were said in them: what engines/speech/sounding.npz is trained on.

    python -m benchmarks.sounding_pieces FOLDER [--seeds 5,6,7] [--count 900]

Half of it are hosts' sentences, half words of the dictionary in no order, since names are made of anything. Voices
are those that tuning may use: flite's `slt`, `kal16` and `kal`, festival's `ked`, and many of espeak-ng's; `awb`
and `rms` are not heard, nor the two of espeak-ng that LiveShop's hosts have. Each is spoken slower and faster,
through longer and shorter throats and in duller and brighter rooms, and laid over LiveShop's music and noises. Needs
festival with festvox-kdlpc16k beside flite and espeak-ng.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import typer

from benchmarks.liveshop.speech import decoded
from benchmarks.speech_said import SOUNDS, background, resampled, sentences
from engines.speech.base import RATE, Samples
from engines.speech.moonshine_model import MoonshineModel, locate
from engines.text.phones import PHONES, dictionary, is_listed, said_as

if TYPE_CHECKING:
    from engines.text.phones import Phones

SHARES = {"flite slt": 0.24, "flite kal16": 0.15, "flite kal": 0.04, "festival ked": 0.17, "espeak-ng": 0.4}
ACCENTS = (
    *("en-us",) * 4, "en-gb", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
)  # fmt: skip
PEOPLE = (
    "m1", "m2", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f4", "f5", "Alex", "Andy", "Annie", "Michael", "Mike",
    "linda", "steph", "belinda", "john", "max", "grandma", "grandpa", "anika", "edward", "victor", "klatt", "klatt2",
    "klatt3", "klatt4", "adam", "caleb", "quincy", "rob", "shelby", "travis", "zac", "aunty", "boris", "david",
)  # fmt: skip
LEVELS_DB = (1.0, 22.0)
QUIET = 0.12  # of all pieces
DEADLINE_S = 30.0
SAID = {phone.lower(): number for number, phone in enumerate(PHONES)} | {"ax": PHONES.index("AH")}
Spoken = tuple[Samples, "Phones"]


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
        rng = self._rng
        throat, tempo = float(rng.uniform(0.84, 1.2)), float(rng.uniform(0.85, 1.2))
        slower = min(max(throat / tempo, 0.75), 1.4)
        if voice == "espeak-ng":
            made = self._by_espeak(text, 165 / slower)
        elif voice == "festival ked":
            made = _by_festival(text, slower)
        else:
            made = _by_flite(text, voice.split()[1], slower)
        if made is None:
            return None
        sound, phones = made
        count = int(len(sound) / throat)
        return np.asarray(np.interp(np.arange(count) * throat, np.arange(len(sound)), sound), np.float32), phones

    def _by_espeak(self, text: str, words_a_minute: float) -> Spoken | None:
        """What it makes of a word that no dictionary has is not known: such texts are not its own."""
        words = re.findall(r"[A-Za-z']+", text)
        if re.search(r"\d", text) or not all(is_listed(word) for word in words):
            return None
        rng = self._rng
        person = f"{ACCENTS[int(rng.integers(len(ACCENTS)))]}+{PEOPLE[int(rng.integers(len(PEOPLE)))]}"
        pitch, pace = str(int(rng.uniform(25, 75))), str(int(words_a_minute))
        done = _run(["espeak-ng", "-v", person, "-s", pace, "-p", pitch, "--stdout", text])
        return resampled(decoded(done.stdout)), b"".join(said_as(word)[0] for word in words)

    def _pause(self) -> Samples:
        return np.zeros(int(self._rng.uniform(0.05, 0.5) * RATE), np.float32)

    def _in_a_room(self, sound: Samples) -> Samples:
        """Duller or brighter, and now and then with an echo of its walls."""
        rng = self._rng
        tilt = float(rng.uniform(-0.35, 0.35))
        heard = np.convolve(sound, [1.0, tilt])[: len(sound)]
        if rng.random() < 0.3:
            count = int(rng.uniform(0.05, 0.25) * RATE)
            walls = rng.normal(0, 1, count) * np.exp(-6 * np.arange(count) / count)
            walls *= rng.uniform(0.1, 0.4) / np.sqrt(np.sum(walls**2))
            size = len(heard) + count
            heard = heard + np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(walls, size), size)[: len(heard)]
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


def _by_flite(text: str, person: str, slower: float) -> Spoken:
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "said.wav")
        pace = f"duration_stretch={slower:.2f}"
        done = _run(["flite", "-voice", person, "--setf", pace, "-ps", "-o", str(wav), "-t", text])
        return resampled(decoded(wav.read_bytes())), _phones(done.stdout)


def _by_festival(text: str, slower: float) -> Spoken:
    """Its sounds are flite's: both have the same dictionary, and the same rules for what is not in it."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder, "said.wav")
        way = f"(begin (voice_ked_diphone) (Parameter.set 'Duration_Stretch {slower:.2f}))"
        _run(["text2wave", "-eval", way, "-o", str(wav)], text)
        sound = resampled(decoded(wav.read_bytes()))
    return sound, _phones(_run(["flite", "-voice", "kal16", "-ps", "-o", "none", "-t", text]).stdout)


def _phones(told: bytes) -> Phones:
    return bytes(SAID[phone] for phone in told.decode().split() if phone != "pau")


def _run(command: list[str], text: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=text.encode(), capture_output=True, timeout=DEADLINE_S, check=True)


if __name__ == "__main__":
    typer.run(main)
