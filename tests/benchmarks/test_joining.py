"""A trace decided again with words: what was told, when, and whether the host's word changed it."""

from __future__ import annotations

import pytest

from benchmarks.liveshop.evaluate.hearing import Known
from benchmarks.liveshop.evaluate.joining import Told, Way, decide_again
from benchmarks.liveshop.evaluate.summaries import Answer
from benchmarks.liveshop.evaluate.trace import Traced
from engines.base import Box, Match
from engines.bundle import open_bundle
from engines.text import Hearing, ProductWords
from stream.heard import Alike
from stream.types import Words

pytestmark = pytest.mark.unit

HONEY = ProductWords("honey", "Velkko Oat Crunch Honey", "Velkko", group="oats")
COCOA = ProductWords("cocoa", "Velkko Oat Crunch Cocoa", "Velkko", group="oats")
HEARING = Hearing([HONEY, COCOA])
TWINS = Alike({"honey": "oats", "cocoa": "oats"}, dict.fromkeys(("honey", "cocoa"), ("cocoa", "honey")))


def trace(start: float = 5.0, stop: float = 25.0, seconds: float = 30.0) -> list[Traced]:
    """Both twins in one place that moves, as sure as they can be."""
    lines = []
    for n in range(int(seconds * 2)):
        at = n / 2
        box = Box(0.2 + 0.01 * (n % 7), 0.2, 0.3, 0.5)
        odds = 0.0 if start <= at < stop else -8.0
        looks = {i: Match(odds, 0.9, 0.9, box if odds == 0 else None) for i in ("honey", "cocoa")}
        lines.append(Traced(at, looks))
    return lines


def said(text: str, start: float, late_s: float = 1.0) -> list[Known]:
    words = text.split()
    return [
        Known(start + i * 0.3, start + i * 0.3 + 0.3, word, 0.9, start + len(words) * 0.3 + late_s)
        for i, word in enumerate(words)
    ]


def told(words: list[Known], way: Way) -> Told:
    return decide_again(trace(), words, HEARING, way, TWINS, open_bundle("classic"))


def test_where_nothing_is_heard_their_group_is_told() -> None:
    found = told(said("this is the velkko oat crunch honey", 6.0), "nothing")
    assert [one.decided for one in found.tellings] == [False]
    assert [(span.product_id, span.could_be) for span in found.spans] == [("cocoa", ("honey",))]


@pytest.mark.parametrize("way", ["raw", "extract"])
@pytest.mark.parametrize("name", ["honey", "cocoa"])
def test_where_it_is_heard_the_right_one_is_told_from_the_first_view_on(way: Way, name: str) -> None:
    found = told(said(f"velkko oat crunch {name}", 5.0, late_s=0.4), way)
    assert [(one.product_id, one.decided) for one in found.tellings] == [(name, True)]
    assert found.spans[0].shown_at == pytest.approx(5.0, abs=0.5)


def test_a_word_counts_only_once_it_is_known() -> None:
    found = told(said("this is the velkko oat crunch honey", 6.0, late_s=10.0), "raw")
    assert [one.decided for one in found.tellings] == [False, True]
    assert found.tellings[-1].start >= 17.0


def test_a_guess_that_was_wrong_is_taken_back() -> None:
    found = told(said("this is the velkko oat crunch honey", 6.0, late_s=10.0), "raw")
    assert [one.product_id for one in found.tellings] == ["cocoa", "honey"]
    assert [(span.product_id, span.could_be) for span in found.spans] == [("honey", ())]


def test_a_summary_says_what_was_meant_once_it_has_come() -> None:
    """Half of the name was misheard; whoever knows the list of products says which it was."""
    words = said("this is the velkko oat crunch hurry", 6.0)
    summary = tuple(Words(6.9 + i * 0.3, 7.2 + i * 0.3, word, 0.9) for i, word in enumerate(("velkko", "honey.")))
    answers = [Answer(6.0, 8.1, told_at=12.0, took_s=0.1, summary=summary)]
    found = decide_again(trace(), words, HEARING, "summary", TWINS, open_bundle("classic"), answers)
    assert [(one.product_id, one.decided) for one in found.tellings] == [("cocoa", False), ("honey", True)]
    assert found.tellings[-1].start == 12.0
    raw = decide_again(trace(), words, HEARING, "raw", TWINS, open_bundle("classic"), answers)
    assert [one.decided for one in raw.tellings] == [False]
