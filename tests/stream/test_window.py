"""Windows cover time, never bridge a reset and never hold more than their length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.types import View
from stream.window import Windower

pytestmark = pytest.mark.unit

ViewAt = Callable[[float], View]


def test_a_window_closes_once_per_hop_and_holds_its_length(view_at: ViewAt) -> None:
    windower = Windower(length_s=2.0, hop_s=1.0)
    closed = [windower.push(view_at(n / 2)) for n in range(9)]
    assert [window.end for window in closed if window] == [0.0, 1.0, 2.0, 3.0, 4.0]
    last = closed[-1]
    assert last is not None
    assert (last.start, [view.at for view in last.views]) == (2.0, [2.0, 2.5, 3.0, 3.5, 4.0])


def test_jitter_of_a_hair_does_not_cost_a_hop(view_at: ViewAt) -> None:
    windower = Windower(length_s=2.0, hop_s=0.5)
    assert all(windower.push(view_at(at)) for at in (0.0, 0.4999, 0.9998, 1.4997))


def test_nothing_of_before_a_reset_is_in_a_window_after_it(view_at: ViewAt) -> None:
    windower = Windower(length_s=5.0, hop_s=1.0)
    windower.push(view_at(0.0))
    windower.reset()
    window = windower.push(view_at(0.2))
    assert window is not None
    assert [view.at for view in window.views] == [0.2]


@pytest.mark.parametrize(("length_s", "hop_s"), [(1.0, 2.0), (1.0, 0.0), (1.0, -1.0)])
def test_a_hop_that_cannot_cover_time_is_refused(length_s: float, hop_s: float) -> None:
    with pytest.raises(ValueError, match="hop_s"):
        Windower(length_s=length_s, hop_s=hop_s)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40),
    st.floats(0.1, 1.0),
    st.floats(2.0, 5.0),
)
def test_every_view_is_in_a_window_when_frames_are_no_rarer_than_hops(
    view_at: ViewAt, steps: list[float], hop_s: float, length_s: float
) -> None:
    windower = Windower(length_s=length_s, hop_s=hop_s)
    at, pushed, covered = 0.0, [], set()
    for step in steps:
        at += step * hop_s
        pushed.append(at)
        window = windower.push(view_at(at))
        if window:
            times = [view.at for view in window.views]
            assert times == sorted(times)
            assert window.end - window.start <= length_s
            covered.update(times)
    final = windower.push(view_at(at + hop_s))
    assert final is not None
    covered.update(view.at for view in final.views)
    assert set(pushed) <= covered
