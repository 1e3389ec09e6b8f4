"""Made-up siblings: the same package in all but a few places, and the same each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.classic_siblings import sibling

if TYPE_CHECKING:
    from engines.base import Image

pytestmark = pytest.mark.unit


def package(seed: int) -> Image:
    rng = np.random.default_rng(seed)
    picture = np.full((198, 198, 3), 255, np.uint8)
    picture[10:190, 60:140] = np.kron(rng.integers(0, 200, (18, 8, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    return picture


@pytest.mark.parametrize("seed", range(8))
def test_a_sibling_differs_in_little_and_only_on_the_package(seed: int) -> None:
    mother = package(0)
    made = sibling(mother, [package(1)], np.random.default_rng(seed))
    differs = (made != mother).any(axis=2)
    assert 0 < differs[10:190, 60:140].mean() < 0.3
    differs[10:190, 60:140] = False
    assert not differs.any()
    assert np.array_equal(made, sibling(mother, [package(1)], np.random.default_rng(seed)))


def test_a_picture_with_no_room_for_another_word_stays_as_it_is() -> None:
    tiny = np.zeros((6, 6, 3), np.uint8)
    assert np.array_equal(sibling(tiny, [package(1)], np.random.default_rng(0)), tiny)
