"""What nobody said is refused, by a gate with a name; what somebody said is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.speech.base import Word
from engines.speech.gates import Echoes, Gate, is_invention, is_loop, text_gate
from engines.speech.inventions import INVENTIONS

pytestmark = pytest.mark.unit


def said(text: str, first: float = 0.0, each: float = 0.4) -> list[Word]:
    return [Word(first + i * each, first + (i + 0.9) * each, word, 1.0) for i, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you for watching!", "en"),
        ("Thanks for watching, please like and subscribe.", "en-GB"),
        ("Thank you. Thank you. Bye.", ""),
        ("Subtitles by the Amara.org community", "en"),
        ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "zh"),
        ("謝謝觀看。", "zh-TW"),
        ("谢谢观看,谢谢大家", "auto"),
        ("Untertitel im Auftrag des ZDF für funk, 2017", "de"),
        ("ご視聴ありがとうございました", "ja"),
    ],
)
def test_what_recognisers_are_known_to_invent_is_refused(text: str, language: str) -> None:
    assert text_gate(text, language) is Gate.KNOWN_INVENTION


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching, and here is the Fjondo olive oil.",
        "You know Kalane, don't you?",
        "No, no, no, not the shampoo!",
        "感谢观看,这款是燕麦脆",
        "Look at this, green tea, green tea from Kalane.",
    ],
)
def test_what_names_something_is_kept(text: str) -> None:
    assert text_gate(text) is None


@pytest.mark.parametrize("language", sorted(INVENTIONS))
def test_every_known_invention_is_known_for_one(language: str) -> None:
    assert all(is_invention(f"{phrase.capitalize()}.", language) for phrase in INVENTIONS[language])


def test_an_engine_that_doubts_itself_is_believed() -> None:
    assert text_gate("olive oil", log_probability=-1.4) is Gate.LOW_LOG_PROBABILITY
    assert text_gate("olive oil", log_probability=-0.8, no_speech=0.9) is Gate.NO_SPEECH
    assert text_gate("olive oil", log_probability=-0.2, no_speech=0.9) is None


@pytest.mark.parametrize("text", ["no " * 6, "and the tea and the " * 4, "好" * 8, "这个好" * 5])
def test_a_recogniser_that_got_stuck_is_refused(text: str) -> None:
    assert text_gate(text) is Gate.LOOP


def test_text_that_packs_too_well_is_refused() -> None:
    text = "".join(f"we love it {word} we really love it " for word in ("so", "and", "yes", "oh", "well", "ah"))
    assert text_gate(text) is Gate.COMPRESSION


@given(st.text(max_size=200), st.sampled_from(["", "en", "zh", "xx", "auto"]))
def test_any_text_has_an_answer(text: str, language: str) -> None:
    assert text_gate(text, language) in {None, *Gate}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), st.integers(6, 9))
def test_whatever_is_said_often_enough_in_a_row_is_a_loop(run: list[str], times: int) -> None:
    assert is_loop(" ".join(run * times))


def test_an_echo_is_dropped_from_its_fourth_word_on() -> None:
    echoes = Echoes()
    kept, dropped = echoes.push(said("this is the green tea from kalane"))
    assert (len(kept), dropped) == (7, 0)
    kept, dropped = echoes.push(said("this is the green tea from kalane", first=3.1))
    assert [word.text for word in kept] == ["this", "is", "the"]
    assert dropped == 4


def test_a_host_who_says_a_name_twice_is_heard_twice() -> None:
    echoes = Echoes()
    echoes.push(said("green tea"))
    assert len(echoes.push(said("green tea", first=1.2))[0]) == 2
    assert len(echoes.push(said("green tea", first=9.0))[0]) == 2


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=8))
def test_every_word_is_kept_or_counted(many: list[list[str]]) -> None:
    echoes, at = Echoes(), 0.0
    for some in many:
        words = said(" ".join(some), first=at)
        kept, dropped = echoes.push(words)
        assert len(kept) + dropped == len(words)
        assert [word for word in words if word in kept] == kept
        at += 0.4 * len(some)


@pytest.mark.parametrize("text", ["Transcript", "Transcript Emily Beynon 01/000", "01/000", " 3/12. "])
def test_credits_and_counters_of_subtitles_were_not_said(text: str) -> None:
    assert is_invention(text, "en")


def test_a_fraction_beside_words_may_have_been_said() -> None:
    assert not is_invention("open 24/7", "en")
