"""Sampling: the same pictures at any pace, and no more decoding than they need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sampling import LIVE_SPEED, LONGEST_WAIT_S, Grid, Pacer, Skip, SkipPolicy

pytestmark = pytest.mark.unit


def test_the_first_picture_after_each_tick_is_kept() -> None:
    grid = Grid(2.0)
    assert [at for at in (0.0, 0.2, 0.499, 0.5, 0.7, 1.3, 1.4, 1.5) if grid.keep(at)] == [0.0, 0.499, 1.3, 1.5]


def test_after_a_break_the_next_picture_is_kept_at_once() -> None:
    grid = Grid(2.0)
    grid.keep(0.0)
    assert not grid.keep(0.1)
    grid.restart()
    assert grid.keep(0.2)


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=200), st.floats(0.5, 10))
def test_no_more_pictures_are_kept_than_asked_for(steps: list[float], rate: float) -> None:
    grid, at, kept = Grid(rate), 0.0, 0
    for step in steps:
        kept += grid.keep(at)
        at += step
    assert kept <= at * rate + 2


def feed(policy: SkipPolicy, *, frames: int, every: int, fps: float, start: int = 0) -> Skip:
    mode = Skip.NOTHING
    for i in range(start, start + frames):
        mode = policy.push(i / fps, key=i % every == 0)
    return mode


def test_key_frames_alone_are_decoded_where_they_come_often_enough() -> None:
    assert feed(SkipPolicy(2.0), frames=120, every=15, fps=30) is Skip.NONKEY


def test_non_references_are_left_out_where_key_frames_are_rare() -> None:
    assert feed(SkipPolicy(2.0), frames=120, every=60, fps=30) is Skip.NONREF


def test_everything_is_decoded_where_frames_are_few() -> None:
    assert feed(SkipPolicy(2.0), frames=60, every=30, fps=4) is Skip.NOTHING


def test_a_stream_that_stops_sending_key_frames_is_decoded_again_from_the_next_one() -> None:
    policy = SkipPolicy(2.0)
    assert feed(policy, frames=120, every=15, fps=30) is Skip.NONKEY
    assert policy.push(4.0, key=True) is Skip.NONKEY
    assert [policy.push(4.0 + i / 30, key=False) for i in range(1, 60)] == [Skip.NONKEY] * 59  # they have no base
    assert policy.push(6.0, key=True) is Skip.NONREF


def test_non_references_are_decoded_where_leaving_them_out_left_holes() -> None:
    policy = SkipPolicy(2.0)
    feed(policy, frames=60, every=60, fps=30)
    policy.decoded(1.0)
    policy.decoded(2.0)
    assert policy.push(2.0, key=False) is Skip.NOTHING


def test_a_replay_runs_at_the_speed_it_was_filmed() -> None:
    pacer = Pacer(live=False)
    assert pacer.wait_s(0.0, now=100.0) == 0.0
    assert pacer.wait_s(1.0, now=100.2) == pytest.approx(0.8)
    assert pacer.wait_s(2.0, now=105.0) == 0.0  # late: catches up
    assert pacer.wait_s(6.0, now=105.0) == pytest.approx(1.0)


def test_a_live_burst_is_handed_out_faster_than_real_time() -> None:
    pacer = Pacer(live=True)
    pacer.wait_s(0.0, now=100.0)
    assert pacer.wait_s(0.5, now=100.0) == pytest.approx(0.5 / LIVE_SPEED)
    assert pacer.wait_s(1.0, now=103.0) == 0.0
    assert pacer.wait_s(1.5, now=103.0) == pytest.approx(0.5 / LIVE_SPEED)  # from now, not from long ago


def test_a_hole_in_a_live_stream_holds_nothing_up_for_long() -> None:
    pacer = Pacer(live=True)
    pacer.wait_s(0.0, now=0.0)
    assert pacer.wait_s(9.0, now=0.0) == LONGEST_WAIT_S
