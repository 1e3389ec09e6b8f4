"""Heard against said: mentions, lateness, inventions."""

from __future__ import annotations

import pytest

from benchmarks.liveshop.evaluate.hearing import Known, spoken_in
from benchmarks.liveshop.scoring.spoken import spoken_of
from benchmarks.liveshop.truth import Truth, Word
from engines.text import Hearing, ProductWords

pytestmark = pytest.mark.unit

HEARING = Hearing(
    [
        ProductWords("honey", "Velkko Oat Crunch Honey", "Velkko"),
        ProductWords("soup", "Milane Tomato Soup Chili", "Milane"),
    ]
)
SAID = "this is the velkko oat crunch honey"


def spoken(text: str, start: float) -> tuple[Word, ...]:
    return tuple(Word(start + i * 0.4, start + i * 0.4 + 0.4, word) for i, word in enumerate(text.split()))


def live(*texts: tuple[str, float]) -> Truth:
    words = tuple(word for text, start in texts for word in spoken(text, start))
    return Truth("t", 0, 60.0, (), words)


def test_an_ear_without_fault_finds_all_and_invents_nothing() -> None:
    truth = live((SAID, 5.0), ("and milane tomato soup chili", 30.0))
    found = spoken_of(truth, HEARING, spoken_in(truth))
    assert (found.said, found.found, found.told, found.right, found.invented) == (2, 2, 2, 2, 0)
    assert max(found.late_s) == 0.0
    assert 50 < found.quiet_s < 56


def test_a_name_that_was_not_heard_costs_recall_and_one_that_was_not_said_precision() -> None:
    heard = spoken_in(live(("milane tomato soup chili", 5.0)))
    found = spoken_of(live((SAID, 5.0)), HEARING, heard)
    assert (found.said, found.found, found.told, found.right) == (1, 0, 1, 0)


def test_what_is_heard_where_nobody_speaks_was_invented() -> None:
    found = spoken_of(live((SAID, 5.0)), HEARING, [Known(40.0, 40.3, "honey", 0.9, 41.0)])
    assert found.invented == 1


def test_lateness_is_from_the_end_of_the_word_to_when_it_was_known() -> None:
    truth = live((SAID, 5.0))
    late = [Known(w.start, w.end, w.text, 0.9, w.end + 1.5) for w in truth.words]
    assert spoken_of(truth, HEARING, late).late_s == pytest.approx([1.5] * len(late))
