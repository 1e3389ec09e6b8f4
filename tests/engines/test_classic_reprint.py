"""One print, saved anew, against prints that differ by a word, a number, a colour."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.classic import ClassicEncoder, ClassicMatcher

if TYPE_CHECKING:
    from engines.base import Encoded, Image

pytestmark = pytest.mark.unit


@cache
def encoder() -> ClassicEncoder:
    return ClassicEncoder()


def package(seed: int, *, word: str = "HONEY", band: tuple[int, int, int] = (230, 180, 40)) -> Image:
    """A front with print of its own, a band and a word on it."""
    rng = np.random.default_rng(seed)
    image = np.full((640, 640, 3), 255, np.uint8)
    cv2.rectangle(image, (120, 40), (520, 600), rng.integers(60, 200, 3).tolist(), -1)
    for _ in range(50):
        x, y, r = int(rng.integers(140, 480)), int(rng.integers(60, 380)), int(rng.integers(5, 24))
        cv2.circle(image, (x, y), r, rng.integers(0, 255, 3).tolist(), -1)
    cv2.rectangle(image, (120, 430), (520, 500), band, -1)
    cv2.putText(image, word, (170, 480), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 4)
    return image


def saved(image: Image, side: int, quality: int) -> Encoded:
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    again = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert again is not None
    return encoder().encode([np.ascontiguousarray(again[..., ::-1], np.uint8)])[0]


def same(one: Encoded, two: Encoded) -> bool:
    there, back = (ClassicMatcher().same_print(*pair) for pair in ((one, two), (two, one)))
    assert there == back
    return there


@pytest.mark.parametrize(("side", "quality"), [(640, 92), (640, 60), (500, 85), (400, 75)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_print_that_was_saved_anew_is_the_same(seed: int, side: int, quality: int) -> None:
    assert same(saved(package(seed), 640, 92), saved(package(seed), side, quality))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_word_number_or_colour_is_another_print(seed: int) -> None:
    one = saved(package(seed, word="400 ml"), 640, 92)
    for other in (package(seed, word="800 ml"), package(seed), package(seed, word="400 ml", band=(60, 180, 80))):
        assert not same(one, saved(other, 640, 92))


def test_what_has_no_print_in_common_or_none_at_all_is_not_the_same() -> None:
    plain = saved(np.full((640, 640, 3), 255, np.uint8), 640, 92)
    assert not same(saved(package(1), 640, 92), saved(package(2), 640, 92))
    assert not same(plain, plain)
