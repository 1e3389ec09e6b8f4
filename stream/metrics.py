"""Every Prometheus object of a worker, behind verbs. Knows no stage, no sink and no livestream by name.

Labels are few on purpose: figures per livestream are in `/v1/streams`. All verbs may be called from any thread.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from stream.clock import SteadyClock
from stream.types import State

if TYPE_CHECKING:
    from stream.clock import Clock
    from stream.types import Reason

# Sized to the objectives: an event within 1 s of its frame, a stage within a fraction of that.
STAGE_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0)
AGE_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0)
DELAY_BUCKETS = (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 20.0)
LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128)
BUSY_OVER_S = 15.0  # the span of device_busy_ratio: a scrape interval, so that one scrape sees what the next does not
BUSY_KEPT = 8192  # batches remembered when nobody scrapes
# Why events are lost. All there from the start: Prometheus sees no increase in a series that begins with its loss.
LOSSES = ("full", "refused", "error", "gone", "shutdown")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Over a registry of its own, so that two workers in one test do not meet."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._clock = SteadyClock() if clock is None else clock
        self._busy: deque[tuple[float, float]] = deque(maxlen=BUSY_KEPT)  # (ended, seconds)
        self._owed: list[float] = []  # wall clocks of sound that no ear has answered yet
        self._lock = threading.Lock()
        self._started = self._clock.now()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._build_livestream()
        self._build_device()
        self._build_speech()
        self._build_events()

    # -- livestreams

    def frame_kept(self) -> None:
        self._frames.inc()

    def frames_dropped(self, cause: str, n: int = 1) -> None:
        self._dropped.labels(cause).inc(n)

    def sound_silenced(self, samples: int) -> None:
        """Of damaged sound: what was no number is silence now."""
        self._silenced.inc(samples)

    def decoder_abandoned(self) -> None:
        self._abandoned.inc()

    def reconnected(self, cause: Reason) -> None:
        self._reconnects.labels(cause.value).inc()

    def stream_state(self, old: State | None, new: State | None) -> None:
        """One livestream moved; None is not yet here, or here no longer."""
        if old is not None:
            self._streams.labels(old.value).dec()
        if new is not None:
            self._streams.labels(new.value).inc()

    # -- stages and the device

    def stage(self, stage: str, seconds: float) -> None:
        self._stages.labels(stage).observe(seconds)

    def batch(self, size: int) -> None:
        self._batches.observe(size)

    def device_busy(self, seconds: float) -> None:
        """The device just finished this much work."""
        self._busy_total.inc(seconds)
        with self._lock:
            self._busy.append((self._clock.now(), seconds))

    def engine_chosen(self, backend: str, how: str) -> None:
        self._engine.info({"backend": backend, "how": how})

    def engine_lost(self) -> None:
        """A GPU broke while it worked; something slower goes on in its place."""
        self._engines_lost.inc()

    def loop_lag(self, seconds: float) -> None:
        self._lag.observe(seconds)

    # -- judgement

    def detect_delay(self, seconds: float) -> None:
        self._delay.observe(seconds)

    def flap(self) -> None:
        self._flaps.inc()

    def abstained(self) -> None:
        self._abstained.inc()

    def gallery_loaded(self, version: str, bundle: str, products: int) -> None:
        self._gallery.info({"version": version, "bundle": bundle})
        self._products.set(products)
        self._galleries.inc()

    def gallery_refused(self, *, refused: bool) -> None:
        """Whether what lies in the gallery's folder cannot be taken up."""
        self._gallery_refused.set(1 if refused else 0)

    # -- speech

    def speech_engine(self, engine: str, model: str, mode: str, language: str) -> None:
        self._speech_engine.info({"engine": engine, "model": model, "mode": mode, "language": language})

    def speech_state(self, old: str, new: str) -> None:
        """One livestream's ear changed; "off" is no ear."""
        if old != "off":
            self._ears.labels(old).dec()
        if new != "off":
            self._ears.labels(new).inc()

    def speech_asked(self, wall: float) -> None:
        """Sound that left the decoder then was handed to an ear, which owes an answer from now on."""
        with self._lock:
            self._owed.append(wall)

    def speech_answered(self, wall: float) -> None:
        """The same, once it has answered or failed."""
        with self._lock:
            self._owed.remove(wall)

    def speech_turn(self, behind_s: float) -> None:
        """A stretch of sound was heard, so long after it had left the decoder."""
        self._behind.observe(behind_s)

    def speech_word(self, delay_s: float) -> None:
        self._words.inc()
        self._commit.observe(max(delay_s, 0.0))

    def speech_mention(self, kind: str) -> None:
        self._mentions.labels(kind).inc()

    def speech_rejected(self, gate: str, n: int = 1) -> None:
        self._rejected.labels(gate).inc(n)

    def speech_failed(self) -> None:
        """An ear could not be opened, or broke while it listened."""
        self._ear_failures.inc()

    def speech_skipped(self, seconds: float) -> None:
        self._skipped.inc(seconds)

    def speech_summary(self, how: str) -> None:
        """A summary was wanted: answered, busy, resting, late, failed."""
        self._summaries.labels(how).inc()

    def speech_busy(self, seconds: float) -> None:
        self._speech_busy.inc(seconds)

    # -- events

    def event_published(self, type_: str, age_s: float) -> None:
        """A sink took an event; `age_s` runs from its frame's wall clock to the acknowledgement."""
        self._events.labels(type_).inc()
        self._age.observe(max(age_s, 0.0))

    def event_failed(self, cause: str, n: int = 1) -> None:
        """An event will not reach a sink: this is the loss that alerts watch."""
        self._failed.labels(cause).inc(n)

    def sink_queue(self, sink: str, waiting: int) -> None:
        self._waiting.labels(sink).set(waiting)

    def sink_up(self, sink: str, *, up: bool) -> None:
        self._up.labels(sink).set(1 if up else 0)

    def sink_retried(self, sink: str) -> None:
        self._retries.labels(sink).inc()

    def readers(self, n: int) -> None:
        self._readers.set(n)

    def reader_dropped(self) -> None:
        self._slow_readers.inc()

    # -- reading

    def render(self) -> bytes:
        """The text exposition format."""
        self._busy_ratio.set(self._ratio())
        self._unanswered.set(self._waits())
        return generate_latest(self.registry)

    def _ratio(self) -> float:
        now = self._clock.now()
        since = max(now - BUSY_OVER_S, self._started)
        with self._lock:
            while self._busy and self._busy[0][0] < since:
                self._busy.popleft()
            busy = sum(min(seconds, ended - since) for ended, seconds in self._busy)
        return min(busy / (now - since), 1.0) if now > since else 0.0

    def _waits(self) -> float:
        now = self._clock.now()
        with self._lock:
            return max(now - min(self._owed, default=now), 0.0)

    def _counter(self, name: str, what: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"nowshowing_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"nowshowing_{name}", what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> Histogram:
        return Histogram(f"nowshowing_{name}", what, labels, buckets=buckets, registry=self.registry)

    def _build_livestream(self) -> None:
        self._frames = self._counter("frames", "Frames kept by sampling.")
        self._dropped = self._counter("frames_dropped", "Frames that were never looked at.", ("cause",))
        self._silenced = self._counter("sound_silenced_samples", "Samples of sound that were no numbers.")
        self._abandoned = self._counter("decoders_abandoned", "Hung decoders left behind and replaced.")
        self._reconnects = self._counter("reconnects", "Times a livestream was opened again.", ("cause",))
        self._streams = self._gauge("streams", "Livestreams in each state.", ("state",))
        for state in State:
            self._streams.labels(state.value)

    def _build_device(self) -> None:
        self._stages = self._histogram("stage_seconds", "Time spent in a stage.", STAGE_BUCKETS, ("stage",))
        self._batches = self._histogram("batch_size", "Requests answered together.", BATCH_BUCKETS)
        self._busy_total = self._counter("device_busy_seconds", "Time the device thread worked.")
        self._busy_ratio = self._gauge("device_busy_ratio", f"Share of the last {BUSY_OVER_S:.0f} s it worked.")
        self._engine = Info("nowshowing_engine", "Where frames are encoded.", registry=self.registry)
        self._engines_lost = self._counter("engine_lost", "GPUs that broke while they worked.")
        self._lag = self._histogram("loop_lag_seconds", "How late the event loop woke.", LAG_BUCKETS)

    def _build_speech(self) -> None:
        self._speech_engine = Info("nowshowing_speech", "What listens.", registry=self.registry)
        self._ears = self._gauge("speech_streams", "Livestreams that are listened to, in each state.", ("state",))
        for state in ("loading", "waiting", "listening", "failed"):
            self._ears.labels(state)
        self._words = self._counter("speech_words", "Words that were committed.")
        self._mentions = self._counter("speech_mentions", "Times that a product was named.", ("kind",))
        self._rejected = self._counter("speech_rejected", "Pieces of sound or text that a gate refused.", ("gate",))
        self._ear_failures = self._counter("speech_failures", "Ears that could not be opened, or broke.")
        self._skipped = self._counter("speech_skipped_seconds", "Sound that came too fast to be heard.")
        self._summaries = self._counter("speech_summaries", "Summaries that were wanted.", ("result",))
        self._speech_busy = self._counter("speech_busy_seconds", "Time the speech thread worked.")
        self._behind = self._histogram("speech_behind_seconds", "Decoder to heard.", DELAY_BUCKETS)
        self._unanswered = self._gauge(
            "speech_unanswered_seconds", "Age of the oldest sound that an ear owes words of."
        )
        self._commit = self._histogram("speech_commit_delay_seconds", "End of a word to its commit.", DELAY_BUCKETS)

    def _build_events(self) -> None:
        self._delay = self._histogram(
            "detect_delay_seconds", "First frame of a product to the decision.", DELAY_BUCKETS
        )
        self._flaps = self._counter("flaps", "Products hidden and shown again at once.")
        self._abstained = self._counter("abstained", "Windows in which nothing in the catalogue fitted.")
        self._gallery = Info("nowshowing_gallery_version", "The gallery in use.", registry=self.registry)
        self._products = self._gauge("gallery_products", "Products in the gallery in use.")
        self._galleries = self._counter("gallery_loads", "Versions of the gallery that came into use.")
        self._gallery_refused = self._gauge("gallery_refused", "1 while what lies in its folder cannot be taken up.")
        self._events = self._counter("events", "Events acknowledged by a sink.", ("type",))
        self._age = self._histogram("event_age_seconds", "Frame wall clock to a sink's acknowledgement.", AGE_BUCKETS)
        self._failed = self._counter("events_failed", "Events that did not reach a sink.", ("cause",))
        for cause in LOSSES:
            self._failed.labels(cause)
        self._waiting = self._gauge("sink_waiting", "Events waiting for a sink.", ("sink",))
        self._up = self._gauge("sink_up", "1 while a sink takes events.", ("sink",))
        self._retries = self._counter("sink_retries", "Sends tried again.", ("sink",))
        self._readers = self._gauge("event_readers", "Open server-sent event connections.")
        self._slow_readers = self._counter("event_readers_dropped", "Readers cut off because they were too slow.")
