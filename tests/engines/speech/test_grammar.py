"""The small language model is one: whatever was said before, what may follow adds up to one."""

from __future__ import annotations

import pytest

from engines.speech.grammar import END, Talk, language_model

pytestmark = pytest.mark.unit

TALK = Talk(
    {"look": 0.4, "at": 0.35, "cream": 0.25},
    {"<s>": {"look": 0.7}, "look": {"at": 0.8, END: 0.1}, "at": {"cream": 0.5}},
)


def read(text: str) -> tuple[dict[str, float], dict[str, float], dict[tuple[str, str], float]]:
    """Chances of single words, back-offs, chances of pairs."""
    singles, weights, pairs = dict[str, float](), dict[str, float](), dict[tuple[str, str], float]()
    for line in text.splitlines():
        match line.split():
            case [chance, word, weight] if _is_number(weight):
                singles[word], weights[word] = 10 ** float(chance), 10 ** float(weight)
            case [chance, word, other] if _is_number(chance):
                pairs[word, other] = 10 ** float(chance)
    return singles, weights, pairs


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def test_what_may_follow_a_word_adds_up_to_one() -> None:
    names = [["hand", "cream"], ["fjondo", "hand", "cream"]]
    singles, weights, pairs = read(language_model(["cream", "fjondo", "hand"], names, TALK))
    follow = {word: chance for word, chance in singles.items() if word != "<s>"}
    assert sum(follow.values()) == pytest.approx(1, abs=1e-3)
    for word, weight in weights.items():
        if word != END:
            chances = [pairs.get((word, other), weight * chance) for other, chance in follow.items()]
            assert sum(chances) == pytest.approx(1, abs=2e-3)


def test_a_name_goes_on_as_it_is_written() -> None:
    _, _, pairs = read(language_model(["fjondo", "hand"], [["fjondo", "hand"]], TALK))
    assert pairs["fjondo", "hand"] > 0.5
    assert pairs["look", "at"] > 0.5


def test_behind_a_word_that_leads_to_names_one_begins() -> None:
    talk = Talk({**TALK.singles, "from": 0.1}, {"from": {"look": 0.9}})
    _, _, pairs = read(language_model(["fjondo", "hand"], [["fjondo", "hand"], ["hand"]], talk))
    assert pairs["from", "fjondo"] == pytest.approx(pairs["from", "hand"], rel=1e-2) == pytest.approx(0.15, rel=1e-2)
    assert ("in", "fjondo") not in pairs  # which nobody says here
