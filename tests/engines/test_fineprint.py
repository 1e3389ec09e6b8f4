"""Prints that differ by a word or a band: the listed edition agrees with itself in any light; a third does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.classic.colour import to_lab
from engines.classic.fineprint import differing, own

if TYPE_CHECKING:
    from engines.classic.colour import Lab

pytestmark = pytest.mark.unit

SIZE = (128, 90)
EVERYWHERE = np.ones(SIZE, np.bool_)


def label(word: str, band: tuple[int, int, int] = (40, 90, 150)) -> Lab:
    picture = np.full((512, 360, 3), (40, 90, 150), np.uint8)
    picture[340:450] = band
    cv2.putText(picture, "NOXI", (30, 120), cv2.FONT_HERSHEY_DUPLEX, 3.6, (250, 250, 250), 8, cv2.LINE_AA)
    cv2.circle(picture, (180, 230), 70, (230, 200, 40), -1)
    cv2.putText(picture, word, (30, 420), cv2.FONT_HERSHEY_DUPLEX, 2.4, (250, 250, 250), 5, cv2.LINE_AA)
    return to_lab(cv2.resize(picture, SIZE[::-1], interpolation=cv2.INTER_AREA).astype(np.uint8))


ONE, TWO, THREE = label("200 g"), label("400 g"), label("85 ml")
BETWEEN = differing(ONE, TWO, EVERYWHERE)
RED, GREEN, BLUE = (label("200 g", band) for band in ((170, 40, 40), (40, 130, 40), (40, 40, 170)))


def test_prints_differ_where_the_word_is_and_nowhere_else() -> None:
    assert BETWEEN
    assert min(place.rows.start for place in BETWEEN) > 80
    assert differing(ONE, ONE, EVERYWHERE) == ()


@settings(max_examples=40, deadline=None)
@given(
    gain=st.floats(0.4, 1.2),
    shade=st.floats(-20, 20),
    slope=st.floats(-20, 20),
    across=st.integers(-2, 2),
    down=st.integers(-2, 2),
)
def test_light_and_a_fit_that_is_off_by_a_pixel_or_two_change_little(
    gain: float, shade: float, slope: float, across: int, down: int
) -> None:
    seen = np.roll(ONE, (down, across), (0, 1))
    seen[..., 0] = gain * seen[..., 0] + shade + slope * np.linspace(0, 1, SIZE[0], dtype=np.float32)[:, None]
    words = own(seen, ONE, EVERYWHERE, BETWEEN)
    assert words is not None
    assert words > 0.8


def test_an_edition_that_nobody_lists_agrees_less_where_listed_relatives_differ() -> None:
    listed, other = (own(seen, ONE, EVERYWHERE, BETWEEN) for seen in (ONE, THREE))
    assert listed is not None
    assert other is not None
    assert listed > 0.95
    assert other < 0.8


def test_a_third_colour_of_band_agrees_less_than_the_listed_one() -> None:
    between = differing(RED, GREEN, EVERYWHERE)
    itself, blue = (own(seen, RED, EVERYWHERE, between) for seen in (RED, BLUE))
    assert itself == pytest.approx(1, abs=1e-3)
    assert blue is not None
    assert blue < 0.9


def test_prints_that_are_the_same_and_places_out_of_sight_leave_nothing_to_agree_with() -> None:
    assert own(ONE, ONE, EVERYWHERE, differing(ONE, ONE, EVERYWHERE)) is None
    assert own(RED, RED, np.zeros(SIZE, np.bool_), differing(RED, GREEN, EVERYWHERE)) is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whatever_is_seen_what_is_told_is_bounded(seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(0, 100, ONE.shape).astype(np.float32)
    words = own(noise, RED, EVERYWHERE, differing(RED, GREEN, EVERYWHERE))
    assert words is not None
    assert -1 <= words <= 1
