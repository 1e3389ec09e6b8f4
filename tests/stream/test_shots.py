"""Cuts told from a livestream's own camera: `away` is since when the picture was none that it comes back to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream.shots import CAMERAS, CELLS, STAYS_S, Shots, likeness, small
from stream.types import Moment

pytestmark = pytest.mark.unit

Picture = NDArray[np.uint8]
SHAPE = (72, 128, 3)


def scene(number: int, shape: tuple[int, int, int] = SHAPE) -> Picture:
    cells = np.random.default_rng(number).integers(20, 200, (shape[0] // 4, shape[1] // 4, 3), dtype=np.uint8)
    return np.asarray(cells.repeat(4, axis=0).repeat(4, axis=1), np.uint8)


def played(shots: Shots, timeline: str, start: float = 0.0) -> list[float | None]:
    """One letter a view, half a second apart; the same letter is the same scene."""
    away = []
    for n, letter in enumerate(timeline):
        at = start + n / 2
        since = shots.push(Moment(at, None, at), scene(ord(letter)))
        away.append(None if since is None else since.pts)
    return away


def test_what_a_livestream_begins_with_and_comes_back_to_is_its_own() -> None:
    assert played(Shots(), "hhAAhh") == [None, None, 1.0, 1.0, None, None]


def test_two_pictures_cut_in_one_after_the_other_are_one_stretch() -> None:
    assert played(Shots(), "hhAABBhh")[2:6] == [1.0] * 4


def test_where_a_livestream_stays_for_long_is_its_own_too() -> None:
    shots, stays = Shots(), int(STAYS_S * 2) + 1
    away = played(shots, "h" + "s" * stays + "h")
    assert away[1] == 0.5
    assert away[-2] is None
    assert played(shots, "As", start=100.0) == [100.0, None]


def test_where_it_is_every_other_time_is_its_own_too() -> None:
    assert played(Shots(), ("h" * 20 + "s" * 20) * 8)[-1] is None


def test_what_is_cut_in_now_and_then_is_cut_in_however_often() -> None:
    assert played(Shots(), ("h" * 80 + "A" * 20) * 30)[-1] is not None


def test_light_and_exposure_make_no_other_picture_of_one() -> None:
    shots = Shots()
    played(shots, "hh")
    darker = (scene(ord("h")) * 0.6 + 10).astype(np.uint8)
    assert shots.push(Moment(1.0, None, 1.0), darker) is None


def test_whoever_moves_before_a_camera_is_still_seen_by_it() -> None:
    shots, host = Shots(), scene(ord("h"))
    played(shots, "h")
    host[20:60, 40:70] = scene(ord("x"))[20:60, 40:70]
    assert shots.push(Moment(0.5, None, 0.5), host) is None


def test_a_camera_that_is_moved_is_still_the_same_one() -> None:
    coarse = np.random.default_rng(1).integers(20, 200, (3, 12, 3), dtype=np.uint8)
    shots, wide = Shots(), coarse.repeat(24, axis=0).repeat(24, axis=1)
    away = [shots.push(Moment(n, None, n), wide[:, 2 * n : 2 * n + SHAPE[1]]) for n in range(80)]
    assert away == [None] * len(away)


def test_many_pictures_cut_in_do_not_make_a_camera_forgotten() -> None:
    assert played(Shots(), "h" + "".join(chr(ord("A") + n) for n in range(2 * CAMERAS)) + "h")[-1] is None


def test_a_picture_of_another_shape_is_another_picture() -> None:
    shots = Shots()
    played(shots, "hh")
    upright = scene(ord("h"), (128, 72, 3))
    assert shots.push(Moment(1.0, None, 1.0), upright) == Moment(1.0, None, 1.0)


def test_an_engine_without_small_pictures_says_nothing() -> None:
    shots = Shots()
    assert shots.push(Moment(0.0, None, 0.0), np.zeros((0, 0, 3), np.uint8)) is None


def test_after_a_gap_nothing_is_known() -> None:
    shots = Shots()
    played(shots, "hhA")
    shots.reset()
    assert played(shots, "A") == [None]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 9))
def test_a_picture_of_any_size_is_like_itself(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    told = small(picture)
    assert min(told.shape[:2]) <= 2 * CELLS
    assert likeness(told, told) == pytest.approx(1.0, abs=1e-3) or not told.any()


@given(st.text(alphabet="hsABC", max_size=40))
def test_a_stretch_away_begins_where_it_is_first_told_and_lasts_until_it_is_over(timeline: str) -> None:
    away = played(Shots(), timeline)
    for n, since in enumerate(away):
        if since is not None:
            assert since <= n / 2
            assert away[int(since * 2) : n + 1] == [since] * (n + 1 - int(since * 2))


def flat(shots: Shots, at: float, level: int = 16) -> float | None:
    """A slate with a codec's noise on it."""
    noise = np.random.default_rng(round(at * 2)).integers(-1, 2, SHAPE)
    since = shots.push(Moment(at, None, at), (level + noise).astype(np.uint8))
    return None if since is None else since.pts


def test_a_livestream_that_begins_with_a_black_slate_has_its_first_camera_for_its_own() -> None:
    shots = Shots()
    assert [flat(shots, 0.0), flat(shots, 0.5)] == [None, None]
    assert played(shots, "hhAAh", start=1.0) == [None, None, 2.0, 2.0, None]


def test_flat_pictures_change_nothing_and_no_camera_is_forgotten_for_them() -> None:
    shots, stays = Shots(), int(STAYS_S) + 1
    played(shots, "h" + "s" * stays)
    assert [flat(shots, 20.0 + n / 2) for n in range(2 * CAMERAS)] == [0.5] * (2 * CAMERAS)
    assert played(shots, "s" * stays, start=30.0)[-1] is None  # the rest of its half minute
    assert flat(shots, 60.0) is None


def test_a_slate_stays_no_longer_than_what_was_before_it() -> None:
    shots = Shots()
    played(shots, "hA")
    flat(shots, 1.0)
    assert flat(shots, 2 * STAYS_S) == 0.5
    assert played(shots, "A", start=2 * STAYS_S + 0.5) == [0.5]
