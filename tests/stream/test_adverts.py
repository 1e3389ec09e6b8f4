"""What is marked as advertisement, by stream time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.adverts import MOST, AdTimes, Cues

pytestmark = pytest.mark.unit


def test_nothing_is_advertisement_before_anything_is_said() -> None:
    assert not AdTimes().at(5.0)


@given(st.lists(st.booleans(), max_size=40))
def test_each_moment_is_what_was_said_of_it_last(said: list[bool]) -> None:
    times = AdTimes()
    for at, ad in enumerate(said):
        times.set(float(at), ad=ad)
    assert [times.at(at + 0.5) for at in range(len(said))] == said


def test_a_playlist_full_of_ranges_is_read_in_part() -> None:
    cues = Cues()
    for n in range(2 * MOST):
        cues.date_range({"ID": str(n), "SCTE35-OUT": "0xFC", "DURATION": "1"}, float(n), None)
    assert len(cues.ranges) == MOST


@given(st.text(max_size=40))
def test_whatever_a_cue_says_its_end_ends_it(value: str) -> None:
    cues = Cues()
    cues.out(value)
    cues.goes_on(value)
    cues.back_in()
    assert not cues.next_is_ad(1.0)
