"""Names that were heard by their sounds stand where words were read, and where what was read is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.speech.agreement import CERTAIN
from engines.speech.base import RATE, Word
from engines.speech.reading import Piece, Reading, with_names
from engines.speech.rereading import SURELY, Rereading
from engines.speech.rolling import Cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.speech.base import Samples

pytestmark = pytest.mark.unit


def said(text: str, start: float = 0.0, confidence: float = 0.9) -> tuple[Word, ...]:
    return tuple(Word(start + i / 2, start + i / 2 + 0.5, word, confidence) for i, word in enumerate(text.split()))


class Scripted:
    def __init__(self, *readings: Reading) -> None:
        self._readings = [*readings]

    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        return [self._readings.pop(0) for _ in pieces]


class OnePiece:
    """All sound is one piece, until its end."""

    pausing = False
    refused: Mapping[str, int] = {}

    def __init__(self) -> None:
        self._at = 0

    def push(self, samples: Samples) -> list[Cut]:
        at, self._at = self._at, self._at + len(samples)
        return [Cut(at, samples, first=at == 0, last=False)]

    def end(self) -> list[Cut]:
        return [Cut(self._at, np.zeros(0, np.float32), first=False, last=True)]


def reading(words: Sequence[Word], names: Sequence[Word] = (), log_probability: float = -0.2) -> Reading:
    return Reading(tuple(words), "en", 1.0, log_probability, 0.0, tuple(names))


def heard(*readings: Reading, least: float = -0.65) -> list[list[str]]:
    """What each second commits, and the end."""
    ear = Rereading(Scripted(*readings), OnePiece(), (), "en", 1.0, least)
    told = [ear.push(np.ones(RATE, np.float32)) for _ in readings[:-1]] + [ear.end()]
    return [[word.text for word in words] for words in told]


def test_a_name_takes_the_place_of_what_was_read_there() -> None:
    words = said("next up is the door fell tea")
    names = said("dorfen", start=2.0)
    names = (names[0]._replace(end=3.0),)
    assert [word.text for word in with_names(words, names)] == ["next", "up", "is", "the", "dorfen", "tea"]


def test_a_name_read_twice_is_known_before_the_piece_ends_with_whatever_stands_before_it() -> None:
    name = said("dorfen", start=0.5, confidence=0.8)
    first, second = reading(said("nix door"), name), reading(said("necks door up is"), name)
    third = reading(said("next door tea is here"), name)
    assert heard(first, second, third, reading(said("next door tea"), name))[:3] == [[], [], ["next", "dorfen"]]


def test_of_a_piece_that_is_refused_names_that_are_sure_stay() -> None:
    sure, faint = said("dorfen", 1.0, SURELY), said("tea", 2.0, SURELY - 0.1)
    nothing, refused = reading(()), reading(said("i don't know what"), sure + faint, -0.9)
    assert heard(nothing, refused) == [[], ["dorfen"]]
    assert heard(nothing, reading(said("i don't know"), (), -0.9)) == [[], []]


def test_a_fainter_name_right_behind_one_that_is_sure_stays_with_it() -> None:
    sure, faint = said("quigra in", 0.0, SURELY), said("latte", 1.1, SURELY - 0.3)
    assert heard(reading(()), reading(said("you"), sure + faint, -0.9))[1] == ["quigra", "in", "latte"]


def test_a_name_that_is_certain_is_known_at_once_even_where_sound_ends() -> None:
    certain = said("dorfen", start=0.4, confidence=CERTAIN)
    assert heard(reading((), certain), reading((), certain)) == [["dorfen"], []]


def test_a_faint_name_in_a_refused_piece_does_not_undo_the_reading_before() -> None:
    sure = reading(said("green tea"))
    doubtful = reading(said("i don't know"), said("tea", 1.0, SURELY - 0.1), -0.9)
    assert heard(sure, doubtful, sure, sure)[2] == ["green"]


def test_each_ear_says_what_it_does_not_believe() -> None:
    doubtful = reading(said("green tea"), log_probability=-0.8)
    assert heard(reading(()), doubtful, least=-1.0)[1] == ["green", "tea"]
    assert heard(reading(()), doubtful, least=-0.65)[1] == []


def test_a_faint_name_waits_for_another_reading_as_other_words_do() -> None:
    faint = said("gummy", start=1.0, confidence=SURELY - 0.3)
    first, second = reading(said("here l."), faint), reading(said("there c."), faint)
    sure = reading(said("there elk"), said("honey", 1.0, SURELY))
    assert heard(first, second, sure, sure) == [[], [], ["there"], ["elk", "honey"]]


class Cutting:
    """Each push is a piece; those of zeros are a pause."""

    pausing = True
    refused: Mapping[str, int] = {}

    def __init__(self) -> None:
        self._at = 0

    def push(self, samples: Samples) -> list[Cut]:
        at, self._at = self._at, self._at + len(samples)
        return [Cut(at, samples, first=True, last=True)] if samples.any() else []

    def end(self) -> list[Cut]:
        return []


class Asked:
    """Keeps what it is asked to read."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []

    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        self.pieces += pieces
        return [reading(()) for _ in pieces]


def test_a_piece_has_the_end_of_the_one_before_where_speech_went_on() -> None:
    reader = Asked()
    ear = Rereading(reader, Cutting(), (), "en", 1.0, behind_s=0.5)
    for level in (0.1, 0.2, 0.0, 0.3):
        ear.push(np.full(RATE, level, np.float32))
    first, on, later = reader.pieces
    assert (first.behind, on.behind, later.behind) == (0, RATE // 2, 0)
    assert len(on.samples) == RATE * 3 // 2
    assert (on.samples[: on.behind] == first.samples[-on.behind :]).all()
    assert len(later.samples) == RATE
