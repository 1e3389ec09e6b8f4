"""Runs a worker until its livestreams are over, a deadline passes or a signal asks it to stop. Shared by commands."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

import structlog

from stream.errors import PublishError
from stream.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.config import WorkerConfig
    from stream.sink import Sink

log = structlog.get_logger()


def serve(
    config: WorkerConfig, *, sinks: Sequence[Sink] | None = None, until_s: float | None = None
) -> dict[str, str]:
    """Livestreams that came to no good end, and why. The first signal drains; a second one stops at once.

    Raises PublishError where all went well but for a sink that was away to the end.
    """
    return asyncio.run(_serve(config, sinks, until_s))


async def _serve(config: WorkerConfig, sinks: Sequence[Sink] | None, until_s: float | None) -> dict[str, str]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _on_signal, loop, stop)
    async with Worker(config, sinks) as worker:
        finished = asyncio.create_task(worker.finished(), name="finished")
        stopped = asyncio.create_task(stop.wait(), name="stopped")
        await asyncio.wait({finished, stopped}, timeout=until_s, return_when=asyncio.FIRST_COMPLETED)
        for task in (finished, stopped):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        failures = worker.failures
    if not failures:
        _refuse_loss(worker)
    return failures


def _refuse_loss(worker: Worker) -> None:
    for sink in worker.health().sinks:
        if sink.state in {"down", "starting"} and sink.lost:
            why = sink.why.removeprefix(f"{sink.name} ").removeprefix(f"{sink.name}: ")
            raise PublishError(f"sink {sink.name}: {sink.lost} events were not delivered: {why}")


def _on_signal(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """After the first signal the handlers are gone, so that a second one ends the process the usual way."""
    log.info("stopping: hiding what shows and emptying queues")
    stop.set()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
