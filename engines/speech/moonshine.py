"""Moonshine: writes down whatever is said in English, a tenth of a core while a host talks, without a download.

Between PocketSphinx, which hears the words it is told to listen for, and Whisper, which knows many languages and
takes weights and a machine. Knows no product: what it misspells, whoever looks for names has to know by its sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.errors import SpeechError
from engines.speech.base import RATE, TranscriberInfo, is_english
from engines.speech.moonshine_model import MoonshineModel, locate
from engines.speech.placing import placed
from engines.speech.reading import Reading
from engines.speech.rereading import Rereading
from engines.speech.rolling import WHOLE
from engines.speech.sieve import Sieve
from engines.speech.sounding import Sounding
from engines.speech.spotting import Spotting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engines.speech.reading import Piece

EVERY_S = 0.5  # between two readings of a piece that grows: what it costs against the delay
FEWEST, PER_S = 4, 6.5  # tokens of a piece, and for each second: with more the model repeats itself
LEAST_LOG_PROBABILITY = -0.65  # of what is believed: a murmuring crowd makes it write "I don't know" at -0.69
BEHIND_S = 1.5  # that a piece has of the one before, if speech went on: what a name before a cut may take
PATIENCE_S = 1.4  # with words that no two readings agree on: under music those of every thirteenth would be late
SHORTEST = RATE // 2  # samples: of less the model hears nothing


class MoonshineReader:
    """A livestream's; pieces one by one: together they would take as long."""

    def __init__(self, model: MoonshineModel, sounding: Sounding, spotting: Spotting) -> None:
        self._model, self._sounding, self._spotting = model, sounding, spotting

    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        return [self._read(piece) for piece in pieces]

    def _read(self, piece: Piece) -> Reading:
        spare = max(SHORTEST - (len(piece.samples) - piece.behind), 0)
        sound = np.pad(np.asarray(piece.samples, np.float32), (0, spare))
        heard, behind_s = self._model.heard(sound), piece.behind / RATE
        # What is behind was written down with the piece before, and the second network needs a sound's beginning.
        fresh = self._model.heard(sound[piece.behind :]) if piece.behind else heard
        written = self._model.written(fresh, FEWEST + int(PER_S * (len(sound) / RATE - behind_s)))
        sounded = self._sounding.sounds(heard[0])
        sure, seconds = float(np.exp(written.log_probability)), len(piece.samples) / RATE
        words = placed(written.text, sounded, seconds, sure, behind_s)
        return Reading(words, "en", 1.0, written.log_probability, 0.0, tuple(self._spotting.names(sounded)))


def warmed() -> Moonshine:
    """The same, with what all its livestreams share already read."""
    ear = Moonshine()
    ear.session(())
    return ear


class Moonshine:
    """One model, many livestreams."""

    info = TranscriberInfo("moonshine", "tiny-en", "en", "sounds")

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        self._model, self._sounding = MoonshineModel(folder or locate(), threads), Sounding()

    def session(self, phrases: Sequence[str], language: str | None = None) -> Rereading:
        if language and not is_english(language):
            raise SpeechError(f"language {language!r}: moonshine hears English only; name a Whisper as speech model")
        reader = MoonshineReader(self._model, self._sounding, Spotting(phrases))
        return Rereading(reader, Sieve(WHOLE), (), "en", EVERY_S, LEAST_LOG_PROBABILITY, BEHIND_S, PATIENCE_S)
