"""Channels: order, policies, endings, and the invariant received + dropped + waiting == sent."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.channel import Channel, Policy
from stream.errors import ClosedError

pytestmark = pytest.mark.unit


async def test_items_arrive_in_order_and_a_close_drains_first() -> None:
    channel: Channel[int] = Channel("numbers", capacity=4, policy=Policy.WAIT)
    for number in range(3):
        await channel.send(number)
    await channel.close()
    assert [number async for number in channel] == [0, 1, 2]


async def test_wait_blocks_the_sender_until_there_is_room() -> None:
    channel: Channel[int] = Channel("numbers", capacity=1, policy=Policy.WAIT)
    await channel.send(1)
    late = asyncio.create_task(channel.send(2))
    await asyncio.sleep(0)
    assert not late.done()
    assert await channel.receive() == 1
    await late
    assert await channel.receive() == 2


async def test_drop_oldest_counts_and_keeps_what_must_be_kept() -> None:
    dropped: list[int] = []
    channel: Channel[int] = Channel(
        "numbers", capacity=2, policy=Policy.DROP_OLDEST, keep=lambda n: n == 0, on_drop=dropped.append
    )
    for number in (0, 1, 2):
        await channel.send(number)
    assert [await channel.receive(), await channel.receive()] == [0, 2]
    assert dropped == [1]


async def test_drop_oldest_stays_bounded_when_everything_wants_to_be_kept() -> None:
    channel: Channel[int] = Channel("gaps", capacity=2, policy=Policy.DROP_OLDEST, keep=lambda _: True)
    for number in range(5):
        await channel.send(number)
    assert channel.stats.waiting == 2
    assert channel.stats.dropped == 3


async def test_a_broken_channel_gives_its_cause_to_whoever_waits() -> None:
    channel: Channel[int] = Channel("numbers", capacity=1, policy=Policy.WAIT)
    waiter = asyncio.create_task(channel.receive())
    await asyncio.sleep(0)
    await channel.break_(ValueError("the decoder died"))
    with pytest.raises(ClosedError, match="the decoder died"):
        await waiter
    with pytest.raises(ClosedError, match="the decoder died"):
        await channel.send(1)


async def test_a_broken_channel_ends_a_loop_over_it_with_its_cause() -> None:
    channel: Channel[int] = Channel("numbers", capacity=1, policy=Policy.WAIT)
    await channel.break_(ValueError("the decoder died"))
    with pytest.raises(ClosedError, match="the decoder died"):
        async for _ in channel:
            pass


def test_a_channel_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity 0"):
        Channel("numbers", capacity=0, policy=Policy.WAIT)


@given(st.lists(st.sampled_from(["send", "receive"]), max_size=60), st.integers(1, 5))
def test_received_plus_dropped_plus_waiting_is_sent(steps: list[str], capacity: int) -> None:
    async def run() -> None:
        channel: Channel[int] = Channel("n", capacity=capacity, policy=Policy.DROP_OLDEST)
        for step in steps:
            if step == "send":
                await channel.send(0)
            elif channel.stats.waiting:
                await channel.receive()
            stats = channel.stats
            assert stats.received + stats.dropped + stats.waiting == stats.sent
            assert stats.waiting <= capacity

    asyncio.run(run())
