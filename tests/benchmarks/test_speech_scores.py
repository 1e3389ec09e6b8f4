"""Products named are counted by sentence and family; a wrong look-alike is a miss and a false one."""

from __future__ import annotations

import pytest

from benchmarks.speech_said import Sentence
from benchmarks.speech_scores import judged
from engines.text import Heard, Hearing, ProductWords

pytestmark = pytest.mark.unit

HEARING = Hearing(
    [
        ProductWords("soup-a", "Halvio Tomato Soup Basil", "Halvio", group="soup"),
        ProductWords("soup-b", "Halvio Tomato Soup Chili", "Halvio", group="soup"),
        ProductWords("oil", "Fjondo Olive Oil Garlic", "Fjondo", group="oil"),
        ProductWords("oil-2", "Rumeo Olive Oil Lemon, 90 x 90 cm", "Rumeo", group="oil 2"),
    ]
)
SAID = [Sentence(1.0, 4.0, "This is the Halvio Tomato Soup Basil."), Sentence(6.0, 7.5, "So nice to see you.")]


def heard(text: str, first: float) -> list[Heard]:
    return [Heard(first + 0.3 * i, first + 0.3 * i + 0.25, word) for i, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("words", "right", "missed", "false", "vague", "wrong"),
    [
        (heard("halvio tomato soup basil", 1.5), 1, 0, 0, 0, 0),
        (heard("halvio tomato soup", 1.5), 1, 0, 0, 1, 0),
        (heard("halvio tomato soup chili", 1.5), 0, 1, 1, 0, 1),
        ([], 0, 1, 0, 0, 0),
        (heard("fjondo olive oil", 6.2), 0, 1, 1, 0, 0),
        (heard("fjondo olive oil", 9.0), 0, 1, 1, 0, 0),
    ],
)
def test_what_was_heard_is_counted(
    words: list[Heard], right: int, missed: int, false: int, vague: int, wrong: int
) -> None:
    tally = judged(HEARING, SAID, words)
    assert (tally.right, tally.missed, tally.false, tally.vague, tally.wrong) == (right, missed, false, vague, wrong)


OIL = [Sentence(1.0, 4.0, "And the Fjondo Olive Oil Garlic.")]


def test_a_name_that_could_be_two_families_is_right_as_a_name() -> None:
    tally = judged(HEARING, OIL, heard("olive oil", 1.5))
    assert (tally.right, tally.false) == (1, 1)
    assert (tally.names, tally.invented) == (1, 0)


def test_a_name_of_somebody_else_is_invented() -> None:
    tally = judged(HEARING, OIL, heard("halvio tomato soup", 1.5))
    assert (tally.names, tally.invented) == (1, 1)


def test_what_is_named_by_its_size_alone_is_told_apart_from_what_is_named_by_words() -> None:
    tally = judged(HEARING, [Sentence(1.0, 3.0, "That is 90 x 90 cm.")], [])
    assert (tally.missed, tally.sizes) == (1, 1)
    assert (tally.recall, tally.recall_of_words) == (0.0, 0.0)
    assert judged(HEARING, OIL, []).sizes == 0
