"""The event level, drawn as timelines: `A` is product A presented or told, `X` one of no catalogue, `.` nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.liveshop.score import score
from benchmarks.liveshop.scoring.measure import measure

if TYPE_CHECKING:
    from tests.drawn import Draw

pytestmark = pytest.mark.unit


def test_what_is_told_as_it_was_is_right_in_every_way(draw: Draw) -> None:
    line = "....AAAAAAAA......BBBBBBBB...."
    found = measure([draw.live(line, line)])
    events = found.events
    assert (events.at_1s.f1, events.at_3s.f1, events.wrong_s, events.flaps.count) == (1, 1, 0, 0)
    assert (events.onset.median, events.hide.median) == (1.0, 2.0)
    assert (events.abstention.introductions, events.abstention.time) == (0, 0)
    assert found.mistakes == ()


def test_lives_are_pooled_by_what_they_count(draw: Draw) -> None:
    right = draw.live("..AAAAAA..", "..AAAAAA..", name="drawn-7-0")
    silent = draw.live("..AAAA..BBBB..", "..............", name="drawn-7-1")
    found = measure([right, silent])
    assert (found.events.at_1s.right, found.events.at_1s.told, found.events.at_1s.asked) == (1, 1, 3)
    assert found.events.at_1s.recall == pytest.approx(1 / 3)
    assert found.hours == pytest.approx((5 + 7) / 3600)
    assert [row.live for row in found.rows] == ["drawn-7-0", "drawn-7-1", "drawn-7-1"]


def test_two_products_held_up_at_once_are_both_to_be_told(draw: Draw) -> None:
    truth = draw.truth("..AAAAAAAAAA....", "....BBBBBBBB....")
    both = measure([draw.live(truth, draw.told("..AAAAAAAAAA....", "....BBBBBBBB...."))])
    assert (both.events.at_1s.f1, both.events.wrong_s) == (1, 0)
    one = measure([draw.live(truth, draw.told("..AAAAAAAAAA...."))])
    assert one.events.at_1s.recall == 0.5
    assert one.events.abstention.introductions == 0  # something was told during it


def test_an_introduction_interrupted_by_a_break_is_two_to_be_told(draw: Draw) -> None:
    truth = "..AAAAAA......AAAAAA.."
    assert measure([draw.live(truth, truth)]).events.flaps.count == 0
    bridged = measure([draw.live(truth, "..AAAAAAAAAAAAAAAAAA..")])
    assert (bridged.events.at_1s.right, bridged.events.wrong_s) == (0, 1.0)


def test_false_shows_are_counted_by_what_was_presented_where_they_began(draw: Draw) -> None:
    #       presented nothing   unknown     another
    truth = "................XXXXXXXX....AAAAAAAA...."
    wrong = "....BBBB..........CCCC........DDDD......"
    found = measure([draw.live(truth, wrong)]).events
    rates = (found.false_shows, found.unknown_shows, found.mistaken_shows)
    assert [rate.count for rate in rates] == [1, 1, 1]
    assert [rate.hours * 3600 for rate in rates] == pytest.approx([12, 4, 4])
    assert found.false_shows.per_hour == pytest.approx(300)
    assert found.wrong_s == 6
    assert found.abstention.unlisted == 0


def test_a_right_product_told_a_little_early_is_no_false_show(draw: Draw) -> None:
    found = measure([draw.live("......AAAAAA......", "....AAAAAAAA......")]).events
    assert (found.false_shows.count, found.at_1s.f1) == (0, 1)


def test_a_right_product_told_much_too_early_is_a_false_show_and_wrong_until_it_is_near(draw: Draw) -> None:
    found = measure([draw.live("..............AAAAAA....", "....AAAAAAAAAAAAAAAA....")]).events
    assert (found.false_shows.count, found.wrong_s) == (1, 4)


def test_delays_are_of_all_that_was_told_not_only_of_what_was_exact(draw: Draw) -> None:
    """Else a recogniser that is late would look punctual: what it missed would not count."""
    found = measure([draw.live("....AAAAAAAAAAAAAAAAAAAA....", "............AAAAAAAAAAAA....")]).events
    assert (found.at_1s.right, found.at_3s.right) == (0, 0)
    assert found.onset.median == 5.0


def test_a_product_that_comes_back_within_its_introduction_is_a_flap(draw: Draw) -> None:
    assert measure([draw.live("..AAAAAAAAAAAAAA..", "..AAAAA....AAAAA..")]).events.flaps.count == 1


def test_an_unknown_product_left_alone_is_right_to_abstain(draw: Draw) -> None:
    found = measure([draw.live("..XXXXXX....AAAAAA....", "............AAAAAA....")]).events
    assert (found.abstention.unlisted, found.at_1s.f1, found.unknown_shows.count) == (1, 1, 0)


def test_a_live_without_any_product_has_rates_and_no_shares(draw: Draw) -> None:
    found = measure([draw.live("....................", "....................")])
    assert found.events.at_1s.f1 == 1
    assert (found.events.abstention.introductions, found.events.unknown_shows.per_hour) == (None, None)
    assert found.events.false_shows.high is not None
    assert (found.all_images.rank1, found.calibration, found.groups) == (None, None, ())


def test_nothing_at_all_to_measure_is_no_failure() -> None:
    found = measure([])
    assert (found.lives, found.events.wrong_s_per_hour, found.events.flaps.per_hour) == (0, None, None)


def test_hiding_that_never_came_has_no_delay(draw: Draw) -> None:
    (span,) = draw.told("..AAAAAA..")
    silent = type(span)(span.product_id, span.shown_at, span.hidden_at, span.told_after_s)
    assert measure([draw.live("..AAAAAA..", (silent,))]).events.hide.count == 0


def test_introductions_are_split_by_their_attributes(draw: Draw) -> None:
    found = measure([draw.live("..AAAA....BBBB..", "..AAAA..........")])
    (scale,) = [group for group in found.groups if group.attribute == "scale"]
    assert (scale.value, scale.introductions, scale.recall_1s) == ("medium", 2, 0.5)


LINES = st.text(alphabet="ABX.", min_size=1, max_size=60)


@given(LINES)
def test_truth_told_in_full_is_perfect(draw: Draw, line: str) -> None:
    found = measure([draw.live(line, line.replace("X", "."))])
    assert (found.events.at_1s.f1, found.events.at_3s.f1, found.events.wrong_s) == (1, 1, 0)
    shows = (found.events.false_shows, found.events.unknown_shows, found.events.mistaken_shows)
    assert sum(rate.count for rate in shows) == 0
    assert found.mistakes == ()


@given(LINES, st.floats(-0.9, 0.9))
def test_all_of_it_moved_by_less_than_the_tolerance_is_still_right(draw: Draw, line: str, moved_s: float) -> None:
    found = measure([draw.live(line, draw.told(line.replace("X", "."), moved_s=moved_s))])
    assert (found.events.at_1s.f1, found.events.wrong_s) == (1, 0)


@given(LINES)
def test_nothing_told_is_never_wrong_and_recalls_nothing(draw: Draw, line: str) -> None:
    found = measure([draw.live(line, ())]).events
    asked = found.at_1s.asked
    assert (found.wrong_s, found.at_1s.recall) == (0, 0.0 if asked else 1.0)
    assert found.abstention.introductions == (1 if asked else None)


@given(LINES, LINES)
def test_the_pooled_score_of_one_live_is_the_demos(draw: Draw, line: str, told: str) -> None:
    live = draw.live(line, told)
    found, demo = measure([live]).events, score(live.truth, live.spans)
    assert (found.at_1s.f1, found.wrong_s) == pytest.approx((demo.f1, demo.wrong_product_s))
    assert found.at_1s.right <= found.at_3s.right


@given(LINES, LINES)
def test_every_span_is_right_or_a_mistake_and_every_introduction_told_or_missed(
    draw: Draw, line: str, told: str
) -> None:
    live = draw.live(line, told)
    found = measure([live])
    wrong = [mistake for mistake in found.mistakes if mistake.told is not None]
    assert len(wrong) + found.events.at_1s.right == len(live.spans)
    missed = [mistake for mistake in found.mistakes if mistake.told is None]
    assert len(missed) == sum(row.onset_s is None for row in found.rows if row.listed)
    assert sum(mistake.cost_s for mistake in wrong) == pytest.approx(found.events.wrong_s)
    hours = found.events.false_shows.hours + found.events.unknown_shows.hours + found.events.mistaken_shows.hours
    assert hours == pytest.approx(found.hours)
