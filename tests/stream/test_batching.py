"""The batcher: batches form under load, errors reach their own asker, a dead thread reaches everyone."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from stream.batching import Batcher
from stream.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.unit


class Gate:
    """A device that answers when it is let go, and remembers its batches."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.entered.release()
        assert self.open.wait(10)
        return [item * 10 for item in items]


async def test_what_piles_up_while_the_device_works_is_the_next_batch() -> None:
    gate = Gate()
    batcher = Batcher("device", gate, max_batch=3)
    batcher.start()
    first = asyncio.create_task(batcher.ask(0))
    await asyncio.to_thread(gate.entered.acquire)
    rest = [asyncio.create_task(batcher.ask(n)) for n in range(1, 6)]
    await asyncio.sleep(0)
    gate.open.set()
    assert await asyncio.gather(first, *rest) == [0, 10, 20, 30, 40, 50]
    assert gate.batches == [[0], [1, 2, 3], [4, 5]]
    assert await batcher.stop(deadline_s=5)


async def test_an_error_reaches_only_the_item_that_caused_it() -> None:
    entered, go = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        entered.set()
        assert go.wait(10)
        if 13 in items:
            raise ValueError("13 cannot be encoded")
        return list(items)

    batcher = Batcher("device", work, max_batch=8)
    batcher.start()
    tasks = [asyncio.create_task(batcher.ask(n)) for n in (1, 2, 13, 3)]
    await asyncio.to_thread(entered.wait)
    go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [r for r in results if not isinstance(r, BaseException)] == [1, 2, 3]
    assert [str(r) for r in results if isinstance(r, BaseException)] == ["13 cannot be encoded"]
    assert await batcher.stop(deadline_s=5)


async def test_a_cancelled_request_is_not_worked_on() -> None:
    gate = Gate()
    batcher = Batcher("device", gate, max_batch=8)
    batcher.start()
    first = asyncio.create_task(batcher.ask(0))
    await asyncio.to_thread(gate.entered.acquire)
    late = asyncio.create_task(batcher.ask(1))
    await asyncio.sleep(0)
    late.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    assert await first == 0
    assert await batcher.ask(2) == 20
    assert gate.batches == [[0], [2]]
    assert await batcher.stop(deadline_s=5)


async def test_a_dead_thread_gives_its_cause_to_everyone() -> None:
    def work(items: Sequence[int]) -> list[int]:
        raise SystemExit("the driver went away")

    batcher = Batcher("device", work, max_batch=8)
    batcher.start()
    with pytest.raises(ClosedError, match="driver went away"):
        await batcher.ask(1)
    with pytest.raises(ClosedError, match="driver went away"):
        await batcher.ask(2)


async def test_stop_releases_whoever_waits_and_says_when_the_thread_is_stuck() -> None:
    gate = Gate()
    batcher = Batcher("device", gate, max_batch=1)
    batcher.start()
    waiter = asyncio.create_task(batcher.ask(0))
    await asyncio.to_thread(gate.entered.acquire)
    assert not await batcher.stop(deadline_s=0.01)
    with pytest.raises(ClosedError, match="stopped"):
        await waiter
    gate.open.set()


async def test_asking_before_start_is_an_error_and_no_hang() -> None:
    batcher: Batcher[int, int] = Batcher("device", list, max_batch=1)
    with pytest.raises(ClosedError, match="not started"):
        await batcher.ask(1)


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="max_batch"):
        Batcher("device", list, max_batch=0)
