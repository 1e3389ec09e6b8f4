"""How many livestreams at two frames a second one worker's encoder, search and judgement hold, run for real.

    python -m benchmarks.bench_gpu_streams --bundle ViT-B-32 --streams 50,200,500,1000 --seconds 20
    python -m benchmarks.bench_gpu_streams --bundle small --streams 2,4 --seconds 10      # a processor will do

Nothing is decoded: a script in each source's place hands out pictures of LiveShop that were made beforehand, each
livestream at its own moments, jittered. All from there on is the worker's own: channels, batches, encoder, gallery
search, windows, decisions. So it is what the encoder and the house hold; decoding is `bench_gpu_decode`'s.
`--bundle`: a directory, an architecture of open_clip with random weights, or `small`. `--search off`: none is made.

`encode_ms` and `search_ms`: from asking to the answer, p50 and p99. `view_age_ms` and `event_age_ms`: from a frame's
hand-over to what was decided on it. The first number of livestreams whose encode p99 is over 50 ms, or that loses
more than one frame in a thousand, is the last that is run: `ended_by` says which; null where it holds. Where it is
lost frames, the search is too slow, and the rows after that, with `searches` false, are what the encoder would hold
without. With `--within` seconds, what there is no time for is named under `left_out`. Lines of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from benchmarks.gpu_house import Script, Wanted, open_house, sees_nothing
from benchmarks.machine import facts
from engines.backends import Settings
from engines.errors import EngineError
from engines.threads import one_blas_thread
from stream.batching import Batcher
from stream.clock import SteadyClock
from stream.config import StreamConfig
from stream.metrics import Metrics
from stream.pipeline import run_stream
from stream.shared import Shared
from stream.shelf import Offer, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.gpu_house import House
    from engines.base import Encoded, Image
    from indexes.scope import Scope
    from stream.fuse import Look
    from stream.matching import Query
    from stream.types import Decision, Status

LIMIT_MS = 50.0  # encode p99
LOST = 0.001  # of the frames that may be dropped
DROPPED = "frames dropped"
WARM_UP_S = 4.0  # windows fill, and the first batches are not what is measured
LAG_EVERY_S = 0.1


class Recorder(Metrics):
    """Keeps every figure instead of its bucket, from `on` to off."""

    def __init__(self) -> None:
        super().__init__()
        self.on = False
        self.seconds: dict[str, list[float]] = {"encode": [], "total": [], "lag": [], "event": [], "match": []}
        self.batches: list[int] = []
        self.kept = self.dropped = 0

    def stage(self, stage: str, seconds: float) -> None:
        super().stage(stage, seconds)
        self.note(stage, seconds)

    def note(self, what: str, seconds: float) -> None:
        if self.on and what in self.seconds:
            self.seconds[what].append(seconds)

    def batch(self, size: int) -> None:
        super().batch(size)
        if self.on:
            self.batches.append(size)

    def loop_lag(self, seconds: float) -> None:
        super().loop_lag(seconds)
        self.note("lag", seconds)

    def frame_kept(self) -> None:
        super().frame_kept()
        self.kept += self.on

    def frames_dropped(self, cause: str, n: int = 1) -> None:
        super().frames_dropped(cause, n)
        self.dropped += n if self.on else 0

    def milliseconds(self, what: str) -> list[float] | None:
        """p50 and p99; None where there was none."""
        found = self.seconds[what]
        return [round(float(np.percentile(found, q)) * 1000, 2) for q in (50, 99)] if found else None


def rising(house: House, numbers: Sequence[int], seconds: float, ends: float) -> Iterator[dict[str, object]]:
    """Until one number is too many, or the time is up by the monotonic clock, which is said.

    Where frames are lost though the encoder is quick, it is the search that is too slow: from that number on it goes
    on without, for what the encoder would hold.
    """
    left = list(numbers)
    while left:
        if time.monotonic() + WARM_UP_S + seconds > ends:
            yield {"left_out": f"{', '.join(map(str, left))} livestreams: no time"}
            return
        row = asyncio.run(measure(house, left[0], seconds))
        searches = house.look is not sees_nothing
        yield {"searches": searches} | row
        if row["ended_by"] == DROPPED and searches:
            house = replace(house, look=sees_nothing)
        elif row["ended_by"]:
            return
        else:
            left.pop(0)


async def measure(house: House, streams: int, seconds: float, *, warm_up_s: float = WARM_UP_S) -> dict[str, object]:
    clock, recorder = SteadyClock(), Recorder()
    encode: Batcher[Image, Encoded] = Batcher(
        "encode", house.encoder.encode, max_batch=house.max_batch, on_batch=lambda size, _: recorder.batch(size)
    )
    search: Batcher[Query, Look] = Batcher("search", lambda asked: [house.look(one) for one in asked], max_batch=1)
    shared = Shared(encode, search, recorder, clock, play=Script(house.pictures).play)
    encode.start()
    search.start()
    try:
        async with asyncio.TaskGroup() as group:
            lag = group.create_task(watch_loop(recorder))
            lives = [group.create_task(live(number, house.scope, shared, recorder)) for number in range(streams)]
            await asyncio.sleep(warm_up_s)
            used = cpu_seconds()
            recorder.on, since = True, clock.now()
            await asyncio.sleep(seconds)
            recorder.on, took = False, clock.now() - since
            used = cpu_seconds() - used
            for task in (lag, *lives):
                task.cancel()
    finally:
        await encode.stop(deadline_s=5)
        await search.stop(deadline_s=5)
    return row_of(recorder, streams, took, used)


async def live(number: int, scope: Scope, shared: Shared, recorder: Recorder) -> None:
    config = StreamConfig.model_validate({"stream_id": f"s{number}", "url": f"rtmp://script.invalid/live/{number}"})

    async def publish(decision: Decision) -> None:
        if decision.latency:  # what ends with its livestream was decided on no view
            recorder.note("event", sum(decision.latency.values()))

    async def on_status(_: Status) -> None: ...

    await run_stream(config, Shelf(Offer(scope)), shared, publish=publish, on_status=on_status)


async def watch_loop(recorder: Recorder) -> None:
    """How late the loop wakes whoever sleeps."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        recorder.loop_lag(max(loop.time() - due, 0.0))


def row_of(recorder: Recorder, streams: int, took: float, used: float) -> dict[str, object]:
    encode = recorder.milliseconds("encode")
    return {
        "streams": streams,
        "views_per_s": round(len(recorder.seconds["encode"]) / took, 1),
        "encode_ms": encode,
        "search_ms": recorder.milliseconds("match"),
        "view_age_ms": recorder.milliseconds("total"),
        "event_age_ms": recorder.milliseconds("event"),
        "events": len(recorder.seconds["event"]),
        "dropped": recorder.dropped,
        "loop_lag_ms": recorder.milliseconds("lag"),
        "batch_mean": round(float(np.mean(recorder.batches)), 2) if recorder.batches else None,
        "cores_used": round(used / took, 2),
        "gpu_gib": gpu_gib(),
        "ended_by": ended_by(encode, recorder.dropped, recorder.kept),
    }


def ended_by(encode_ms: Sequence[float] | None, dropped: int, kept: int) -> str | None:
    """Why so many livestreams are too many; None where they are not. Pure."""
    if encode_ms is None:
        return "no frame was encoded"
    if encode_ms[1] > LIMIT_MS:
        return f"encode p99 over {LIMIT_MS:g} ms"
    return DROPPED if dropped > LOST * kept else None


def cpu_seconds() -> float:
    """Of this process and of what it started: FAISS on a GPU has a process of its own."""
    process = psutil.Process()
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def gpu_gib() -> float | None:
    """Taken on the GPU, by whomever. None without one."""
    if "torch" not in sys.modules:  # then nothing of ours is there
        return None
    import torch  # a machine without a GPU need not have it

    if not torch.cuda.is_available():
        return None
    free, whole = torch.cuda.mem_get_info()
    return round(float(whole - free) / 2**30, 2)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="ViT-B-32")
    parser.add_argument("--streams", default="50,200,500,1000", help="numbers of livestreams, fewest first")
    parser.add_argument("--seconds", type=float, default=20.0, help="each number is watched")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds in which to be done")
    parser.add_argument("--max-batch", type=int, default=64)
    parser.add_argument("--engine", default="auto", choices=("auto", "tensorrt", "torch-cuda", "onnx-cpu"))
    parser.add_argument("--precision", default="fp16", choices=("bf16", "fp16", "fp32"))
    parser.add_argument("--search", default="on", choices=("on", "off"))
    given = parser.parse_args(arguments)
    ends = time.monotonic() + given.within
    one_blas_thread()
    settings = Settings(given.engine, given.precision, given.max_batch)
    with tempfile.TemporaryDirectory(prefix="bench-gpu-streams-") as folder:
        try:
            house = open_house(Wanted(given.bundle, settings, given.search == "on"), Path(folder))
        except EngineError as error:
            print(f"nothing to measure: {error}", file=sys.stderr)
            return 1
        print(json.dumps(house.about | facts()), flush=True)
        for row in rising(house, list(map(int, given.streams.split(","))), given.seconds, ends):
            print(json.dumps({"backend": house.about["backend"]} | row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
