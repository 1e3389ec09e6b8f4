"""Summaries of what was heard, asked over HTTP from a service of plain code, at the times of the live."""

from __future__ import annotations

import pytest

from benchmarks.liveshop.evaluate.endpoint import NAME, NOBODY, PlainService, answer_to
from benchmarks.liveshop.evaluate.hearing import Known
from benchmarks.liveshop.evaluate.summaries import Service, answers_to
from engines.text import ProductWords
from stream.prompt import question

pytestmark = pytest.mark.unit

TITLES = ("Velkko Oat Crunch Honey", "Fjondo Olive Oil")
PRODUCTS = [ProductWords(f"p{i}", title, title.split()[0]) for i, title in enumerate(TITLES)]


def known(text: str, start: float) -> list[Known]:
    """Each word known a second after it ends."""
    return [Known(start + i, start + i + 0.5, word, 0.9, start + i + 1.5) for i, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("so this is the fjondo olive oil everybody", "fjondo olive oil."),
        ("the velkko one and now crunch with honey", "velkko crunch honey."),
        ("thank you for all the hearts", NOBODY),
        ("olive", NOBODY),
    ],
)
def test_plain_code_answers_with_the_title_that_was_said(said: str, answer: str) -> None:
    messages = question(said, TITLES, NAME)["messages"]
    assert isinstance(messages, list)
    assert answer_to(messages[-1]["content"]) == answer


def test_a_service_is_asked_now_and_then_about_what_was_known_by_then() -> None:
    words = [*known("this is the fjondo olive oil", 2.0), *known("velkko honey", 20.0)]
    with PlainService() as plain:
        answers = answers_to(words, PRODUCTS, Service(plain.url, NAME, thinks_s=2.0))
    assert [round(answer.told_at - answer.took_s - 2.0, 1) for answer in answers] == [3.5, 8.5, 21.5]
    assert [" ".join(word.text for word in answer.summary) for answer in answers] == [
        "",
        "fjondo olive oil.",
        "fjondo olive oil.",
    ]
    assert [answer.end for answer in answers] == [2.5, 7.5, 20.5]


def test_where_no_service_answers_nothing_is_told() -> None:
    with PlainService() as plain:
        gone = plain.url
    assert answers_to(known("fjondo olive oil", 2.0), PRODUCTS, Service(gone, NAME, thinks_s=0.0)) == ()
