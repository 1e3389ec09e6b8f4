"""Boxes over time, half a second apart: what a hand moves is presented, what stays where it is is not."""

from __future__ import annotations

from math import log, sin
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Box
from stream.rest import EVEN, FEWEST, LEAST, MEMORY_S, MOST, PER_STEP, RESTING, SIZE, Placed, Rest, Step, says, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

pytestmark = pytest.mark.unit

TABLE = Box(0.2, 0.7, 0.1, 0.2)  # of half the even size
HAND = Box(0.4, 0.2, 0.22, 0.5)


def moved(box: Box, x: float, y: float = 0.0, zoom: float = 1.0) -> Box:
    return Box(box.x + x, box.y + y, box.w * zoom, box.h * zoom)


def swaying(box: Box, n: int) -> Iterator[Box]:
    """No two of its rhythms are in step, so that it hardly comes back to the same place."""
    for i in range(n):
        yield moved(box, 0.015 * sin(0.97 * i), 0.012 * sin(1.47 * i + 1), 1 + 0.05 * sin(0.53 * i + 2))


def trembling(box: Box, n: int) -> Iterator[Box]:
    """A box found again and again: a pixel to and fro."""
    for i in range(n):
        yield moved(box, 0.001 * (i % 2), -0.001 * (i % 3), 1 + 0.004 * (i % 2))


def see(
    rest: Rest, at: float, boxes: Mapping[str, Box], unfit: float = 0.0, grain: float = 0.0, *, frozen: bool = False
) -> None:
    rest.push(at, {name: Placed(box, unfit) for name, box in boxes.items()}, grain, frozen=frozen)


def watch(rest: Rest, boxes: Iterable[Box], start: float = 0.0) -> float:
    at = start
    for box in boxes:
        see(rest, at, {"A": box})
        at += 0.5
    return at


def test_nothing_is_said_against_a_product_whose_place_is_unknown() -> None:
    assert Rest().held("A") == float("inf")
    assert Rest().since("A") is None


def test_what_sways_is_held_and_what_only_trembles_rests_from_its_first_view_on() -> None:
    held, lying = Rest(), Rest()
    watch(held, swaying(HAND, 12))
    watch(lying, trembling(TABLE, 4), start=3.0)
    assert held.held("A") > MOST
    assert held.since("A") is None
    assert lying.since("A") == 3.0


def test_one_view_of_a_large_product_is_presented_rather_and_of_a_small_one_rather_not() -> None:
    for box, likely in ((HAND, True), (Box(0.1, 0.2, 0.04, 0.1), False)):
        rest = Rest()
        see(rest, 0.0, {"A": box})
        assert (rest.held("A") > 0) is likely


def test_what_is_put_down_rests_since_it_came_to_rest() -> None:
    rest = Rest()
    down = watch(rest, swaying(HAND, 8))
    watch(rest, trembling(TABLE, 8), start=down)
    assert rest.since("A") == down


@pytest.mark.parametrize("amiss", [1, 2, 3])
def test_one_view_that_finds_it_amiss_does_not_make_it_come_anew(amiss: int) -> None:
    rest = Rest()
    end = watch(rest, swaying(HAND, 6))
    lying = [*trembling(TABLE, 7)]
    lying[amiss] = moved(TABLE, -0.02, zoom=1.2)
    watch(rest, iter(lying), start=end)
    assert rest.since("A") == end


def test_what_is_taken_up_again_is_held_within_two_views() -> None:
    rest = Rest()
    up = watch(rest, trembling(TABLE, 20))
    watch(rest, swaying(HAND, 2), start=up)
    assert rest.since("A") is None
    assert rest.held("A") > 0


def test_what_fills_the_picture_is_presented_though_nothing_moves() -> None:
    rest = Rest()
    watch(rest, trembling(Box(0.2, 0.1, 0.6, 0.8), 40))
    assert rest.since("A") is None
    assert rest.held("A") > 0


def test_a_product_that_was_hidden_from_view_still_lies_where_it_lay() -> None:
    rest = Rest()
    at = watch(rest, trembling(TABLE, 6))
    see(rest, at + MEMORY_S / 2, {"A": TABLE})
    assert rest.since("A") == 0.0


def test_after_long_enough_it_is_forgotten() -> None:
    rest = Rest()
    at = watch(rest, trembling(TABLE, 6))
    see(rest, at + MEMORY_S, {})
    assert rest.since("A") is None


def test_a_product_that_comes_back_elsewhere_is_judged_anew() -> None:
    rest = Rest()
    at = watch(rest, trembling(TABLE, 6))
    see(rest, at + 20, {"A": HAND})
    assert rest.held("A") > 0


def test_a_camera_that_moves_all_that_rest_moves_none_of_them() -> None:
    rest = Rest()
    ids = ("A", "B", "C")[: FEWEST + 1]
    for n in range(20):
        drift = 0.004 * max(0, n - 6)
        see(rest, n / 2, {name: moved(TABLE, drift + 0.2 * i, drift / 2) for i, name in enumerate(ids)})
    assert all(rest.since(name) == 0.0 for name in ids)


def test_look_alikes_that_are_found_in_one_thing_are_no_two_witnesses_of_a_camera() -> None:
    rest = Rest()
    for n, box in enumerate([*trembling(TABLE, 6), *swaying(HAND, 8)]):
        see(rest, n / 2, {"A": box, "B": moved(box, 0.002)})
    assert rest.held("A") > 0
    assert rest.since("A") is None


def test_what_is_found_now_by_one_picture_now_by_another_is_no_camera_that_moves() -> None:
    """Two that lie, of which one jumps: their middle is where neither is, and would carry what has not moved."""
    rest = Rest()
    for n in range(20):
        other = moved(TABLE, 0.3)
        see(rest, n / 2, {"A": TABLE, "B": other if n < 8 or n % 2 else moved(other, 0.0, -0.03, 1.2)})
    assert rest.since("A") == 0.0
    assert rest.held("A") == pytest.approx(LEAST + SIZE * log(TABLE.w * TABLE.h / EVEN))


# A carton that lies half out of the picture, as it was found within twenty seconds; of each, what fitted.
HALF_HIDDEN = (
    (0.4189, 0.7634, 0.1325, 0.2196, 0.86), (0.4157, 0.7623, 0.1169, 0.2025, 0.43),
    (0.3961, 0.7569, 0.1552, 0.2237, 0.69), (0.4276, 0.7361, 0.1229, 0.2325, 0.38),
    (0.4218, 0.7679, 0.1298, 0.2167, 0.91), (0.4239, 0.7513, 0.1324, 0.2351, 0.75),
    (0.3953, 0.7578, 0.1580, 0.2231, 0.69), (0.4342, 0.7607, 0.1112, 0.2183, 0.35),
    (0.4226, 0.7618, 0.1325, 0.2193, 0.86), (0.4166, 0.7532, 0.1313, 0.2468, 0.35),
    (0.4206, 0.7684, 0.1325, 0.2195, 0.83), (0.3969, 0.7273, 0.1656, 0.2536, 0.45),
    (0.4186, 0.7639, 0.1333, 0.2199, 0.88), (0.4168, 0.7628, 0.1165, 0.2067, 0.46),
    (0.4239, 0.7678, 0.1284, 0.2157, 0.86), (0.4063, 0.7588, 0.1407, 0.2171, 0.43),
    (0.4217, 0.7617, 0.1328, 0.2191, 0.89),
)  # fmt: skip


def test_what_lies_half_hidden_is_found_amiss_and_rests_all_the_same() -> None:
    exactly, amiss = Rest(), Rest()
    for n, (x, y, w, h, fitted) in enumerate(HALF_HIDDEN):
        see(exactly, n / 2, {"A": Box(x, y, w, h)})
        see(amiss, n / 2, {"A": Box(x, y, w, h)}, unfit=1 - fitted)
    assert exactly.since("A") is None, "told as exactly as others, it would have been in a hand"
    assert amiss.since("A") is not None


def test_a_hand_that_hides_a_part_of_what_it_sways_is_still_a_hand() -> None:
    rest = Rest()
    for n, box in enumerate(swaying(HAND, 16)):
        see(rest, n / 2, {"A": box}, unfit=0.5 if n % 2 else 0.1)
    assert rest.held("A") > MOST


def test_a_faint_match_is_believed_where_the_product_was_lately_or_lies() -> None:
    rest = Rest()
    assert not rest.expects(0.0, "A", TABLE)
    see(rest, 0.0, {"A": TABLE})
    assert rest.expects(0.5, "A", moved(TABLE, 0.2))
    assert not rest.expects(0.5, "A", moved(TABLE, 0.0, 0.0, 3.0))
    assert rest.expects(60.0, "A", TABLE)
    assert not rest.expects(60.0, "A", moved(TABLE, 0.2))


def test_a_product_found_now_by_one_of_its_pictures_now_by_another_rests_all_the_same() -> None:
    rest = Rest()
    for n in range(12):
        see(rest, n / 2, {"A": TABLE if n % 3 else moved(TABLE, -0.004, -0.018, 1.08)})
    assert rest.since("A") is not None


def test_what_is_put_down_and_found_by_its_pictures_in_turn_rests_since_the_first_of_them() -> None:
    rest = Rest()
    at = watch(rest, swaying(HAND, 6))
    one, two = TABLE, Box(TABLE.x - 0.012, TABLE.y + 0.002, TABLE.w * 1.1, TABLE.h)
    watch(rest, iter([one, two, moved(two, 0.0, 0.006)] * 3), start=at)
    assert rest.since("A") == at


def test_a_hand_that_comes_by_the_same_places_again_is_still_a_hand() -> None:
    """It sways in step with the views: each place comes again after five of them."""
    rest, places = Rest(), [moved(HAND, 0.02 * sin(1.2566 * n), 0.02 * sin(1.2566 * n + 1.57)) for n in range(5)]
    watch(rest, iter(places * 4))
    assert rest.held("A") > MOST


def test_what_lies_is_not_taken_up_by_a_view_that_finds_it_elsewhere() -> None:
    rest = Rest()
    elsewhere = moved(TABLE, -0.045, 0.01)
    at = watch(rest, iter([moved(HAND, 0.02 * n) for n in range(3)]))
    watch(rest, iter([TABLE, TABLE, TABLE, elsewhere, TABLE, TABLE]), start=at)
    assert rest.since("A") == at


def test_a_frozen_picture_says_nothing_of_what_it_shows() -> None:
    rest = Rest()
    at = watch(rest, swaying(HAND, 8))
    for n in range(20):
        see(rest, at + n / 2, {"A": HAND, "B": HAND}, frozen=n > 0)
    assert rest.since("A") is None
    assert rest.held("B") > 0


def test_coarse_boxes_say_nothing() -> None:
    rest = Rest()
    for n in range(20):
        see(rest, n / 2, {"A": HAND}, grain=1 / 16)
    assert rest.since("A") is None
    assert rest.held("A") == float("inf")


def test_a_reset_forgets_everything() -> None:
    rest = Rest()
    watch(rest, trembling(TABLE, 6))
    rest.reset()
    assert rest.since("A") is None


boxes = st.builds(Box, st.floats(-0.5, 1), st.floats(-0.5, 1), st.floats(0, 1), st.floats(0, 1))


@given(boxes, boxes, st.floats(0, 1))
def test_no_step_says_more_than_a_step_may(before: Box, now: Box, grain: float) -> None:
    assert -PER_STEP <= says(step(before, now), grain) <= PER_STEP


@given(boxes, boxes, st.floats(0, 1), st.floats(0, 1))
def test_the_less_of_it_fitted_the_less_a_step_speaks_for_a_hand(
    before: Box, now: Box, unfit: float, more: float
) -> None:
    said = says(step(before, now), unfit=unfit)
    assert said <= 0 or says(step(before, now), unfit=unfit + more) <= said + 1e-9


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_longer_step_never_speaks_less_for_a_hand(x: float, more: float, grain: float) -> None:
    assert says(Step(x, 0, 0), grain) <= says(Step(x + more, 0, 0), grain) + 1e-9


@given(st.lists(st.dictionaries(st.sampled_from("ABC"), boxes), max_size=30))
def test_what_rests_came_to_rest_in_the_past_and_is_not_held(views: list[dict[str, Box]]) -> None:
    rest = Rest()
    for n, found in enumerate(views):
        see(rest, n / 2, found)
        for name in "ABC":
            since = rest.since(name)
            assert since is None or (since <= n / 2 and rest.held(name) <= RESTING)
    assert LEAST <= 0 <= MOST
