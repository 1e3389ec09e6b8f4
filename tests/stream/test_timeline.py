"""Timelines: stream time goes on over wraps, jumps and holes, and breaks are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.timeline import FLV_WRAP_S, TS_WRAP_S, Shifts, Timeline

pytestmark = pytest.mark.unit

FRAME = 1 / 25


def test_time_starts_at_zero_wherever_the_source_starts() -> None:
    timeline = Timeline()
    assert timeline.video(1000.0, 1000.0, FRAME).at == 0.0
    assert timeline.video(1000.5, 1000.5, FRAME).at == pytest.approx(0.5)


@pytest.mark.parametrize("wrap_s", [TS_WRAP_S, FLV_WRAP_S])
def test_a_counter_that_wraps_is_no_break(wrap_s: float) -> None:
    timeline = Timeline(wrap_s=wrap_s)
    placed = [timeline.video((wrap_s - 1 + i * 0.5) % wrap_s, None, FRAME) for i in range(6)]
    assert [p.at for p in placed] == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5], abs=1e-4)
    assert not any(p.broke for p in placed)


def test_a_picture_that_wraps_before_its_decoding_time_does_stays_in_order() -> None:
    timeline = Timeline(wrap_s=TS_WRAP_S)
    timeline.video(TS_WRAP_S - 0.08, TS_WRAP_S - 0.16, FRAME)
    assert timeline.video(0.02, TS_WRAP_S - 0.06, FRAME).at == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize("jump_s", [-500.0, -2.0, 60.0, 1e6])
def test_a_jump_is_a_break_and_time_goes_on(jump_s: float) -> None:
    timeline = Timeline()
    timeline.video(10.0, 10.0, FRAME)
    timeline.video(10.04, 10.04, FRAME)
    placed = timeline.video(10.08 + jump_s, 10.08 + jump_s, FRAME)
    assert placed.broke
    assert placed.at == pytest.approx(0.08)
    after = timeline.video(10.12 + jump_s, 10.12 + jump_s, FRAME)
    assert not after.broke
    assert after.at == pytest.approx(0.12)


def test_a_short_hole_is_real_time_that_passed() -> None:
    timeline = Timeline()
    timeline.video(0.0, 0.0, FRAME)
    placed = timeline.video(4.0, 4.0, FRAME)
    assert (placed.at, placed.broke) == (4.0, False)


def test_missing_timestamps_are_filled_with_the_frame_duration() -> None:
    timeline = Timeline()
    placed = [timeline.video(None, None, FRAME).at for _ in range(4)]
    assert placed == pytest.approx([0, FRAME, 2 * FRAME, 3 * FRAME])


def test_reordered_pictures_keep_their_presentation_times() -> None:
    timeline = Timeline()
    #           I           P           B
    pts_dts = [(0.08, 0.0), (0.2, 0.04), (0.12, 0.08)]
    assert [timeline.video(p, d, FRAME).at for p, d in pts_dts] == pytest.approx([0.0, 0.12, 0.04])


def test_sound_follows_the_pictures_over_a_jump() -> None:
    timeline = Timeline()
    assert timeline.other(1, 5.0, 0.02) is None  # no picture has set zero yet
    timeline.video(5.0, 5.0, FRAME)
    assert timeline.other(1, 5.1, 0.02) == pytest.approx(0.1)
    timeline.video(900.0, 900.0, FRAME)
    assert timeline.other(1, 5.12, 0.02) == pytest.approx(0.12)  # the old clock's last sound
    assert timeline.other(1, 900.1, 0.02) == pytest.approx(FRAME + 0.1)


def test_sound_on_a_clock_of_its_own_is_put_beside_the_pictures() -> None:
    timeline = Timeline()
    timeline.video(5.0, 5.0, FRAME)
    assert timeline.other(1, 90_000.0, 0.02) == pytest.approx(FRAME)


def test_a_declared_discontinuity_breaks_even_where_the_times_fit() -> None:
    timeline = Timeline()
    timeline.video(5.0, 5.0, FRAME)
    timeline.break_()
    assert timeline.other(1, 5.04, 0.02) is None
    placed = timeline.video(5.04, 5.04, FRAME)
    assert placed.broke
    assert placed.at == pytest.approx(FRAME)


def test_a_new_container_that_goes_on_is_no_break() -> None:
    timeline = Timeline()
    timeline.video(5.0, 5.0, FRAME)
    timeline.continue_(wrap_s=TS_WRAP_S)
    assert not timeline.video(5.04, 5.04, FRAME).broke


@given(st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=1, max_size=80), st.sampled_from([None, TS_WRAP_S]))
def test_whatever_comes_time_is_finite_and_never_falls_far_back(times: list[float], wrap_s: float | None) -> None:
    timeline = Timeline(wrap_s=wrap_s)
    furthest = 0.0
    for time in times:
        placed = timeline.video(time, time, FRAME)
        assert placed.at >= furthest - len(times) * 0.5 - 1e-3
        if placed.broke:
            assert placed.at >= furthest - 1e-3
        furthest = max(furthest, placed.at)


def test_dates_run_on_from_the_last_mark() -> None:
    utc = Shifts()
    assert utc.value(0.0) is None
    utc.set(0.0, 1000.0)
    utc.set(1.0, 1001.0)  # says nothing new
    utc.set(2.0, 1500.0)
    assert utc.value(1.5) == pytest.approx(1001.5)
    assert utc.value(2.5) == pytest.approx(1500.5)
    utc.set(3.0, None)
    assert utc.value(3.0) is None


def test_the_end_is_as_far_as_a_picture_reaches() -> None:
    timeline = Timeline()
    timeline.video(10.0, 10.0, FRAME)
    timeline.video(10.5, 10.5, FRAME)
    assert timeline.end == pytest.approx(0.5 + FRAME)
