"""Scripts of lives of photographs: the same twice, in order, with the stated rates, and within the split."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.ink import Area
from benchmarks.liveshop.photos.photoset import Photo, PhotoSet
from benchmarks.liveshop.photos.script import PAUSE_S, Script, write_script
from benchmarks.liveshop.photos.shots import fitted, matrix, random_shot
from benchmarks.liveshop.show import FPS, LEAD_S, TAIL_S

if TYPE_CHECKING:
    from benchmarks.liveshop.photos.photoset import Kind, Which

pytestmark = pytest.mark.unit

MINUTE = 60.0


def many(photos: PhotoSet, which: Which = "never-met", kind: Kind = "cartons") -> list[Script]:
    return [write_script(photos, 1500, index, 4 * MINUTE, which, kind) for index in range(12)]


def test_the_same_seed_and_number_give_the_same_script(photos: PhotoSet) -> None:
    one = write_script(photos, 1001, 2, MINUTE)
    assert one == write_script(photos, 1001, 2, MINUTE)
    assert one.introductions != write_script(photos, 1001, 3, MINUTE).introductions
    assert one.introductions != write_script(photos, 1002, 2, MINUTE).introductions


@pytest.mark.parametrize("which", ["tuned", "never-met"])
def test_only_products_of_the_wanted_part_are_introduced_the_unlisted_ones_too(
    photos: PhotoSet, which: Which
) -> None:
    introduced = {one.item.product.product_id for script in many(photos, which) for one in script.introductions}
    assert introduced <= set(photos.ids(which, "cartons"))
    loose = {one.item.loose for script in many(photos, which, "all") for one in script.introductions}
    assert loose == {True, False}


def test_the_catalogue_holds_all_products_but_the_unlisted_ones(photos: PhotoSet) -> None:
    for script in many(photos):
        listed = {item.product.product_id for item in script.listed}
        assert len(listed) == len(photos.items) - 1, "one of eight never-met cartons is left out"
        for one in script.introductions:
            assert one.listed == (one.item.product.product_id in listed)


def test_introductions_last_and_pauses_are_as_stated(photos: PhotoSet) -> None:
    for script in many(photos):
        ends = [LEAD_S - PAUSE_S[0], *(one.stop for one in script.introductions)]
        for before, one in zip(ends, script.introductions, strict=False):
            assert 5 - 2 / FPS <= one.stop - one.start <= 12 + 2 / FPS
            assert PAUSE_S[0] - 2 / FPS <= one.start - before <= PAUSE_S[1] + 2 / FPS
            assert 1 <= len(one.shots) <= 3
            assert all(1.2 <= shot.stop - shot.start <= 8 for shot in one.shots)
            assert all(a.stop == b.start for a, b in zip(one.shots, one.shots[1:], strict=False))
            assert {shot.photo.product_id for shot in one.shots} == {one.item.product.product_id}
        assert script.introductions[-1].stop + TAIL_S <= script.seconds + 2 / FPS


def test_a_photograph_comes_again_only_when_all_of_its_product_were_shown(photos: PhotoSet) -> None:
    for script in many(photos):
        uses = Counter(shot.photo for one in script.introductions for shot in one.shots)
        for product_id in {photo.product_id for photo in uses}:
            counts = [uses[photo] for photo in photos.of(product_id)]
            assert max(counts) - min(counts) <= 1
        for one in script.introductions:
            assert len({shot.photo for shot in one.shots}) == len(one.shots)


def test_look_alikes_and_unlisted_products_come_at_about_the_stated_rates(photos: PhotoSet) -> None:
    turns = [one for script in many(photos) for one in script.introductions]
    unlisted = np.mean([not one.listed for one in turns])
    assert 0.08 < unlisted < 0.28
    pairs = [
        (a.item, b.item) for s in many(photos) for a, b in zip(s.introductions, s.introductions[1:], strict=False)
    ]
    alike = np.mean([a.sort == b.sort or a.product.title[:3] == b.product.title[:3] for a, b in pairs])
    assert alike > 1 / 3


def test_every_frame_belongs_to_one_introduction_or_to_none(photos: PhotoSet) -> None:
    for script in many(photos)[:4]:
        places = [script.prevails(frame) for frame in range(script.frames)]
        told = [place for place in places if place is not None]
        assert sorted(set(told)) == list(range(len(script.introductions)))
        assert told == sorted(told)
        for place, one in enumerate(script.introductions):
            first, last = places.index(place), len(places) - 1 - places[::-1].index(place)
            assert abs(first / FPS - one.start) <= 5 / FPS, "a cross-fade moves it by half its length"
            assert abs((last + 1) / FPS - one.stop) <= 5 / FPS
            assert places[first : last + 1] == [place] * (last + 1 - first), "turning it does not interrupt it"


def test_nothing_takes_the_picture_away(photos: PhotoSet) -> None:
    kinds = {stretch.kind for script in many(photos) for stretch in script.programme.stretches}
    assert not kinds & {"ad", "frozen", "pip"}
    assert "focus" in kinds
    assert {script.programme.portrait for script in many(photos)} == {True, False}


def test_a_set_without_categories_is_all_cartons_and_a_small_one_is_refused(photos: PhotoSet) -> None:
    few = {one: photos.items[one] for one in photos.ids("tuned", "cartons")}
    small = PhotoSet(photos.root, few, tuple(p for p in photos.photos if p.product_id in few))
    assert write_script(small, 1, 0, MINUTE, "tuned").introductions
    with pytest.raises(WorldError, match=r"0 products with photographs are never-met cartons .*: introduce all"):
        write_script(small, 1, 0, MINUTE)
    with pytest.raises(WorldError, match="too short for an introduction"):
        write_script(photos, 1, 0, 12.0)


@given(
    photo=st.tuples(st.integers(40, 4000), st.integers(40, 4000)),
    upright=st.booleans(),
    closer=st.floats(1.0, 1.2),
)
def test_the_window_lies_on_even_pixels_inside_the_picture(
    photo: tuple[int, int], upright: bool, closer: float
) -> None:
    size = (720, 1280) if upright else (1280, 720)
    scale, window = fitted(photo, size, closer)
    assert window.x >= 0
    assert window.x + window.w <= size[0]
    assert window.y >= 0
    assert window.y + window.h <= size[1]
    assert all(v % 2 == 0 for v in window)
    assert window.w >= size[0] - 2 or window.h >= size[1] - 2, "it fills the picture one way or the other"
    assert photo[0] * scale >= window.w - 1
    assert photo[1] * scale >= window.h - 1


@given(seed=st.integers(0, 10_000), share=st.floats(0, 1))
def test_the_middle_of_the_photograph_stays_near_the_middle_of_the_window(seed: int, share: float) -> None:
    photo = Photo("a.jpg", Path("a.jpg"), "a")
    shot = random_shot(np.random.default_rng(seed), photo, 10.0, 16.0)
    window = Area(0, 0, 720, 720)
    placed = matrix(shot.aim(10.0 + 6 * share), (0.0, 0.0), (720, 720), window) @ np.array([360, 360, 1])
    assert np.abs(placed - 360).max() <= 0.12 * 720
    assert 1.05 <= shot.aim(10.0 + 6 * share).zoom <= 1.23
