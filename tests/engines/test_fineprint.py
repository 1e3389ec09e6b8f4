"""Two prints that differ by a word: which one is seen, whatever the light, and nothing where it cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic.colour import to_lab
from engines.classic.fineprint import CLEAR, differing, reads_as

if TYPE_CHECKING:
    from engines.classic.colour import Lab
    from engines.classic.fineprint import Place

pytestmark = pytest.mark.unit

SIZE = (128, 90)
EVERYWHERE = np.ones(SIZE, np.bool_)


def label(word: str) -> Lab:
    picture = np.full((512, 360, 3), (40, 90, 150), np.uint8)
    cv2.putText(picture, "NOXI", (30, 120), cv2.FONT_HERSHEY_DUPLEX, 3.6, (250, 250, 250), 8, cv2.LINE_AA)
    cv2.circle(picture, (180, 230), 70, (230, 200, 40), -1)
    cv2.putText(picture, word, (30, 420), cv2.FONT_HERSHEY_DUPLEX, 2.4, (250, 250, 250), 5, cv2.LINE_AA)
    return to_lab(cv2.resize(picture, SIZE[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8))


ONE, TWO, THREE = label("200 g"), label("400 g"), label("85 ml")
PLACES = differing(ONE, TWO, EVERYWHERE)


def reading(seen: Lab, places: tuple[Place, ...] = PLACES) -> float:
    return reads_as(seen, ONE, TWO, EVERYWHERE, places)


def test_prints_differ_where_the_word_is_and_nowhere_else() -> None:
    assert PLACES
    assert min(place.rows.start for place in PLACES) > 80
    assert differing(ONE, ONE, EVERYWHERE) == ()


def test_a_print_reads_as_itself() -> None:
    assert reading(ONE) > 0.6
    assert reading(TWO) < -0.6


@settings(max_examples=40, deadline=None)
@given(
    gain=st.floats(0.4, 1.2),
    shade=st.floats(-20, 20),
    slope=st.floats(-20, 20),
    across=st.integers(-2, 2),
    down=st.integers(-2, 2),
)
def test_light_and_a_fit_that_is_off_by_a_pixel_or_two_change_nothing(
    gain: float, shade: float, slope: float, across: int, down: int
) -> None:
    seen = np.roll(ONE, (down, across), (0, 1))
    seen[..., 0] = gain * seen[..., 0] + shade + slope * np.linspace(0, 1, SIZE[0], dtype=np.float32)[:, None]
    assert reading(seen) > 0.5


def test_a_third_word_reads_as_neither() -> None:
    assert abs(reading(THREE)) < 0.5


def test_what_is_blank_or_covered_or_alike_says_nothing() -> None:
    assert reading(np.full_like(ONE, 50)) == 0
    assert reads_as(ONE, ONE, TWO, np.zeros(SIZE, np.bool_), PLACES) == 0
    assert reading(ONE, differing(ONE, ONE, EVERYWHERE)) == 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whatever_is_seen_the_answer_is_bounded_and_turns_with_the_question(seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(0, 100, ONE.shape).astype(np.float32)
    assert abs(reading(noise)) <= CLEAR
    assert reads_as(noise, TWO, ONE, EVERYWHERE, PLACES) == pytest.approx(-reading(noise))
