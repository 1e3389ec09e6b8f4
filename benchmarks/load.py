"""A worker in simulated time: livestreams, encode and search thread, and the cores they share. Pure, seeded.

What `stream/pipeline.py` wires, without pictures: a frame is decoded, waits in `frames` (the oldest goes when it is
full), is encoded in a batch of whatever waits, waits in `views`, is searched for alone. A livestream has one request
under way at each thread. Whoever wants a core gets an equal share of them, and no more than one.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from stream.pipeline import FRAMES, VIEWS

WARM_UP_S = 8.0  # in which queues fill; as long as `bench_streams` waits
LEAST = 0.05  # of the cores that is left for the worker where others would take all of them
EVEN = 1e-3  # a spread below this is none
DONE = 1e-9  # seconds of work that are rounding


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of one core, unless said otherwise."""

    encode_s: float  # a frame
    search_s: float  # a frame
    stream_cores: float  # of a livestream: demuxing, decoding and what the loop does for it
    encode_fixed_s: float = 0.0  # a batch, however small
    encode_on_device: bool = False  # then the batch takes no core while it is computed
    search_spread: float = 0.0  # standard deviation of a search, as a share of its mean
    speech_cores: float = 0.0  # of a livestream that is listened to
    outside_cores: float = 0.0  # of a livestream, for what is no part of the worker and runs on its machine
    crowded: float = 1.0  # times as long as alone everything takes while all cores work: two may be one in truth
    max_batch: int = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    streams: int
    p50_s: float  # from a frame's leaving the decoder to what is decided on it
    p99_s: float
    dropped: int
    views: int
    cores: float  # that the worker used


@dataclass(slots=True)
class _Stream:
    decoding: deque[float] = field(default_factory=deque)  # work that waits for this livestream's decoder
    decodes: bool = False
    frames: deque[float] = field(default_factory=deque)  # when each left the decoder
    sees: bool = False  # the task has a frame with the encode thread, or a view that found no place
    views: deque[float] = field(default_factory=deque)
    thinks: bool = False


class Cores:
    """Equal shares: all work under way has had the same since it began, so one clock of shares serves all."""

    def __init__(self, cores: float, crowded: float) -> None:
        self._cores, self._crowded = cores, crowded
        self._share = 0.0  # seconds of a core that whoever was always there has had
        self._ends: list[tuple[float, int, str, int]] = []
        self._count = 0
        self.used_s = 0.0

    def begin(self, work_s: float, what: str, of: int) -> None:
        self._count += 1
        heapq.heappush(self._ends, (self._share + work_s, self._count, what, of))

    def next_in(self) -> float:
        return max(self._ends[0][0] - self._share, 0.0) / self._rate() if self._ends else float("inf")

    def run(self, seconds: float) -> None:
        self.used_s += seconds * min(len(self._ends), self._cores)
        self._share += seconds * self._rate()

    def finished(self) -> tuple[str, int] | None:
        """One at a time: what it lets begin may change the shares."""
        if not self._ends or self._ends[0][0] > self._share + DONE:
            return None
        _, _, what, of = heapq.heappop(self._ends)
        return what, of

    def _rate(self) -> float:
        if not self._ends:
            return 1.0
        beside = (min(len(self._ends), self._cores) - 1) / (self._cores - 1) if self._cores > 1 else 0.0
        return min(1.0, self._cores / len(self._ends)) / (1 + (self._crowded - 1) * max(beside, 0.0))


class Worker:
    def __init__(
        self, costs: Costs, streams: int, cores: float, *, fps: float, apart_s: float | None, seed: int
    ) -> None:
        self._costs, self._fps = costs, fps
        self._dice = np.random.default_rng(seed)
        self._streams = [_Stream() for _ in range(streams)]
        beside = streams * (costs.speech_cores + costs.outside_cores)
        self._cores = Cores(max(cores - beside, LEAST * cores), costs.crowded)
        anywhere = self._dice.random(streams) / fps
        first = anywhere if apart_s is None else np.arange(streams) * apart_s % (1 / fps)
        self._due: list[tuple[float, int]] = sorted((float(at), i) for i, at in enumerate(first))
        self._device_s = float("inf")  # when the device is done with its batch
        self._encode: deque[tuple[int, float]] = deque()
        self._search: deque[tuple[int, float]] = deque()
        self._batch: list[tuple[int, float]] = []
        self._sought: tuple[int, float] | None = None
        self._now = 0.0
        self._ages: list[float] = []
        self._dropped = 0

    def run(self, seconds: float) -> Outcome:
        self._until(WARM_UP_S)
        used, self._dropped = self._cores.used_s, 0
        self._ages.clear()
        self._until(WARM_UP_S + seconds)
        ages = np.array(self._ages or [float("inf")])
        cores = (self._cores.used_s - used) / seconds + len(self._streams) * self._costs.speech_cores
        p50, p99 = (float(np.percentile(ages, q)) for q in (50, 99))
        return Outcome(len(self._streams), p50, p99, self._dropped, len(self._ages), cores)

    def _until(self, end: float) -> None:
        while self._now < end and self._due:
            step = min(
                self._due[0][0] - self._now, self._cores.next_in(), self._device_s - self._now, end - self._now
            )
            self._cores.run(max(step, 0.0))
            self._now += max(step, 0.0)
            self._turn()

    def _turn(self) -> None:
        """Everything that has come by now; then the threads take what waits."""
        while self._due[0][0] <= self._now:
            at, i = heapq.heappop(self._due)
            heapq.heappush(self._due, (at + 1 / self._fps, i))
            self._streams[i].decoding.append(self._costs.stream_cores / self._fps)
            self._decode(i)
        if self._device_s <= self._now:
            self._device_s = float("inf")
            self._encoded()
        while (done := self._cores.finished()) is not None:
            match done:
                case ("decode", i):
                    self._decoded(i)
                case ("encode", _):
                    self._encoded()
                case _:
                    self._decided()
        self._take()

    def _decode(self, i: int) -> None:
        stream = self._streams[i]
        if stream.decoding and not stream.decodes:
            stream.decodes = True
            self._cores.begin(stream.decoding.popleft(), "decode", i)

    def _decoded(self, i: int) -> None:
        stream = self._streams[i]
        stream.decodes = False
        if len(stream.frames) == FRAMES:
            stream.frames.popleft()
            self._dropped += 1
        stream.frames.append(self._now)
        self._decode(i)
        self._see(i)

    def _see(self, i: int) -> None:
        stream = self._streams[i]
        if stream.frames and not stream.sees:
            stream.sees = True
            self._encode.append((i, stream.frames.popleft()))

    def _encoded(self) -> None:
        batch, self._batch = self._batch, []
        for i, born in batch:
            self._streams[i].views.append(born)
            self._think(i)

    def _think(self, i: int) -> None:
        """Takes the next view; then a view that found no place has one, and the livestream may see again."""
        stream = self._streams[i]
        if stream.views and not stream.thinks:
            stream.thinks = True
            self._search.append((i, stream.views.popleft()))
        if stream.sees and len(stream.views) <= VIEWS and not self._is_encoding(i):
            stream.sees = False
            self._see(i)

    def _is_encoding(self, i: int) -> bool:
        return any(j == i for j, _ in self._batch) or any(j == i for j, _ in self._encode)

    def _decided(self) -> None:
        assert self._sought is not None
        (i, born), self._sought = self._sought, None
        self._ages.append(self._now - born)
        self._streams[i].thinks = False
        self._think(i)

    def _take(self) -> None:
        costs = self._costs
        if not self._batch and self._encode:
            size = min(len(self._encode), costs.max_batch)
            self._batch = [self._encode.popleft() for _ in range(size)]
            takes = costs.encode_fixed_s + size * costs.encode_s
            if costs.encode_on_device:
                self._device_s = self._now + takes
            else:
                self._cores.begin(takes, "encode", 0)
        if self._sought is None and self._search:
            self._sought = self._search.popleft()
            self._cores.begin(self._search_s(), "search", 0)

    def _search_s(self) -> float:
        mean, spread = self._costs.search_s, self._costs.search_spread
        if spread < EVEN or not mean:
            return mean
        shape = spread**-2
        return float(self._dice.gamma(shape, mean / shape))


def simulate(
    costs: Costs,
    streams: int,
    cores: float,
    *,
    fps: float = 2.0,
    apart_s: float | None = None,
    seed: int = 1,
    seconds: float = 40.0,
) -> Outcome:
    """One worker with so many livestreams for so many seconds, once its queues have filled.

    `apart_s`: livestreams that began one after the other bring their frames as much apart; None: anyhow.
    """
    return Worker(costs, streams, cores, fps=fps, apart_s=apart_s, seed=seed).run(seconds)
