"""A worker process: engines, gallery, sinks, HTTP and many livestreams, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Self

import structlog

from engines.bundle import open_bundle
from engines.threads import one_blas_thread
from stream import __version__
from stream.batching import Batcher
from stream.clock import SteadyClock
from stream.engine import open_engine
from stream.events import Versions
from stream.galleries import Galleries, product_facts
from stream.http import HttpServer
from stream.livestream import Livestream
from stream.matching import looker
from stream.memory import few_arenas, give_back, keep_pages, settle, unsettle
from stream.metrics import Metrics
from stream.pictures import picture_of
from stream.scribe import Scribe
from stream.shared import Shared
from stream.sink import FanOut, open_sink
from stream.speech import Speech, chosen, summary_service, words_of
from stream.stocking import Stocking
from stream.web.facts import GalleryChange, Health, SinkAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from engines.bundle import Bundle
    from indexes.change import Change
    from indexes.gallery import Gallery
    from stream.clock import Clock
    from stream.config import StreamConfig, WorkerConfig
    from stream.events import Event
    from stream.fuse import Look
    from stream.matching import Query
    from stream.scribe import ProductFacts
    from stream.shared import Tap
    from stream.shelf import Offer
    from stream.sink import Sink
    from stream.web.facts import GalleryFacts, Picture, ProductRow, StreamFacts

    Lookup = Callable[[str], ProductFacts | None]

log = structlog.get_logger()

LAG_EVERY_S = 0.1
TIDY_EVERY_S = 60.0


class Worker:
    """`async with Worker(config) as worker: await worker.finished()`. Belongs to one loop."""

    def __init__(
        self,
        config: WorkerConfig,
        sinks: Sequence[Sink] | None = None,
        clock: Clock | None = None,
        metrics: Metrics | None = None,
        tap: Tap | None = None,
    ) -> None:
        """`sinks`: used instead of those that the config names. `tap`: looks on, for evaluations."""
        self._config = config
        self._sinks = sinks
        self._tap = tap
        self._clock = clock or SteadyClock()
        self._livestreams: dict[str, Livestream] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = contextlib.AsyncExitStack()
        self._http: HttpServer | None = None
        self._started = False
        self.metrics = metrics or Metrics(self._clock)

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
        """Returns when every livestream has ended or was given up, or when nobody takes the events any more."""
        gone = asyncio.create_task(self._fan_out.gone(), name="gone")
        over = asyncio.create_task(asyncio.wait(self._tasks), name="over")
        try:
            await asyncio.wait([over, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            gone.cancel()

    @property
    def http_url(self) -> str:
        """Where HTTP is served, with the port that was really taken; empty when it is off."""
        return "" if self._http is None else self._http.url

    @property
    def failures(self) -> dict[str, str]:
        """Livestreams that were given up or never came to life, and why."""
        reasons = {stream_id: livestream.failure for stream_id, livestream in self._livestreams.items()}
        return {stream_id: why for stream_id, why in reasons.items() if why is not None}

    # What the web side asks (stream.web.facts.WorkerFacts).

    def health(self) -> Health:
        sinks = [SinkAnswer.model_validate(facts) for facts in self._fan_out.facts()]
        dead = [sink for sink in sinks if sink.state in {"down", "gone"}]
        why = "; ".join(f"sink {sink.name} is {sink.state}: {sink.why}" for sink in dead)
        return Health(started=self._started, ready=self._started and not why, why=why, sinks=tuple(sinks))

    def streams(self) -> list[StreamFacts]:
        now = self._clock.now()
        return [livestream.facts(now) for livestream in self._livestreams.values()]

    async def product_image(self, product_id: str) -> Picture | None:
        return await asyncio.to_thread(picture_of, self._galleries.gallery, product_id)

    def gallery(self) -> GalleryFacts:
        return self._galleries.facts()

    async def reload_gallery(self) -> GalleryFacts:
        return await self._galleries.refresh()

    async def add_products(self, rows: Sequence[ProductRow]) -> GalleryChange:
        change = await self._stocking.add([row.model_dump(mode="json", exclude_none=True) for row in rows])
        return await self._changed(change)

    async def remove_product(self, product_id: str) -> GalleryChange | None:
        if self._galleries.gallery.find(product_id) is None:
            await self._galleries.refresh(asked=False)  # it may just have been added by somebody else
        if self._galleries.gallery.find(product_id) is None:
            return None
        return await self._changed(await self._stocking.remove(product_id))

    async def _changed(self, change: Change) -> GalleryChange:
        await self._galleries.refresh()
        return GalleryChange.model_validate(change)

    def watch(self, see: Callable[[Event], None]) -> None:
        self._fan_out.watch(see)

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        """Cheap checks first; whatever started is stopped again if a later part fails."""
        config = self._config
        sinks = self._sinks
        if sinks is None:
            sinks = [open_sink(spec, config.kafka, self._clock) for spec in config.sinks]
        few_arenas()
        keep_pages()
        await asyncio.to_thread(one_blas_thread)  # it looks through the files of /proc
        bundle = await asyncio.to_thread(open_bundle, config.bundle)
        self._galleries = Galleries(config, bundle, self.metrics, self._clock)
        await self._galleries.open()
        shared = await self._engines(stack, bundle)
        private = config.http is not None and config.http.allow_private_hosts
        self._stocking = Stocking(config.gallery, bundle.hash, shared.encode, self._clock, allow_private=private)
        fan_out = FanOut(sinks, self.metrics, self._clock, drain_s=config.drain_deadline_s)
        for stream in config.streams:
            self._livestreams[stream.stream_id] = self._livestream(stream, bundle.name, fan_out)
        self._fan_out = await stack.enter_async_context(fan_out)
        if config.http is not None:
            self._http = await stack.enter_async_context(HttpServer(config.http, self, self.metrics))
            stack.callback(self._stocking.stop)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(unsettle)
        await asyncio.to_thread(settle)
        stack.callback(self._galleries.stop)
        await self._galleries.compare()
        self._run(group, stack, shared)
        self._started = True

    def _run(self, group: asyncio.TaskGroup, stack: contextlib.AsyncExitStack, shared: Shared) -> None:
        lag = group.create_task(self._watch_loop(), name="loop-lag")
        for stream_id, livestream in self._livestreams.items():
            task = group.create_task(livestream.run(shared), name=f"livestream {stream_id}")
            stack.callback(livestream.stop, task)
            self._tasks.append(task)
        tidy = group.create_task(_tidy(), name="memory")
        watch = group.create_task(self._galleries.watch(), name="gallery")
        speech = shared.speech
        loading = [group.create_task(speech.load(), name="load speech")] if speech and speech.started else []
        for task in (lag, tidy, watch, *loading):
            stack.callback(task.cancel)

    async def _engines(self, stack: contextlib.AsyncExitStack, bundle: Bundle) -> Shared:
        encoder = await asyncio.to_thread(open_engine, bundle, self._config, self.metrics)
        false_shows, presence = await asyncio.to_thread(lambda: (bundle.false_shows, bundle.presence))  # read files
        look = looker(bundle.matcher())
        largest = min(self._config.max_batch, encoder.info.max_batch)
        encode_door = Batcher("encode", encoder.encode, max_batch=largest, on_batch=self._busy)
        look_door: Batcher[Query, Look] = Batcher("search", lambda queries: [look(q) for q in queries], max_batch=1)
        for start in (encode_door.start, look_door.start):
            start()
        for stop in (encode_door.stop, look_door.stop):
            stack.push_async_callback(stop, deadline_s=self._config.drain_deadline_s)
        return Shared(
            encode_door,
            look_door,
            self.metrics,
            self._clock,
            tap=self._tap,
            false_shows=false_shows,
            presence=presence,
            speech=await self._speech(stack),
        )

    async def _speech(self, stack: contextlib.AsyncExitStack) -> Speech:
        """Its thread and its engine are there only if somebody is to be listened to; says who is not, and why."""
        config, streams = self._config.speech, self._config.streams
        service = summary_service(config.summary, self._clock, self.metrics)
        summaries = None if service is None else await stack.enter_async_context(service)
        speech = Speech(config, lambda: chosen(config), words_of, self.metrics, self._clock, summaries)
        silent = [why for stream in streams if (why := speech.silence(stream))]
        if silent:
            log.info("livestreams are not listened to", count=len(silent), why="; ".join(sorted({*silent})))
        if len(silent) == len(streams):
            self.metrics.speech_engine("off", "", "", "")
            return speech
        speech.start()
        stack.push_async_callback(speech.stop, deadline_s=self._config.drain_deadline_s)
        return speech

    def _livestream(self, config: StreamConfig, bundle: str, fan_out: FanOut) -> Livestream:
        epoch = int(self._clock.now() * 1000)  # grows with every start of a worker

        def told_of(gallery: Gallery) -> tuple[Versions, Lookup]:
            versions = Versions(bundle=bundle, gallery=gallery.version, program=__version__)
            return versions, partial(product_facts, gallery)

        def moved(offer: Offer) -> None:
            scribe.move_to(*told_of(offer.scope.gallery))

        scribe = Scribe(config.stream_id, config.shop_id, epoch, *told_of(self._galleries.gallery), self._clock)
        return Livestream(config, self._galleries.shelf(config, moved), scribe, fan_out.publish)

    def _busy(self, size: int, seconds: float) -> None:
        self.metrics.batch(size)
        self.metrics.device_busy(seconds)

    async def _watch_loop(self) -> None:
        """Measures how late the loop wakes us: whatever blocks it shows here."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.metrics.loop_lag(max(loop.time() - due, 0.0))


async def _tidy() -> None:
    while True:
        await asyncio.sleep(TIDY_EVERY_S)
        await asyncio.to_thread(give_back)
