"""Many livestreams in one process: start, supervise, restart, drain. Knows tasks and engines; judges nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import structlog

from engines.bundle import open_bundle
from indexes.gallery import open_gallery
from stream import __version__
from stream.batching import Batcher
from stream.clock import SteadyClock
from stream.errors import NowShowingError, leaves
from stream.events import ProductFacts, Scribe, Versions
from stream.http import HttpServer
from stream.matching import looker
from stream.metrics import Metrics
from stream.pipeline import Shared, reason_of, run_stream
from stream.sink import FanOut, open_sink
from stream.types import Change, Reason, State, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from engines.bundle import Bundle
    from indexes.gallery import Gallery
    from indexes.scope import Scope
    from stream.clock import Clock
    from stream.config import StreamConfig, WorkerConfig
    from stream.fuse import Look
    from stream.matching import Query
    from stream.sink import Sink
    from stream.types import Decision

log = structlog.get_logger()

LAG_EVERY_S = 0.1
TROUBLE = {State.STALLED, State.RETRYING, State.FAILED}
RESTART_FIRST_S, RESTART_MAX_S = 1.0, 30.0  # for a livestream that our own code failed; the source retries by itself


@dataclass(slots=True)
class _Entry:
    """One livestream as the worker sees it."""

    config: StreamConfig
    scope: Scope
    scribe: Scribe
    status: Status | None = None
    was_live: bool = False
    restarts: int = 0
    showing: dict[str, Decision] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Worker:
    """`async with Worker(config) as worker: await worker.finished()`. Belongs to one loop."""

    def __init__(self, config: WorkerConfig, sinks: Sequence[Sink] | None = None, clock: Clock | None = None) -> None:
        """`sinks`: used instead of those that the config names."""
        self._config = config
        self._sinks = sinks
        self._clock = clock or SteadyClock()
        self._entries: dict[str, _Entry] = {}
        self._stack = contextlib.AsyncExitStack()
        self._http: HttpServer | None = None
        self.metrics = Metrics(self._clock)

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Livestreams first (they hide what shows), then HTTP, then sinks (emptying their queues), then engines."""
        await self._stack.__aexit__(kind, error, trace)

    async def finished(self) -> None:
        """Waits until every livestream has ended or failed for good."""
        while tasks := [e.task for e in self._entries.values() if e.task is not None and not e.task.done()]:
            await asyncio.wait(tasks)

    @property
    def http_url(self) -> str:
        """Where HTTP is served, with the port that was really taken; empty when it is off."""
        return "" if self._http is None else self._http.url

    @property
    def failures(self) -> dict[str, str]:
        """Livestreams that were given up or never came to life, and why."""
        bad = {i: e.status for i, e in self._entries.items() if e.status is not None and _is_failure(e)}
        return {i: status.detail or status.reason.value for i, status in bad.items()}

    def _cancel_all(self) -> None:
        self._lag.cancel()
        for entry in self._entries.values():
            if entry.task is not None:
                entry.task.cancel()

    def _facts(self, product_id: str) -> ProductFacts | None:
        product = self._gallery.product(self._gallery.index_of(product_id))
        return ProductFacts(
            title=product.title,
            price=product.price,
            link=product.link,
            image_link=product.image_link,
            sku_group=product.sku_group,
        )

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        """Cheap checks first; whatever started is stopped again if a later part fails."""
        sinks = self._sinks
        if sinks is None:
            sinks = [open_sink(spec, self._config.kafka, self._clock) for spec in self._config.sinks]
        bundle = await asyncio.to_thread(open_bundle, self._config.bundle)
        gallery = await asyncio.to_thread(open_gallery, self._config.gallery, bundle_hash=bundle.hash)
        self.metrics.gallery_loaded(gallery.version, bundle.name, len(gallery.products))
        self._gallery = gallery
        self._versions = Versions(bundle=bundle.name, gallery=gallery.version, program=__version__)
        for stream in self._config.streams:
            self._admit(stream)
        shared = await self._engines(stack, bundle, gallery)
        self._fan_out = await stack.enter_async_context(
            FanOut(sinks, self.metrics, self._clock, drain_s=self._config.drain_deadline_s)
        )
        if self._config.http is not None:
            self._http = await stack.enter_async_context(HttpServer(self._config.http, self, self.metrics))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(self._cancel_all)
        self._lag = group.create_task(self._watch_loop(), name="loop-lag")
        for entry in self._entries.values():
            entry.task = group.create_task(
                self._supervise(entry, shared), name=f"livestream {entry.config.stream_id}"
            )

    async def _engines(self, stack: contextlib.AsyncExitStack, bundle: Bundle, gallery: Gallery) -> Shared:
        encoder = await asyncio.to_thread(bundle.encoder, self._config.engine_threads)
        look = looker(gallery, bundle.matcher())
        encode_door = Batcher(
            "encode",
            encoder.encode,
            max_batch=min(self._config.max_batch, encoder.info.max_batch),
            on_batch=self._busy,
        )
        look_door: Batcher[Query, Look] = Batcher("search", lambda queries: [look(q) for q in queries], max_batch=1)
        for door in (encode_door, look_door):
            door.start()
            stack.push_async_callback(door.stop, deadline_s=self._config.drain_deadline_s)
        return Shared(encode_door, look_door, self.metrics, self._clock)

    def _busy(self, size: int, seconds: float) -> None:
        self.metrics.batch(size)
        self.metrics.device_busy(seconds)

    def _admit(self, config: StreamConfig) -> None:
        scope = self._gallery.scope(shop_id=config.shop_id, product_ids=config.products)
        epoch = int(self._clock.now() * 1000)  # grows with every start of a worker
        scribe = Scribe(config.stream_id, config.shop_id, epoch, self._versions, self._facts, self._clock)
        self._entries[config.stream_id] = _Entry(config, scope, scribe)

    async def _supervise(self, entry: _Entry, shared: Shared) -> None:
        """Keeps one livestream running until it is over. What breaks here never reaches another livestream."""
        stream_id = entry.config.stream_id

        async def publish(decision: Decision) -> None:
            product_id = decision.candidate.product_id
            if decision.change is Change.HIDDEN:
                entry.showing.pop(product_id, None)
            else:
                entry.showing[product_id] = decision
            self._fan_out.publish(entry.scribe.decision(decision))

        async def on_status(status: Status) -> None:
            self._set_status(entry, status)

        with structlog.contextvars.bound_contextvars(stream_id=stream_id):
            await on_status(Status(State.STARTING, Reason.REQUESTED))
            while True:
                try:
                    why = await run_stream(entry.config, entry.scope, shared, publish=publish, on_status=on_status)
                except asyncio.CancelledError:
                    self._set_status(entry, Status(State.ENDED, Reason.SHUTDOWN, detail=_last_trouble(entry)))
                    raise
                except ExceptionGroup as errors:
                    pause_s = self._after_failure(entry, errors)
                    if pause_s is None:
                        return
                    await asyncio.sleep(pause_s)
                else:
                    await on_status(Status(State.ENDED, why))
                    return

    def _after_failure(self, entry: _Entry, errors: ExceptionGroup) -> float | None:
        """Says what happened; the pause before a restart, or None when there is no use in one.

        The source has retried by itself, so a source error here is final. Anything else is a fault of ours: it is
        logged whole, and the livestream starts anew.
        """
        known = errors.subgroup(NowShowingError)
        if (
            known is not None
            and errors.subgroup(lambda e: not isinstance(e, (NowShowingError, ExceptionGroup))) is None
        ):
            first = next(iter(leaves(known)))
            self._set_status(entry, Status(State.FAILED, reason_of(errors), detail=str(first)))
            return None
        log.error("livestream failed on a fault of ours; it is restarted", exc_info=errors)
        entry.restarts += 1
        delay = min(RESTART_FIRST_S * 2.0 ** (entry.restarts - 1), RESTART_MAX_S)
        pause_s = delay * random.uniform(0.5, 1.0)  # noqa: S311  jitter, not a secret
        status = Status(State.RETRYING, Reason.INTERNAL, attempt=entry.restarts, retry_in_s=round(pause_s, 3))
        self._set_status(entry, status)
        return pause_s

    def _set_status(self, entry: _Entry, status: Status) -> None:
        old = None if entry.status is None else entry.status.state
        self.metrics.stream_state(old, status.state)
        entry.status = status
        entry.was_live = entry.was_live or status.state is State.LIVE
        tell = log.warning if status.state in TROUBLE else log.info
        tell("livestream", state=status.state.value, reason=status.reason.value, detail=status.detail)
        self._fan_out.publish(entry.scribe.status(status))

    async def _watch_loop(self) -> None:
        """Measures how late the loop wakes us: whatever blocks it shows here."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.metrics.loop_lag(max(loop.time() - due, 0.0))


def _last_trouble(entry: _Entry) -> str:
    status = entry.status
    return status.detail if status is not None and status.state in TROUBLE else ""


def _is_failure(entry: _Entry) -> bool:
    status = entry.status
    if status is None:
        return False
    return status.state is State.FAILED or (not entry.was_live and status.state is not State.ENDED)
