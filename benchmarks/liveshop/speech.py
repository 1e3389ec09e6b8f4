"""What the host says, by whichever synthesiser is installed; without one the host is silent. Knows no video."""

from __future__ import annotations

import io
import subprocess
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.music import RATE, Samples
from benchmarks.liveshop.voices import voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.show import Line
    from stream.types import Seconds

__all__ = ["RATE", "Samples", "Spoken", "speak", "voice"]

SPEAK_DEADLINE_S = 20.0
LOUDNESS = 0.6  # peak


@dataclass(frozen=True, slots=True)
class Spoken:
    start: Seconds
    text: str
    samples: Samples
    product_id: str | None = None

    @property
    def end(self) -> Seconds:
        return self.start + len(self.samples) / RATE

    def words(self) -> list[tuple[Seconds, Seconds, str]]:
        """Start, end and text of each word; time within the sentence is shared out by letters."""
        words = self.text.split()
        ends = np.cumsum([len(word) + 1 for word in words])
        times = self.start + np.concatenate([[0], ends / ends[-1]]) * (self.end - self.start)
        spans = zip(times[:-1], times[1:], words, strict=True)
        return [(round(float(a), 3), round(float(b), 3), word) for a, b, word in spans]


def speak(lines: Sequence[Line], name: str = "") -> tuple[Spoken, ...]:
    """Each line's sound in the voice of that name (`voices.VOICES`); one that cannot be said is left out."""
    command = voice(name)
    if command is None:
        return ()
    spoken = []
    for line in lines:
        samples = _say(command, line.text)
        if samples is not None:
            spoken.append(Spoken(line.start, line.text, samples, line.product_id))
    return tuple(spoken)


def _say(command: Sequence[str], text: str) -> Samples | None:
    try:
        done = subprocess.run([*command, text], capture_output=True, timeout=SPEAK_DEADLINE_S, check=True)
        return decoded(done.stdout)
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError):
        return None  # a host with a sore throat: the picture is what counts


def decoded(wav: bytes) -> Samples:
    """Written to a pipe, a WAV's own length field is wrong: whatever follows the header is sound."""
    with wave.open(io.BytesIO(wav)) as sound:
        rate, channels = sound.getframerate(), sound.getnchannels()
        raw = sound.readframes(len(wav))
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32)[::channels]
    length = round(len(samples) * RATE / rate)
    stretched = np.interp(np.arange(length) * (rate / RATE), np.arange(len(samples)), samples)
    return np.asarray(stretched * (LOUDNESS / max(float(np.abs(samples).max(initial=1)), 1)), np.float32)
