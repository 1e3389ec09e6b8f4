"""What a session makes of readings: each word once, in order, at its time. Readers here are scripted."""

from __future__ import annotations

from hashlib import md5
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("faster_whisper", reason="no faster-whisper here (extra `speech`)")

from engines.speech.base import RATE, Samples, Word
from engines.speech.reading import Piece, Reading
from engines.speech.rereading import AGREEING, CUT_S, TRIMMED_S, Rereading
from engines.speech.vad import WINDOW, Likelihoods, Turns, Windows
from engines.speech.whisper import PROMPT, prompt_of

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERY_S = 1.0
LETTERS = str.maketrans("0123456789", "ghijklmnop")
pytestmark = pytest.mark.unit


class Loud:
    """Whatever is not zero is speech."""

    def push(self, windows: Windows) -> Likelihoods:
        return np.asarray((windows != 0).any(axis=1), np.float32)

    def reset(self) -> None:
        pass


class Echo:
    """Reads sound whose samples are the number of the word that they belong to."""

    def __init__(self, languages: Sequence[tuple[str, float]] = (("en", 1.0),)) -> None:
        self.asked: list[Piece] = []
        self._languages = languages

    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        self.asked += pieces
        language, sureness = self._languages[min(len(self.asked), len(self._languages)) - 1]
        return [
            Reading(tuple(spelt(piece.samples)), piece.language or language, sureness, -0.2, 0.01) for piece in pieces
        ]


def name(number: int) -> str:
    """Letters, and no two words alike: a gate would take them for a loop."""
    return md5(str(number).encode()).hexdigest()[:6].translate(LETTERS)


def spelt(sound: Samples) -> list[Word]:
    edges = np.flatnonzero(np.diff(sound, prepend=0, append=0))
    return [
        Word(start / RATE, end / RATE, name(int(sound[start])), 0.9) for start, end in pairwise(edges) if sound[start]
    ]


def spoken(*parts: float) -> Samples:
    """Seconds of a word each; below zero, seconds of silence."""
    sound = [np.full(round(abs(part) * RATE), i + 1 if part > 0 else 0, np.float32) for i, part in enumerate(parts)]
    return np.concatenate([np.zeros(0, np.float32), *sound])


def heard(session: Rereading, sound: Samples, step: float) -> list[Word]:
    width = max(1, round(step * RATE))
    words = [word for at in range(0, len(sound), width) for word in session.push(sound[at : at + width])]
    return words + session.end()


def near(words: Sequence[Word], expected: Sequence[Word]) -> bool:
    return [word.text for word in words] == [word.text for word in expected] and all(
        abs(word.start - other.start) < 0.05 and abs(word.end - other.end) < 0.05
        for word, other in zip(words, expected, strict=True)
    )


def session(reader: Echo, language: str | None = "en") -> Rereading:
    return Rereading(reader, Turns(Loud()), (), language, EVERY_S)


PARTS = st.lists(st.floats(0.1, 0.9) | st.floats(-1.5, -0.1), max_size=60)


@given(PARTS, st.floats(0.05, 5.0))
def test_every_word_comes_once_in_order_and_at_its_time(parts: list[float], step: float) -> None:
    sound = spoken(*parts)
    assert near(heard(session(Echo()), sound, step), spelt(sound))


def test_talk_without_a_pause_is_committed_as_it_goes_and_read_in_bounded_pieces() -> None:
    reader, sound = Echo(), spoken(*[0.5] * 240)
    ear = session(reader)
    words = [word for at in range(0, len(sound), RATE // 2) for word in ear.push(sound[at : at + RATE // 2])]
    assert len(words) >= 236
    assert max(len(piece.samples) for piece in reader.asked) <= (TRIMMED_S + 2 * EVERY_S) * RATE
    assert near(words + ear.end(), spelt(sound))


def test_sound_in_which_nothing_can_be_committed_is_cut() -> None:
    class Fickle(Echo):
        def read(self, pieces: Sequence[Piece]) -> list[Reading]:
            said = super().read(pieces)
            return [one._replace(words=(Word(0.0, 0.5, name(len(self.asked)), 0.5),)) for one in said]

    reader = Fickle()
    assert len(heard(session(reader), spoken(60.0), 0.5)) == 3
    assert max(len(piece.samples) for piece in reader.asked) <= CUT_S * RATE + RATE


def test_what_a_cut_leaves_over_is_not_read() -> None:
    reader = Echo()
    ear, sound = session(reader), np.ones(int(CUT_S * RATE) // WINDOW * WINDOW + WINDOW, np.float32)
    assert len(heard(ear, sound, CUT_S + 1)) == 1
    assert min(len(piece.samples) for piece in reader.asked) > WINDOW


def test_a_word_waits_for_a_second_reading_or_the_end_of_its_piece() -> None:
    ear, sound = session(Echo()), spoken(0.4, 0.4, 0.4, 0.4, 0.4, 0.4)
    assert ear.push(sound[: int(1.2 * RATE)]) == []
    assert [word.text for word in ear.push(sound[int(1.2 * RATE) :])] == [name(1), name(2)]


def test_a_number_is_not_committed_while_it_may_grow() -> None:
    class Prices(Echo):
        def read(self, pieces: Sequence[Piece]) -> list[Reading]:
            said = super().read(pieces)
            texts = ("only", "26.") if len(pieces[-1].samples) < 3.3 * RATE else ("only", "26.95")
            words = tuple(Word(0.5 * i, 0.5 * i + 0.4, text, 0.9) for i, text in enumerate(texts))
            return [reading._replace(words=words) for reading in said]

    assert [word.text for word in heard(session(Prices()), spoken(3.5, -1.0), 0.5)] == ["only", "26.95"]


def test_a_session_that_ended_goes_on_at_the_same_clock_and_joins_nothing() -> None:
    reader = Echo()
    ear = session(reader)
    ear.push(spoken(0.4))
    (word,) = ear.end()
    assert (round(word.start, 3), round(word.end, 3)) == (0.0, 0.4)
    (later,) = heard(ear, spoken(0.4, -1.0), 0.1)
    assert (round(later.start, 3), round(later.end, 3)) == (0.4, 0.8)
    assert ear.end() == []


def test_silence_is_not_read() -> None:
    reader = Echo()
    assert heard(session(reader), spoken(-60.0), 1.0) == []
    assert reader.asked == []


def test_a_language_is_held_once_enough_pieces_agree() -> None:
    reader = Echo([("en", 0.9)])
    ear = session(reader, None)
    for _ in range(AGREEING):
        assert ear.language is None
        heard(ear, spoken(1.5, -1.0), 4.0)
    assert ear.language == "en"
    heard(ear, spoken(1.5, -1.0), 4.0)
    assert reader.asked[-1].language == "en"


def test_pieces_that_are_unsure_short_or_at_odds_decide_no_language() -> None:
    at_odds = session(Echo([("en", 0.9), ("zh", 0.9)] * AGREEING), None)
    unsure = session(Echo([("en", 0.3)]), None)
    short = session(Echo([("en", 0.9)]), None)
    for _ in range(2 * AGREEING - 1):
        heard(at_odds, spoken(1.5, -1.0), 4.0)
        heard(unsure, spoken(1.5, -1.0), 4.0)
        heard(short, spoken(0.2, -1.0), 4.0)
    assert at_odds.language is unsure.language is short.language is None


@pytest.mark.parametrize(("given", "then"), [(None, None), ("en", "en")])
def test_a_language_that_was_found_is_given_up_when_nothing_can_be_read_in_it(
    given: str | None, then: str | None
) -> None:
    class Turning(Echo):
        doubt = 0.0

        def read(self, pieces: Sequence[Piece]) -> list[Reading]:
            return [reading._replace(log_probability=-self.doubt) for reading in super().read(pieces)]

    reader = Turning([("en", 0.9)])
    ear = session(reader, given)
    for _ in range(AGREEING):
        heard(ear, spoken(1.5, -1.0), 4.0)
    assert ear.language == "en"
    reader.doubt = 2.0
    for _ in range(AGREEING):
        heard(ear, spoken(1.5, -1.0), 4.0)
    assert ear.language == then


def test_a_prompt_holds_whole_phrases_as_far_as_they_fit() -> None:
    def letters(text: str) -> list[int]:
        return [ord(letter) for letter in text]

    assert prompt_of(["tea", "soap", "tea"], letters) == tuple(letters(" tea. soap."))
    many = prompt_of([f"product {i:03}" for i in range(100)], letters)
    assert PROMPT - 14 < len(many) <= PROMPT
    assert prompt_of([], letters) == ()


def test_windows_of_the_judge_are_what_pieces_are_made_of() -> None:
    reader = Echo()
    session(reader).push(np.ones(int(EVERY_S * RATE) + WINDOW, np.float32))
    assert [len(piece.samples) % WINDOW for piece in reader.asked] == [0]


def test_a_reading_that_a_gate_refuses_says_nothing_and_counts_once_a_piece() -> None:
    class Doubtful(Echo):
        def read(self, pieces: Sequence[Piece]) -> list[Reading]:
            return [reading._replace(log_probability=-1.5) for reading in super().read(pieces)]

    ear = session(Doubtful())
    assert heard(ear, spoken(*[0.5] * 8, -1.0, *[0.5] * 8, -1.0), 0.5) == []
    assert ear.gated == {"low_log_probability": 2}


def test_a_doubtful_reading_of_a_piece_that_still_grows_is_not_counted() -> None:
    class Unsure(Echo):
        def read(self, pieces: Sequence[Piece]) -> list[Reading]:
            first = not self.asked
            said = super().read(pieces)
            return [reading._replace(log_probability=-1.5) for reading in said] if first else said

    ear, sound = session(Unsure()), spoken(*[0.5] * 8, -1.0)
    assert near(heard(ear, sound, 0.5), spelt(sound))
    assert ear.gated == {}
