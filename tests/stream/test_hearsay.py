"""The board of what was said, alone: replacing, muting, forgetting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text import Mention
from stream.hearsay import KEPT_S, MOST, Boards, Hearsay, Muted

pytestmark = pytest.mark.unit


def said(product_id: str, start: float, end: float | None = None) -> Mention:
    return Mention(product_id, start, start + 0.5 if end is None else end, product_id, 0.9)


def names(mentions: object) -> list[str]:
    assert isinstance(mentions, list)
    return [mention.product_id for mention in mentions]


def test_mentions_are_found_by_the_time_they_overlap() -> None:
    board = Hearsay()
    board.push([said("late", 8.0), said("early", 2.0)], until=10.0)
    assert names(board.within(0.0, 10.0)) == ["early", "late"]
    assert names(board.within(2.4, 3.0)) == ["early"]
    assert names(board.within(3.0, 7.9)) == []
    assert board.settled == 10.0


def test_more_words_replace_what_fewer_words_had_told() -> None:
    board = Hearsay()
    board.push([said("soap", 1.0)], until=2.0)
    board.push([said("oil-mild", 5.0), said("oil-hot", 5.0)], until=6.0, since=4.0)
    board.push([said("oil-hot", 5.0, 6.4)], until=7.0, since=4.0)
    assert names(board.within(0.0, 9.0)) == ["soap", "oil-hot"]


def test_what_is_told_late_does_not_turn_time_back() -> None:
    board = Hearsay()
    board.push([], until=20.0)
    board.push([said("soap", 12.0)], until=15.0)
    assert board.settled == 20.0
    assert names(board.within(12.0, 13.0)) == ["soap"]


def test_a_muted_stretch_says_why_and_what_was_said_in_it_does_not_count() -> None:
    board = Hearsay()
    board.mute(4.0, 5.0, "music")
    board.mute(5.1, 6.0, "music")
    board.push([said("before", 3.0), said("inside", 5.0), said("after", 7.0)], until=8.0)
    assert names(board.within(0.0, 8.0)) == ["before", "after"]
    assert [board.suspended(at) for at in (3.9, 4.0, 5.05, 5.9, 6.0)] == [None, "music", "music", "music", None]


def test_what_is_held_counts_until_the_next_telling_takes_it_back() -> None:
    board = Hearsay()
    board.hold(Muted(4.0, 5.5, "music"))
    board.push([said("soap", 4.5)], until=6.0)
    assert (names(board.within(0.0, 8.0)), board.suspended(5.4), board.suspended(5.5)) == ([], "music", None)
    board.hold(None)
    assert (names(board.within(0.0, 8.0)), board.suspended(5.4)) == (["soap"], None)


def test_a_stretch_without_length_mutes_nothing() -> None:
    board = Hearsay()
    board.mute(4.0, 4.0, "gap")
    assert board.suspended(4.0) is None


def test_a_gap_leaves_nothing() -> None:
    board = Hearsay()
    board.push([said("soap", 1.0)], until=2.0)
    board.mute(0.0, 9.0, "music")
    board.reset()
    assert (board.settled, names(board.within(0.0, 9.0)), board.suspended(1.0)) == (0.0, [], None)


@given(st.lists(st.tuples(st.floats(0, 500), st.booleans()), max_size=60))
def test_it_never_holds_more_than_the_last_stretch_of_time(steps: list[tuple[float, bool]]) -> None:
    board = Hearsay()
    for at, mutes in steps:
        if mutes:
            board.mute(at, at + 1.0, "music")
        else:
            board.push([said("soap", at)], until=at)
    assert all(mention.end >= board.settled - KEPT_S for mention in board.within(0.0, 600.0))


def test_a_recogniser_that_does_not_stop_fills_no_memory() -> None:
    board = Hearsay()
    board.push([said("soap", i / 100) for i in range(2 * MOST)], until=11.0)
    assert len(board.within(0.0, 12.0)) == MOST


def test_judging_reads_the_board_of_its_own_stretch() -> None:
    boards = Boards()
    boards.heard.push([said("before", 1.0)], until=2.0)
    boards.gap_heard()
    boards.heard.push([said("after", 1.0)], until=2.0)
    assert names(boards.seen.within(0.0, 9.0)) == ["before"]
    boards.gap_seen()
    assert names(boards.seen.within(0.0, 9.0)) == ["after"]


def test_judging_that_is_ahead_of_listening_reads_nothing() -> None:
    boards = Boards()
    boards.heard.push([said("before", 1.0)], until=2.0)
    boards.gap_seen()
    assert (boards.level(1.0), names(boards.seen.within(0.0, 9.0))) == (False, [])
    boards.gap_heard()
    assert (boards.level(1.0), boards.seen) == (False, boards.heard)
    boards.heard.push([], until=1.0)
    assert boards.level(1.0)


@given(st.lists(st.booleans(), max_size=40))
def test_whoever_meets_a_gap_first_no_word_from_before_is_read_behind_it(order: list[bool]) -> None:
    boards, heard, seen = Boards(), 0, 0
    for by_listening in order:
        if by_listening:
            heard += 1
            boards.gap_heard()
            boards.heard.push([said(str(heard), 1.0)], until=2.0)
        else:
            seen += 1
            boards.gap_seen()
        read = names(boards.seen.within(0.0, 9.0))
        assert read in ([], [str(seen)])
        assert read or seen == 0 or heard < seen
        assert boards.level(1.0) == (heard > seen or (heard == seen > 0))
