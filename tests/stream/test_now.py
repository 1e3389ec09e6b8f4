"""What shows now, told by events that come in order from owners that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.now import NowBoard

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.events import Event
    from tests.telling import Host

pytestmark = pytest.mark.unit


def showing(board: NowBoard, event: Event) -> list[str] | None:
    record = board.record(event)
    return None if record is None else [data.product_id for data in record.showing]


def test_several_products_show_at_once_oldest_first(host: Callable[..., Host]) -> None:
    mine, board = host(), NowBoard()
    for event in (mine.shows("tea"), mine.shows("jam"), mine.updates("tea")):
        assert board.push(event)
    assert showing(board, event) == ["tea", "jam"]
    record = board.record(event)
    assert record is not None
    assert (record.event_id, record.showing[0].state.value) == ("live-1:1:3", "updated")


def test_nothing_is_left_when_the_last_is_hidden(host: Callable[..., Host]) -> None:
    mine, board = host(), NowBoard()
    board.push(mine.shows("tea"))
    hidden = mine.hides("tea")
    assert board.push(hidden)
    assert showing(board, hidden) is None


def test_a_status_changes_nothing_but_as_the_first_word_of_an_owner(host: Callable[..., Host]) -> None:
    mine, board = host(), NowBoard()
    assert board.push(mine.is_live()), "whatever an owner before left behind is void"
    assert not board.push(mine.is_live())


def test_a_new_owner_starts_with_nothing(host: Callable[..., Host]) -> None:
    board = NowBoard()
    board.push(host(epoch=1).shows("tea"))
    first = host(epoch=2).is_live()
    assert board.push(first)
    assert showing(board, first) is None


def test_a_zombie_is_not_listened_to(host: Callable[..., Host]) -> None:
    board = NowBoard()
    board.push(host(epoch=2).is_live())
    late = host(epoch=1).shows("tea")
    assert not board.push(late)
    assert showing(board, late) is None


def test_livestreams_do_not_mix(host: Callable[..., Host]) -> None:
    board = NowBoard()
    board.push(host("a").shows("tea"))
    other = host("b").shows("jam")
    board.push(other)
    assert showing(board, other) == ["jam"]
    board.forget("b")
    assert board.showing("b") == ()
    assert len(board.showing("a")) == 1


def test_what_was_refused_does_not_show(host: Callable[..., Host]) -> None:
    board, event = NowBoard(), host().shows("tea")
    board.push(event)
    board.discard(event)
    assert showing(board, event) is None


def test_discarding_what_was_never_told_changes_nothing(host: Callable[..., Host]) -> None:
    mine, board = host(), NowBoard()
    board.discard(mine.shows("tea"))
    shown = mine.shows("jam")
    board.push(shown)
    assert showing(board, shown) == ["jam"]
