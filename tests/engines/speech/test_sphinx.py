"""Real PocketSphinx on speech made here: products' words come out in order, at their times, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.errors import SpeechError
from engines.speech.base import RATE, Samples, Word
from engines.speech.grammar import everyday
from engines.speech.sphinx import Sphinx, warmed, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.media

PHRASES = ["Kalane Green Tea Jasmine", "Brassa Tomato Soup Basil", "Velmeo Hand Cream Lavender"]


@pytest.fixture(scope="module")
def spoken(say: Callable[[str], Samples]) -> Samples:
    return say("Look at this, Green Tea from Kalane, in Jasmine.")


def heard(sound: Samples, step: int) -> list[Word]:
    ear = Sphinx().session(PHRASES, "en-GB")
    words = [word for at in range(0, len(sound), step) for word in ear.push(sound[at : at + step])]
    return words + ear.end()


def test_the_words_of_a_product_are_heard_once_each_and_in_order(spoken: Samples) -> None:
    words = heard(spoken, RATE // 10)
    assert [word.text for word in words] == ["green", "tea", "kalane", "jasmine"]
    assert all(1.0 <= word.start < word.end <= len(spoken) / RATE for word in words)


def test_what_is_heard_does_not_depend_on_how_the_sound_comes(spoken: Samples) -> None:
    assert heard(spoken, 1234) == heard(spoken, RATE)


def test_a_name_of_one_word_is_told_while_the_host_still_talks(say: Callable[[str], Samples]) -> None:
    """Where nobody pauses, the piece goes on for five seconds; what was read behind the name is read again."""
    sound = say(
        "This one is from Kalane and today you can get it with free shipping and hand cream, have it at home."
    )
    ear, told = Sphinx().session(PHRASES), list[tuple[str, float]]()
    for at in range(0, len(sound), RATE // 10):
        told += [(word.text, (at + RATE // 10) / RATE - word.end) for word in ear.push(sound[at : at + RATE // 10])]
    words = [text for text, _ in told] + [word.text for word in ear.end()]
    assert words == ["kalane", "hand", "cream"]
    assert all(delay < 2.0 for _, delay in told)


def test_silence_says_nothing() -> None:
    assert heard(np.zeros(5 * RATE, np.float32), RATE) == []


def test_a_warmed_one_has_nothing_left_to_make_that_sessions_share() -> None:
    everyday.cache_clear()
    ear = warmed()
    assert everyday.cache_info().currsize == 1
    ear.session(PHRASES)
    assert everyday.cache_info().misses == 1


def test_another_language_is_refused_with_the_cure() -> None:
    with pytest.raises(SpeechError, match=r"language 'zh'.*speech"):
        Sphinx().session(PHRASES, "zh")


def test_of_a_phrase_only_what_can_be_said_is_listened_for() -> None:
    assert words_of("Kalane Green Tea, 20 bags (375 g)") == ["kalane", "green", "tea", "bags", "g"]
