"""Words of one name bear each other out; a word alone must be surer, and one amidst another name is not believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.base import Word
from engines.speech.belief import Names, is_drawn_out

pytestmark = pytest.mark.unit

PHRASES = ["kalane green tea", "brassa tomato soup", "tomato soup basil", "velmeo", "unlike the"]
NAMES = Names([phrase.split() for phrase in PHRASES], everyday={"the", "one", "unlike"})


def reading(*said: tuple[str, float], apart: float = 0.0) -> list[Word]:
    """Words of 0.4 s, one after the other."""
    return [Word(i * (0.4 + apart), i * (0.4 + apart) + 0.4, text, sure) for i, (text, sure) in enumerate(said)]


def believed(*said: tuple[str, float], apart: float = 0.0) -> list[str]:
    read = reading(*said, apart=apart)
    return [word.text for word in NAMES.believed(read, read)]


def test_the_surest_word_of_a_name_speaks_for_the_others() -> None:
    assert believed(("tomato", 0.35), ("soup", 0.9)) == ["tomato", "soup"]


def test_a_name_of_which_no_word_is_sure_is_not_believed() -> None:
    assert believed(("tomato", 0.4), ("soup", 0.45)) == []


def test_a_word_dragged_along_with_next_to_no_posterior_is_left_out() -> None:
    assert believed(("tomato", 0.02), ("soup", 0.9)) == ["soup"]


def test_a_word_alone_must_be_surer() -> None:
    assert believed(("velmeo", 0.8)) == []
    assert believed(("velmeo", 0.9)) == ["velmeo"]


def test_a_word_alone_needs_less_behind_one_that_leads_to_names() -> None:
    assert believed(("from", 0.8), ("velmeo", 0.6)) == ["velmeo"]
    assert believed(("from", 0.3), ("velmeo", 0.6)) == []


def test_of_a_name_that_an_everyday_word_belongs_to_the_other_word_must_be_sure() -> None:
    names = Names([["in", "basil"], ["the", "basil", "one"]], everyday={"in", "the", "one"})
    said = reading(("the", 0.95), ("basil", 0.4), ("one", 0.95))
    assert names.believed(said, said) == []
    surer = [said[0], said[1]._replace(confidence=0.75), said[2]]
    assert names.believed(surer, surer) == surer
    assert names.believed(surer[:2], surer) == []  # "the ..." is what anything begins with


def test_a_size_waits_as_a_single_word_does() -> None:
    names = Names([["two", "hundred", "m", "l"], ["velmeo"]], everyday={"two", "hundred"})
    said = reading(("two", 0.8), ("hundred", 0.8), ("m", 0.8), ("l", 0.8))
    assert names.until_alone(said) == []
    assert names.believed(said, said) == said


def test_a_word_alone_that_only_the_last_reading_has_is_not_believed() -> None:
    last = reading(("from", 0.9), ("velmeo", 0.9))
    other = reading(("from", 0.8), ("one", 0.8))
    elsewhere = [last[0], last[1]._replace(start=last[1].start + 0.3)]
    assert NAMES.believed(last, other) == []
    assert NAMES.believed(last, elsewhere) == []
    assert NAMES.believed(last, last) == [last[1]]
    sure = [last[0], last[1]._replace(confidence=0.99)]
    assert NAMES.believed(sure, other) == [sure[1]]


def test_what_begins_a_name_may_be_put_right_by_what_follows_and_nothing_else() -> None:
    last = reading(("tomato", 0.9), ("soup", 0.9), ("basil", 0.9))
    assert NAMES.believed(last, last[1:]) == last
    assert NAMES.believed(last, last[:2]) == last[:2]
    assert NAMES.believed(last, []) == []


def test_everyday_words_do_not_bear_a_name_out() -> None:
    names = Names([["the", "basil", "one"]], everyday={"the", "one"})
    said = reading(("the", 0.9), ("basil", 0.9), ("one", 0.9))
    assert names.believed(said, reading(("the", 0.8), ("one", 0.8))) == []
    assert names.believed(said, said) == said


def test_a_name_by_one_word_among_everyday_ones_must_be_surer_than_by_two() -> None:
    names = Names([["the", "basil", "one"], ["tomato", "soup"]], everyday={"the", "one"})
    one, two = reading(("the", 0.6), ("basil", 0.66), ("one", 0.5)), reading(("tomato", 0.66), ("soup", 0.5))
    assert names.believed(one, one) == []
    assert names.believed(two, two) == two


def test_an_everyday_word_alone_says_nothing() -> None:
    assert believed(("the", 1.0)) == []
    assert believed(("unlike", 0.6), ("the", 0.9)) == ["unlike", "the"]


def test_what_goes_with_a_name_nearby_is_borne_out_by_it() -> None:
    assert believed(("green", 0.9), ("tea", 0.9), ("from", 0.1), ("kalane", 0.5)) == ["green", "tea", "kalane"]


def test_a_word_amidst_a_name_that_it_has_nothing_to_do_with_is_wrong() -> None:
    assert believed(("kalane", 0.95), ("tomato", 0.9), ("soup", 0.9)) == ["tomato", "soup"]


def test_a_name_again_and_again_bears_itself_out_no_more_than_a_trill_does() -> None:
    assert believed(("velmeo", 0.9), ("velmeo", 0.9)) == []
    assert believed(("velmeo", 0.9), ("one", 0.9), ("one", 0.9), ("one", 0.9), ("velmeo", 0.9)) == ["velmeo"] * 2


def test_a_turn_of_phrase_beside_a_name_speaks_against_none() -> None:
    names = Names([["unlike", "the"], ["rich", "soup"]], everyday={"the"})
    said = (("unlike", 0.9), ("the", 0.9), ("soup", 0.99))
    assert [word.text for word in names.believed(reading(*said), reading(*said))] == ["unlike", "the", "soup"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((("velmeo", 0.86),), ["velmeo"]),
        ((("soup", 0.97),), []),
        ((("soup", 0.99),), ["soup"]),
        ((("from", 0.9), ("velmeo", 0.51)), ["velmeo"]),
        ((("from", 0.9), ("soup", 0.85)), []),
        ((("from", 0.9), ("soup", 0.91)), ["soup"]),
    ],
)
def test_a_word_that_english_has_anyway_must_be_surer_when_nothing_bears_it_out(
    said: tuple[tuple[str, float], ...], kept: list[str]
) -> None:
    names = Names([["velmeo", "tomato", "soup"]], everyday={"from"})
    assert [word.text for word in names.believed(reading(*said), reading(*said))] == kept


def test_a_word_that_waits_says_where_what_is_behind_it_begins() -> None:
    said = reading(("green", 0.8), ("tea", 0.8), ("one", 0.8), ("velmeo", 0.8), ("one", 0.8), ("tomato", 0.8))
    assert NAMES.behind_alone(said) == pytest.approx((1.6, 2.0))
    assert NAMES.behind_alone(said[:4]) == pytest.approx((1.6, 1.6))
    assert NAMES.behind_alone(said[:3]) is None


@pytest.mark.parametrize(
    ("text", "seconds", "is_a_tone"), [("pava", 0.6, False), ("pava", 0.8, True), ("tea", 0.5, False)]
)
def test_a_word_takes_as_long_as_its_letters_or_it_is_a_tone(text: str, seconds: float, is_a_tone: bool) -> None:
    assert is_drawn_out(Word(3.0, 3.0 + seconds, text, 1.0)) is is_a_tone


def test_words_nobody_is_sure_of_do_not_part_a_name() -> None:
    said = (("kalane", 0.95), ("one", 0.1), ("basil", 0.1), ("tomato", 0.9), ("soup", 0.9))
    assert believed(*said, apart=-0.1) == ["tomato", "soup"]


def test_two_names_with_a_moment_between_are_two() -> None:
    assert believed(("kalane", 0.95), ("tomato", 0.9), ("soup", 0.9), apart=1.0) == ["kalane", "tomato", "soup"]


def test_a_brand_that_is_known_alone_stands_before_any_name() -> None:
    assert believed(("velmeo", 0.9), ("tomato", 0.9), ("soup", 0.9)) == ["velmeo", "tomato", "soup"]


def test_before_its_posterior_is_known_a_word_alone_ends_what_is_told() -> None:
    early = NAMES.until_alone(reading(("the", 0.8), ("tomato", 0.8), ("soup", 0.8), ("velmeo", 0.8), ("basil", 0.8)))
    assert [word.text for word in early] == ["tomato", "soup"]


def test_an_everyday_word_that_follows_one_of_a_name_is_no_second_witness() -> None:
    names = Names([["palms", "size"], ["unlike", "the"]], everyday={"size", "unlike", "the"})
    assert names.until_alone(reading(("palms", 0.8), ("size", 0.8))) == []
    assert len(names.until_alone(reading(("unlike", 0.8), ("the", 0.8)))) == 2


WORDS = st.sampled_from(["kalane", "green", "tea", "tomato", "soup", "basil", "velmeo", "unlike", "the", "from"])


@given(st.lists(st.tuples(WORDS, st.floats(0, 1)), max_size=12))
def test_what_is_believed_was_read_and_wanted_and_keeps_its_order(said: list[tuple[str, float]]) -> None:
    read = reading(*said)
    kept = NAMES.believed(read, read)
    assert kept == [word for word in read if word in kept]
    assert all(word.text in NAMES.wanted for word in kept)


@given(st.lists(st.tuples(WORDS, st.floats(0, 0.94)), max_size=12), st.lists(WORDS, max_size=12))
def test_a_name_of_one_word_that_was_not_read_before_is_never_believed(
    said: list[tuple[str, float]], before: list[str]
) -> None:
    """None of `said` is nearly certain."""
    other = reading(*((text, 1.0) for text in before if text != "velmeo"))
    assert "velmeo" not in {word.text for word in NAMES.believed(reading(*said), other)}
