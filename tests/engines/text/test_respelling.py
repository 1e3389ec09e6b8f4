"""Names that an ear wrote down as everyday words, and talk that only sounds a little like one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.text import Heard, Hearing, ProductWords
from engines.text.respelling import Respelling

pytestmark = pytest.mark.unit

SHOP = (
    ProductWords("shampoo-almond", "Camra Shampoo Almond, 400 ml", "Camra", group="shampoo"),
    ProductWords("shampoo-rosemary", "Camra Shampoo Rosemary, 400 ml", "Camra", group="shampoo"),
    ProductWords("tea", "Wenfen Green Tea Jasmine, 20 bags", "Wenfen"),
    ProductWords("coffee", "Oridura Coffee Beans Decaf, 500 g", "Oridura"),
    ProductWords("soup", "Halvio Tomato Soup Basil, 400 g", "Halvio"),
    ProductWords("shirt", "Mikko T-Shirt Palms, size M", "Mikko"),
    ProductWords("bears", "Elifen Gummy Bears Cherry, 180 g", "Elifen", group="bears"),
    ProductWords("bears-mango", "Elifen Gummy Bears Mango, 180 g", "Elifen", group="bears"),
    ProductWords("paste", "Fjovio Toothpaste Fresh Mint, 100 ml", "Fjovio"),
)
RESPELLING = Respelling(SHOP)
HEARING = Hearing(SHOP, sounds_like=True)


def said(text: str, start: float = 0.0, step: float = 0.3) -> list[Heard]:
    """One word after the other; "|" is a pause of three steps."""
    words, at = [], start
    for word in text.split():
        if word == "|":
            at += 4 * step
            continue
        words.append(Heard(round(at, 3), round(at + step, 3), word, 0.8))
        at += step
    return words


def respelt(text: str) -> str:
    return " ".join(word.text for word in RESPELLING.respelled(said(text)))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("here i have the camera almond shampoo for you", "here i have the camra almond shampoo for you"),
        ("here i have the camera on and shampoo for you", "here i have the camra almond shampoo for you"),
        ("next up is the when fan green tea jasmine", "next up is the wenfen green tea jasmine"),
        ("so many of you ask for it have you to made a soup?", "so many of you ask for it halvio tomato soup?"),
        ("we will come to the mikoti shirt later", "we will come to the mikko t-shirt later"),
        ("ask for it elephant gummy bears.", "ask for it elifen gummy bears."),
        ("next up is the feel video to paste fresh mint", "next up is the fjovio toothpaste fresh mint"),
        ("look at this coffee beans from or a dura in decaf", "look at this coffee beans from oridura in decaf"),
        ("Look at this Gummy bears from Elephant in Cherry.", "Look at this Gummy bears from Elifen in Cherry."),
    ],
)
def test_a_name_is_heard_of_words_that_sound_like_it(heard: str, meant: str) -> None:
    assert respelt(heard) == meant


@pytest.mark.parametrize(
    "text",
    [
        "welcome everybody so nice to see you all",
        "let me check what you are writing in the chat",
        "free shipping today only while we are live",
        "give me a second i will get the next one",
        "that is four hundred milliliters and today it is only 27.99 euros",
        "put it into your basket while we are talking",
        "the window is open and i am having a coffee",
        "you know we came here to have some soup",
        "接下来给大家介绍云朵洗发水",
    ],
)
def test_talk_stays_talk(text: str) -> None:
    assert respelt(text) == text
    assert [mention for mention in HEARING.mentions(said(text)) if mention.weight > 0.9] == []


def test_look_alikes_are_told_apart_by_what_tells_them_apart() -> None:
    words = said("here i have the camera rose mary champ who for you")
    assert {mention.product_id for mention in HEARING.mentions(words)} == {"shampoo-rosemary"}


def test_a_flavour_that_was_not_heard_is_not_made_up() -> None:
    words = said("so many of you asked for it elephant gummy bears")
    assert {mention.product_id for mention in HEARING.mentions(words)} == {"bears", "bears-mango"}


def test_one_word_that_people_say_is_not_several_words_of_a_name() -> None:
    shop = Respelling([ProductWords("cushion", "Pafen Cushion Dune, 45 x 45 cm", "Pafen")])
    for text in ("by definition it is", "only a malfunction"):
        assert shop.respelled(said(text)) == said(text)


def test_a_name_is_found_in_a_catalogue_of_thousands_of_turns() -> None:
    colours = ("red", "green", "yellow", "purple", "orange", "brown", "silver", "golden", "striped", "spotted")
    made = [
        ProductWords(f"{maker}{colour}", f"{maker} {colour} woollen blanket", maker)
        for maker in ("Velksi", "Nosto", "Tadura", "Quimo", "Zurin", "Bralli", "Jobel", "Karin", "Ulgra", "Yamo")
        for colour in colours
    ]
    spelt = Respelling([*made, *SHOP]).respelled(said("ask for it have you to made a soup?"))
    assert [word.text for word in spelt] == ["ask", "for", "it", "halvio", "tomato", "soup?"]


def test_another_makers_product_does_not_become_ours() -> None:
    assert respelt("here i have the zulassa tomato soup for you") == "here i have the zulassa tomato soup for you"


def test_a_mention_tells_what_was_heard_and_when() -> None:
    words = said("next up is the when fan green tea jasmine", start=10.0)
    (mention,) = HEARING.mentions(words)
    assert (mention.product_id, mention.text) == ("tea", "when fan green tea jasmine")
    assert (mention.start, mention.end) == (words[4].start, words[-1].end)


def test_words_that_were_heard_rightly_keep_their_times_and_their_confidence() -> None:
    words = said("ask for it elephant gummy bears")
    spelt = RESPELLING.respelled(words)
    assert spelt[-2:] == words[-2:]
    assert (spelt[3].text, spelt[3].start, spelt[3].end) == ("elifen", words[3].start, words[3].end)
    assert spelt[3].confidence < words[3].confidence


def test_no_name_goes_on_behind_a_pause() -> None:
    assert respelt("have you to made | a soup?") == "have you to made a soup?"
    assert respelt("have you to made a soup?") == "halvio tomato soup?"


def test_only_an_ear_that_writes_what_it_likes_is_respelt() -> None:
    words = said("here i have the camera on and shampoo for you")
    assert Hearing(SHOP).respelled(words) is words


def test_nothing_is_heard_of_nothing() -> None:
    assert RESPELLING.respelled([]) == []
    assert Respelling([]).respelled(said("hello there")) == said("hello there")
    assert Respelling([ProductWords("mask", "云朵面膜", "云朵")]).respelled(said("hello")) == said("hello")
    assert respelt("... ?! –") == "... ?! –"


NAMES = [one.title.split(",")[0].casefold() for one in SHOP]
TALK = (
    "so", "here", "i", "the", "for", "you", "camera", "on", "and", "when", "fan", "to", "made", "a", "soup",
    "elephant", "gummy", "12.90", "tea", "green", "mint",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(TALK), st.sampled_from(NAMES), st.text(max_size=8)), max_size=14)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
def test_names_that_are_spelt_right_stay(names: list[str]) -> None:
    text = " ".join(f"here i have the {name} for you ." for name in names)
    assert respelt(text) == text


@settings(max_examples=60)
@given(TEXTS)
def test_respelling_twice_changes_nothing_more(texts: list[str]) -> None:
    once = RESPELLING.respelled(said(" ".join(texts)))
    assert RESPELLING.respelled(once) == once


@settings(max_examples=60)
@given(TEXTS)
def test_times_stay_in_order_and_within_what_was_said(texts: list[str]) -> None:
    words = said(" ".join(texts))
    spelt = RESPELLING.respelled(words)
    assert all(one.start <= one.end for one in spelt)
    assert all(one.start <= other.start for one, other in pairwise(spelt))
    assert not words or (spelt[0].start >= words[0].start and spelt[-1].end <= words[-1].end)
