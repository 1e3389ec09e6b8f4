"""Many livestreams ask, one thread answers. While it works, requests pile up, and that pile is the next batch.

No linger timer: an idle device takes a single request at once. One caller thread per engine gives order and context
ownership; fairness comes from each livestream having one request under way.
"""

from __future__ import annotations

import asyncio
import threading
from queue import SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypeVar

from stream.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Q = TypeVar("Q")
R = TypeVar("R")


class Batcher(Generic[Q, R]):
    """`work` runs in the thread and returns one result per item, in order. Belongs to one event loop."""

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Q]], Sequence[R]],
        *,
        max_batch: int,
        on_batch: Callable[[int, float], None] | None = None,
    ) -> None:
        """`on_batch(size, seconds)` is called in the thread after each batch."""
        if max_batch < 1:
            raise ValueError(f"batcher {name}: max_batch {max_batch} is below 1")
        self.name = name
        self._work = work
        self.max_batch = max_batch  # may be set later on
        self._on_batch = on_batch
        self._queue: SimpleQueue[tuple[Q, asyncio.Future[R]] | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._waiting: set[asyncio.Future[R]] = set()
        self._cause: BaseException | None = None

    def start(self) -> None:
        """Call on the loop that will ask."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    async def ask(self, item: Q) -> R:
        """The answer, or the error that this very item caused; ClosedError when the thread is gone."""
        if self._thread is None or self._cause is not None:
            raise ClosedError(f"{self.name}: its thread is gone: {self._cause or 'not started'}") from self._cause
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        self._queue.put((item, future))
        try:
            return await future
        finally:
            self._waiting.discard(future)

    async def stop(self, *, deadline_s: float) -> bool:
        """Ends the thread after the batch under way. False if it did not come back in time and was left behind."""
        thread = self._thread
        if thread is None:
            return True
        self._poison(ClosedError(f"{self.name} was stopped"))
        self._queue.put(None)
        await asyncio.to_thread(thread.join, deadline_s)
        return not thread.is_alive()

    def _run(self) -> None:
        """Whatever kills this thread reaches everyone who waits."""
        cause: BaseException = ClosedError(f"{self.name} was stopped")
        try:
            while (batch := self._take()) is not None:
                self._answer(batch)
                batch.clear()  # a thread that waits holds on to no pictures, and to no gallery that was replaced
        except BaseException as error:  # noqa: BLE001  the thread's boundary: the cause is handed on, not lost
            cause = error
        self._call(lambda: self._poison(cause))

    def _take(self) -> list[tuple[Q, asyncio.Future[R]]] | None:
        batch = []
        entry = self._queue.get()
        while entry is not None:
            if not entry[1].cancelled():
                batch.append(entry)
            if len(batch) == self.max_batch or (batch and self._queue.empty()):
                return batch
            entry = self._queue.get()
        return None

    def _answer(self, batch: list[tuple[Q, asyncio.Future[R]]]) -> None:
        started = perf_counter()
        try:
            results = self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  one bad picture must not fail the livestreams beside it
            if len(batch) > 1:
                for entry in batch:
                    self._answer([entry])
                return
            self._call(_failing(batch[0][1], error))
        else:
            self._call(_resolving([future for _, future in batch], results))
        if self._on_batch is not None:
            self._on_batch(len(batch), perf_counter() - started)

    def _call(self, callback: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)

    def _poison(self, cause: BaseException) -> None:
        self._cause = self._cause or cause
        for future in self._waiting:
            if not future.done():
                error = ClosedError(f"{self.name}: its thread is gone: {self._cause}")
                error.__cause__ = self._cause
                future.set_exception(error)


def _failing(future: asyncio.Future[R], error: Exception) -> Callable[[], None]:
    def fail() -> None:
        if not future.done():
            future.set_exception(error)

    return fail


def _resolving(futures: Sequence[asyncio.Future[R]], results: Sequence[R]) -> Callable[[], None]:
    def resolve() -> None:
        for future, result in zip(futures, results, strict=True):
            if not future.done():
                future.set_result(result)

    return resolve
