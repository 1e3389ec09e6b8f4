"""Which segment comes next, drawn as readings of a playlist: digits are sequence numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.cursor import BEHIND, Cursor, Memory
from stream.playlist import Media, Segment

pytestmark = pytest.mark.unit


def reading(*sequences: int, ended: bool = False, missing: tuple[int, ...] = ()) -> Media:
    segments = [Segment(f"{n}.ts", n, 1.0, missing=n in missing) for n in sequences]
    return Media(1.0, tuple(segments), ended)


def taken(cursor: Cursor) -> list[str]:
    """Sequence numbers; an exclamation mark where the segment says that something broke before it."""
    out = []
    while (segment := cursor.take()) is not None:
        out.append(f"{segment.sequence}{'!' if segment.broke else ''}")
    return out


def test_a_live_playlist_is_joined_at_its_newest_and_followed_once() -> None:
    cursor = Cursor(Memory())
    assert cursor.push(reading(5, 6, 7))
    assert taken(cursor) == ["7"]
    assert not cursor.push(reading(5, 6, 7))
    assert cursor.push(reading(6, 7, 8, 9))
    assert taken(cursor) == ["8", "9"]


def test_a_recording_is_read_from_its_beginning_to_its_end() -> None:
    cursor = Cursor(Memory())
    cursor.push(reading(0, 1, 2, 3, 4, 5, ended=True))
    assert cursor.ended
    assert taken(cursor) == ["0", "1", "2", "3", "4", "5"]


def test_whoever_falls_behind_jumps_to_the_newest() -> None:
    cursor = Cursor(Memory())
    cursor.push(reading(1))
    taken(cursor)
    cursor.push(reading(*range(1, 2 + BEHIND + 1)))
    assert taken(cursor) == [f"{1 + BEHIND + 1}!"]


def test_a_window_that_moved_past_us_is_a_break() -> None:
    cursor = Cursor(Memory())
    cursor.push(reading(1))
    taken(cursor)
    cursor.push(reading(5, 6))
    assert taken(cursor) == ["5!", "6"]


def test_a_segment_that_is_missing_or_lost_breaks_the_one_after_it() -> None:
    cursor = Cursor(Memory())
    cursor.push(reading(0, 1, 2, 3, ended=True, missing=(1,)))
    assert taken(cursor) == ["0", "2!", "3"]
    cursor = Cursor(Memory())
    cursor.push(reading(0, 1, 2, ended=True))
    assert cursor.take() is not None
    cursor.lose()
    assert taken(cursor) == ["1!", "2"]


def test_numbers_that_start_again_are_a_new_broadcast() -> None:
    cursor = Cursor(Memory())
    cursor.push(reading(100))
    taken(cursor)
    cursor.push(reading(0, 1))
    assert taken(cursor) == ["1!"]


def test_an_older_copy_from_a_cache_is_nothing_new() -> None:
    cursor = Cursor(Memory())
    cursor.push(reading(8, 9))
    taken(cursor)
    assert not cursor.push(reading(7, 8))
    assert taken(cursor) == []


def test_an_empty_playlist_is_nothing_new() -> None:
    assert not Cursor(Memory()).push(reading())


def test_after_a_reconnect_a_stale_playlist_is_not_played_again() -> None:
    memory = Memory()
    before = Cursor(memory)
    before.push(reading(4, 5))
    taken(before)
    after = Cursor(memory)
    assert not after.push(reading(4, 5))
    assert after.push(reading(5, 6))
    assert taken(after) == ["6"]


def test_after_a_reconnect_a_broadcast_that_ended_meanwhile_goes_on_where_it_was() -> None:
    memory = Memory()
    before = Cursor(memory)
    before.push(reading(4, 5))
    taken(before)
    after = Cursor(memory)
    after.push(reading(4, 5, 6, 7, ended=True))
    assert taken(after) == ["6", "7"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=30))
def test_no_segment_is_ever_taken_twice_and_order_is_kept(steps: list[tuple[int, int]]) -> None:
    cursor, newest, seen = Cursor(Memory()), 0, []
    for forward, size in steps:
        newest += forward
        cursor.push(reading(*range(max(newest - size, 0), newest + 1)))
        seen += [int(item.rstrip("!")) for item in taken(cursor)]
    assert seen == sorted(set(seen))
