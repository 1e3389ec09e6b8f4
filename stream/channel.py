"""Bounded channels between tasks: a name, a capacity, a policy when full. Belongs to one event loop.

Three words for an ending: *closed* (the sender is done: receivers drain what is left, then their loop ends),
*broken* (the other side died: its cause is raised from whoever waits), *dropped* (counted, never silent).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from stream.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T = TypeVar("T")


class Policy(Enum):
    WAIT = "wait"
    DROP_OLDEST = "drop_oldest"


@dataclass(frozen=True, slots=True)
class ChannelStats:
    name: str
    capacity: int
    waiting: int
    sent: int
    received: int
    dropped: int


class Channel(Generic[T]):
    """One sender side, one receiver side, one loop. `received + dropped + waiting == sent` always holds."""

    def __init__(
        self,
        name: str,
        *,
        capacity: int,
        policy: Policy,
        keep: Callable[[T], bool] | None = None,
        on_drop: Callable[[int], None] | None = None,
    ) -> None:
        """`keep`: items that DROP_OLDEST drops last (gaps); `on_drop` is told how many went."""
        if capacity < 1:
            raise ValueError(f"channel {name}: capacity {capacity} is below 1")
        self.name = name
        self._capacity = capacity
        self._policy = policy
        self._keep = keep
        self._on_drop = on_drop
        self._items: deque[T] = deque()
        self._changed = asyncio.Condition()
        self._closed = False
        self._cause: BaseException | None = None
        self._sent = self._received = self._dropped = 0

    @property
    def drops(self) -> bool:
        """Whether items may be lost here: a live stream's may, a replay's may not."""
        return self._policy is Policy.DROP_OLDEST

    @property
    def stats(self) -> ChannelStats:
        return ChannelStats(self.name, self._capacity, len(self._items), self._sent, self._received, self._dropped)

    async def send(self, item: T) -> None:
        """Waits for room, or drops the oldest droppable item, as the policy says."""
        async with self._changed:
            if self._policy is Policy.WAIT:
                await self._changed.wait_for(lambda: self._ended or len(self._items) < self._capacity)
            self._raise_if_ended()
            if self._policy is Policy.DROP_OLDEST and len(self._items) >= self._capacity:
                self._drop_one()
            self._items.append(item)
            self._sent += 1
            self._changed.notify_all()

    async def receive(self) -> T:
        """The next item; raises ClosedError when closed and drained, or the cause when broken."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._ended or bool(self._items))
            if self._cause is not None or not self._items:
                self._raise_if_ended()
            self._received += 1
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    async def close(self) -> None:
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def break_(self, cause: BaseException) -> None:
        """Whoever waits here gets the cause, now."""
        async with self._changed:
            self._cause = self._cause or cause
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            try:
                item = await self.receive()
            except ClosedError:
                if self._cause is not None:
                    raise
                return
            yield item

    @property
    def _ended(self) -> bool:
        return self._closed or self._cause is not None

    def _raise_if_ended(self) -> None:
        if self._cause is not None:
            raise ClosedError(f"channel {self.name} is broken: {self._cause}") from self._cause
        if self._closed:
            raise ClosedError(f"channel {self.name} is closed")

    def _drop_one(self) -> None:
        keep = self._keep
        index = 0 if keep is None else next((i for i, item in enumerate(self._items) if not keep(item)), 0)
        del self._items[index]
        self._dropped += 1
        if self._on_drop is not None:
            self._on_drop(1)
