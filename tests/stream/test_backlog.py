"""What goes when not all can stay: readers are left with the truth, whatever was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.backlog import Backlog
from stream.events import ProductData, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.events import Event
    from tests.telling import Host

pytestmark = pytest.mark.unit

PRODUCTS = ("tea", "jam", "oil")


def ids(events: Iterable[Event]) -> list[int]:
    return [event.seq for event in events]


def fill(backlog: Backlog, events: Iterable[Event]) -> list[Event]:
    return [lost for event in events for lost in backlog.push(event)]


def test_order_is_kept(host: Callable[..., Host]) -> None:
    mine = host()
    backlog = Backlog(3)
    assert fill(backlog, [mine.shows("tea"), mine.updates("tea"), mine.hides("tea")]) == []
    assert [backlog.pop().seq for _ in range(3)] == [1, 2, 3]


def test_news_goes_first(host: Callable[..., Host]) -> None:
    mine = host()
    backlog = Backlog(3)
    lost = fill(backlog, [mine.shows("tea"), mine.updates("tea"), mine.is_live(), mine.hides("tea")])
    assert ids(lost) == [2]


def test_then_a_status_that_was_overtaken(host: Callable[..., Host]) -> None:
    mine, other = host("a"), host("b")
    backlog = Backlog(3)
    lost = fill(backlog, [other.is_live(), mine.is_live(), mine.is_live(), mine.shows("tea")])
    assert [event.id for event in lost] == ["a:1:1"]


def test_then_a_showing_that_is_over(host: Callable[..., Host]) -> None:
    mine = host()
    backlog = Backlog(3)
    lost = fill(backlog, [mine.hides("jam"), mine.shows("tea"), mine.hides("tea"), mine.shows("oil")])
    assert ids(lost) == [2, 3]
    assert ids(backlog) == [1, 4]


def test_a_status_that_still_holds_stays_when_a_showing_goes(host: Callable[..., Host]) -> None:
    mine = host()
    backlog = Backlog(3)
    lost = fill(backlog, [mine.is_live(), mine.shows("tea"), mine.hides("tea"), mine.shows("oil")])
    assert ids(lost) == [2, 3]


def test_a_showing_of_another_livestream_is_another_showing(host: Callable[..., Host]) -> None:
    backlog = Backlog(2)
    lost = fill(backlog, [host("a").shows("tea"), host("b").hides("tea"), host("c").shows("tea")])
    assert [event.stream_id for event in lost] == ["a"]


def test_nothing_left_to_choose_from_loses_the_oldest(host: Callable[..., Host]) -> None:
    mine = host()
    assert ids(fill(Backlog(1), [mine.hides("tea"), mine.hides("jam")])) == [1]


def test_a_backlog_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity 0 is below 1"):
        Backlog(0)


steps = st.lists(st.sampled_from([*PRODUCTS, "status", "update", "take"]), max_size=200)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, taken_first=st.integers(0, 20))
def test_readers_never_see_a_show_twice_nor_miss_a_hide(
    host: Callable[..., Host], steps: list[str], taken_first: int
) -> None:
    """With room for what three products can leave open: a hidden and a shown each, and a status."""
    mine, backlog = host(), Backlog(len(PRODUCTS) * 2 + 1)
    on: set[str] = set()
    taken: list[Event] = []
    pushed = lost = 0
    for i, step in enumerate(steps):
        if step == "take":
            if len(backlog) and i > taken_first:
                taken.append(backlog.pop())
            continue
        event = tell(mine, step, on)
        if event is not None:
            pushed += 1
            lost += len(backlog.push(event))
    taken += backlog.clear()
    assert len(taken) + lost == pushed
    assert ids(taken) == sorted(ids(taken))
    assert showing_after(taken) == on


def tell(mine: Host, step: str, on: set[str]) -> Event | None:
    if step == "status":
        return mine.is_live()
    if step == "update":
        return mine.updates(min(on)) if on else None
    if step in on:
        on.remove(step)
        return mine.hides(step)
    on.add(step)
    return mine.shows(step)


def showing_after(events: Iterable[Event]) -> set[str]:
    showing: set[str] = set()
    for event in events:
        if not isinstance(event.data, ProductData):
            continue
        product_id = event.data.product_id
        if event.type is Type.SHOWN:
            assert product_id not in showing, "shown twice"
            showing.add(product_id)
        elif event.type is Type.HIDDEN:
            assert product_id in showing, "hidden but never shown"
            showing.remove(product_id)
    return showing
