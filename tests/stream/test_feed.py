"""Readers of server-sent events: they join in the truth, resume where they were, and cost nothing when slow."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from stream.clock import ManualClock
from stream.metrics import Metrics
from stream.web.feed import Feed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from stream.events import Event
    from tests.telling import Host

pytestmark = pytest.mark.unit

RESET, SLOW = "reset", "slow"


def parse(text: str) -> list[str]:
    """Ids of events, and the names of what is said besides."""
    return re.findall(r"^(?:event|id): (.*)$", text, re.MULTILINE)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(ManualClock())


@pytest.fixture
def feed(metrics: Metrics) -> Feed:
    return Feed(metrics, ring=4)


def push(feed: Feed, *events: Event) -> None:
    for event in events:
        feed.push(event)


async def joined(feed: Feed, last: str | None = None) -> tuple[AsyncIterator[str], list[str]]:
    """A reader past its greeting, and what it was told."""
    reader = feed.read("live-1", last)
    assert (await anext(reader)).startswith("retry: ")
    return reader, parse(await anext(reader))


async def test_one_who_joins_is_told_what_shows_and_then_what_comes(feed: Feed, host: Callable[..., Host]) -> None:
    mine = host()
    push(feed, mine.shows("tea"), mine.shows("jam"), mine.hides("tea"))
    reader, told = await joined(feed)
    assert told == [RESET, "live-1:1:2"]
    push(feed, mine.hides("jam"), mine.is_live())
    assert parse(await anext(reader)) == ["live-1:1:4", "live-1:1:5"]


async def test_one_who_comes_back_misses_nothing_and_hears_nothing_twice(
    feed: Feed, host: Callable[..., Host]
) -> None:
    mine = host()
    push(feed, mine.shows("tea"), mine.hides("tea"), mine.shows("jam"))
    _, told = await joined(feed, "live-1:1:1")
    assert told == ["live-1:1:2", "live-1:1:3"]


async def test_one_who_was_away_too_long_starts_anew(feed: Feed, host: Callable[..., Host]) -> None:
    mine = host()
    push(feed, mine.shows("tea"), *(mine.is_live() for _ in range(5)))
    _, told = await joined(feed, "live-1:1:1")
    assert told == [RESET, "live-1:1:1"]


async def test_a_place_in_a_former_worker_starts_anew(feed: Feed, host: Callable[..., Host]) -> None:
    push(feed, host(epoch=2).shows("tea"))
    _, told = await joined(feed, "live-1:1:77")
    assert told == [RESET, "live-1:2:1"]


async def test_a_slow_reader_is_told_and_let_go(feed: Feed, host: Callable[..., Host], metrics: Metrics) -> None:
    mine = host()
    reader, _ = await joined(feed)
    push(feed, *(mine.is_live() for _ in range(5)))
    assert parse(await anext(reader)) == [SLOW]
    with pytest.raises(StopAsyncIteration):
        await anext(reader)
    assert metrics.registry.get_sample_value("nowshowing_event_readers_dropped_total") == 1


async def test_readers_are_counted(feed: Feed, metrics: Metrics) -> None:
    reader, _ = await joined(feed)
    assert metrics.registry.get_sample_value("nowshowing_event_readers") == 1
    feed.close()
    with pytest.raises(StopAsyncIteration):
        await anext(reader)
    assert metrics.registry.get_sample_value("nowshowing_event_readers") == 0


async def test_closing_lets_readers_have_the_last_word_first(feed: Feed, host: Callable[..., Host]) -> None:
    mine = host()
    reader, _ = await joined(feed)
    push(feed, mine.hides("tea"))
    feed.close()
    assert parse(await anext(reader)) == ["live-1:1:1"]
    with pytest.raises(StopAsyncIteration):
        await anext(reader)


async def test_silence_is_filled_so_that_proxies_keep_the_line(metrics: Metrics) -> None:
    reader, _ = await joined(Feed(metrics, heartbeat_s=0.001))
    assert (await anext(reader)).startswith(": ")


async def test_an_event_is_one_message_whatever_its_title(feed: Feed, host: Callable[..., Host]) -> None:
    reader, _ = await joined(feed)
    push(feed, host(title="two\nlines\r\n\r\nevent: reset").shows("tea"))
    text = await anext(reader)
    assert parse(text) == ["live-1:1:1"]
    data = text.splitlines()[1].removeprefix("data: ")
    assert json.loads(data)["data"]["product"]["title"].startswith("two\nlines")
