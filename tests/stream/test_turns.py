"""Livestreams side by side hear what they hear alone, and one that fails fails alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.speech.fake import CRASH, FakeTranscriber, beep, silence
from engines.text import Hearing, ProductWords
from stream.ear import Ear
from stream.sound import CHUNK, RATE
from stream.speech import NOTHING
from stream.turns import one_by_one, side_by_side
from stream.types import AudioChunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.speech.base import Word
    from stream.ear import Heard
    from stream.turns import Push, Turn
    from stream.types import Samples

pytestmark = pytest.mark.unit

PRODUCTS = (ProductWords("tea", "Brelvo Tea", brand="Brelvo"), ProductWords("oil", "Fjondo Oil", brand="Fjondo"))


def ear() -> Ear:
    return Ear(FakeTranscriber(("brelvo", "fjondo")).session(()), Hearing(PRODUCTS), clean=False)


def chunks(at: float, *pieces: Samples) -> list[AudioChunk]:
    samples = np.concatenate(pieces)
    return [AudioChunk(at + i / RATE, samples[i : i + CHUNK]) for i in range(0, len(samples), CHUNK)]


def two() -> tuple[list[AudioChunk], list[AudioChunk]]:
    """The second has a hole in it: two pushes where the first has one."""
    first = chunks(5.0, silence(0.3), beep(0), silence(0.5))
    return first, [*chunks(0.0, beep(1), silence(0.3)), *chunks(9.0, beep(0), silence(0.3))]


class Reader:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    def read(self, pushes: Sequence[Push]) -> list[list[Word]]:
        self.sizes.append(len(pushes))
        return one_by_one(pushes)


def words(outcome: Heard | Exception) -> list[tuple[str, float]]:
    assert not isinstance(outcome, Exception)
    return [(word.text, round(word.start, 2)) for word in outcome.words]


def test_what_is_heard_side_by_side_is_what_is_heard_alone() -> None:
    reader = Reader()
    outcomes = side_by_side([partial(ear().turn, talk) for talk in two()], reader.read)
    assert outcomes == [ear().hear(talk) for talk in two()]
    assert [words(one) for one in outcomes] == [[("brelvo", 5.3)], [("fjondo", 0.0), ("brelvo", 9.0)]]
    assert reader.sizes == [2, 1]


def test_a_job_that_asks_for_nothing_is_answered_beside_the_others() -> None:
    talk, _ = two()
    outcomes = side_by_side([lambda: NOTHING, partial(ear().turn, talk)], one_by_one)
    assert outcomes == [NOTHING, ear().hear(talk)]


def test_a_job_that_cannot_even_begin_fails_alone() -> None:
    def broken() -> Turn:
        raise RuntimeError("its ear cannot be opened")

    talk, _ = two()
    failed, heard = side_by_side([broken, partial(ear().turn, talk)], one_by_one)
    assert str(failed) == "its ear cannot be opened"
    assert heard == ear().hear(talk)


def test_a_reading_that_raises_is_told_to_all_in_it_and_not_to_who_asks_for_none() -> None:
    crash = chunks(0.0, np.full(CHUNK, CRASH, np.float32))
    jobs = [partial(ear().turn, talk) for talk in (crash, two()[0])]
    first, second, third = side_by_side([*jobs, lambda: NOTHING], one_by_one)
    assert isinstance(first, RuntimeError)
    assert second is first
    assert third is NOTHING


def test_an_ear_alone_raises_what_its_engine_raises() -> None:
    with pytest.raises(RuntimeError, match="told to crash"):
        ear().hear(chunks(0.0, np.full(CHUNK, CRASH, np.float32)))
