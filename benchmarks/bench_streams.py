"""How many live 720p30 streams one machine holds: real RTMP through nginx, the whole worker, ages frame to event.

    python -m benchmarks.bench_streams --streams 4,6,8 --bundle classic --seconds 60
    python -m benchmarks.bench_streams --streams 4,6 --speech off,sphinx,moonshine     # what hearing costs
    python -m benchmarks.bench_streams --streams 8 --seconds 600 --cut-every 45     # soak: reconnects, memory

The publishers (ffmpeg copying one recording, not encoding) and nginx run on the same machine and are counted in its
load. Needs ffmpeg, nginx and its RTMP module.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.machine import facts
from benchmarks.publishers import on_air
from benchmarks.small_bundle import make_small_bundle
from engines.bundle import open_bundle
from indexes.build import build_gallery
from stream.config import WorkerConfig
from stream.memory import few_arenas
from stream.metrics import Metrics
from stream.worker import Worker
from tests.integration.media_servers import NEEDS, available

if TYPE_CHECKING:
    from benchmarks.publishers import Publishers
    from stream.events import Event
    from stream.types import Reason

WARM_UP_S = 8.0  # joining and the first frames are not what is measured
SAMPLE_S = 1.0


class Recorder(Metrics):
    """Keeps every figure instead of its bucket."""

    def __init__(self) -> None:
        super().__init__()
        self.on = False
        self.totals: list[float] = []
        self.ages: list[float] = []
        self.lags: list[float] = []
        self.drops: dict[str, int] = {}
        self.behind: list[float] = []
        self.skipped_s = 0.0
        self.reconnects = 0

    def stage(self, stage: str, seconds: float) -> None:
        super().stage(stage, seconds)
        if self.on and stage == "total":
            self.totals.append(seconds)

    def loop_lag(self, seconds: float) -> None:
        super().loop_lag(seconds)
        if self.on:
            self.lags.append(seconds)

    def frames_dropped(self, cause: str, n: int = 1) -> None:
        super().frames_dropped(cause, n)
        if self.on:
            self.drops[cause] = self.drops.get(cause, 0) + n

    def event_published(self, type_: str, age_s: float) -> None:
        super().event_published(type_, age_s)
        if self.on and "product" in type_:
            self.ages.append(age_s)

    def speech_turn(self, behind_s: float) -> None:
        super().speech_turn(behind_s)
        if self.on:
            self.behind.append(behind_s)

    def speech_skipped(self, seconds: float) -> None:
        super().speech_skipped(seconds)
        if self.on:
            self.skipped_s += seconds

    def reconnected(self, cause: Reason) -> None:
        super().reconnected(cause)
        self.reconnects += 1


class Nowhere:
    """A sink that takes every event at once."""

    name = "nowhere"

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, event: Event) -> None: ...


@dataclass
class Result:
    streams: int
    bundle: str
    speech: str
    seconds: float
    views_per_s: float
    view_age_p50_s: float  # from a frame's leaving the decoder to the decision on it
    view_age_p99_s: float
    events: int
    event_age_p99_s: float | None  # to the sink's acknowledgement
    loop_lag_p99_s: float
    dropped: dict[str, int]
    reconnects: int
    worker_cores: float
    machine_busy: float
    rss_mb: list[int] = field(default_factory=list)
    heard_after_p99_s: float | None = None  # from a second of sound's leaving the decoder
    not_heard_s: float = 0.0  # skipped, since the ear was too far behind
    ear_mb: int = 0  # of the process that hears, at the end
    slope_mb_per_min: float = 0.0


async def measure(
    work: Path, video: Path, bundle: str, n: int, seconds: float, cut_every_s: float, speech: str = "off"
) -> Result:
    recorder = Recorder()
    names = [f"s{i}" for i in range(n)]
    with on_air(work, video, names) as (server, publishers):
        source = {"allow_private_hosts": True, "stall_after_s": 2.0}
        streams = [{"stream_id": name, "url": server.rtmp(name), "source": source} for name in names]
        config = WorkerConfig.model_validate(
            {
                "gallery": work / "gallery",
                "bundle": bundle,
                "http": None,
                "streams": streams,
                "speech": {"engine": speech, "language": "en"},
            }
        )
        async with Worker(config, sinks=[Nowhere()], metrics=recorder):
            await asyncio.sleep(WARM_UP_S)
            load = Load()
            recorder.on = True
            await load.watch(seconds, publishers, cut_every_s)
            recorder.on = False
    return summary(recorder, load, n, bundle, speech)


class Load:
    """What this process, the one that hears for it, and this machine were busy with."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._used()
        psutil.cpu_percent()
        self.rss: list[float] = []
        self.ear_mb = 0.0
        self.took = self.cores = self.machine = 0.0

    async def watch(self, seconds: float, publishers: Publishers, cut_every_s: float) -> None:
        clock = asyncio.get_running_loop().time
        start = clock()
        next_cut = start + cut_every_s if cut_every_s else float("inf")
        while clock() < start + seconds:
            self.rss.append(self._process.memory_info().rss / 1e6)
            if clock() >= next_cut:
                await publishers.cut()
                next_cut += cut_every_s
            await asyncio.sleep(SAMPLE_S)
        self.took = clock() - start
        self.cores = (self._used() - self._before) / self.took
        self.machine = psutil.cpu_percent() / 100
        self.ear_mb = sum(ear.memory_info().rss for ear in self._ears()) / 1e6

    def _used(self) -> float:
        """Seconds of a core."""
        return sum(used.user + used.system for used in (one.cpu_times() for one in (self._process, *self._ears())))

    def _ears(self) -> list[psutil.Process]:
        """Publishers and servers are our children too, but no part of the worker."""
        return [child for child in self._process.children() if "engines.speech.apart" in child.cmdline()]


def summary(recorder: Recorder, load: Load, n: int, bundle: str, speech: str) -> Result:
    settled = np.array(load.rss[len(load.rss) // 4 :])  # allocators fill their pools first
    minutes = np.arange(len(settled)) * load.took / len(load.rss) / 60
    return Result(
        streams=n,
        bundle=bundle if bundle == "classic" else "small onnx",
        speech=speech,
        seconds=round(load.took, 1),
        views_per_s=round(len(recorder.totals) / load.took, 2),
        view_age_p50_s=percentile(recorder.totals, 50) or 0.0,
        view_age_p99_s=percentile(recorder.totals, 99) or 0.0,
        events=len(recorder.ages),
        event_age_p99_s=percentile(recorder.ages, 99),
        loop_lag_p99_s=percentile(recorder.lags, 99) or 0.0,
        dropped=recorder.drops,
        reconnects=recorder.reconnects,
        worker_cores=round(load.cores, 2),
        machine_busy=round(load.machine, 2),
        rss_mb=[round(r) for r in load.rss[:: max(len(load.rss) // 10, 1)]],
        heard_after_p99_s=percentile(recorder.behind, 99),
        not_heard_s=round(recorder.skipped_s, 1),
        ear_mb=round(load.ear_mb),
        slope_mb_per_min=round(float(np.polyfit(minutes, settled, 1)[0]), 2) if len(settled) > 2 else 0.0,
    )


def percentile(values: list[float], q: float) -> float | None:
    return round(float(np.percentile(values, q)), 4) if values else None


def prepare(work: Path, kind: str, show_s: float) -> tuple[Path, str]:
    """A show, its gallery, and the bundle to use."""
    live = work / "live"
    command = [sys.executable, "-m", "benchmarks.liveshop.render", "--seconds", str(show_s), "--out", str(live)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bundle = "classic" if kind == "classic" else str(make_small_bundle(work / "small"))
    opened = open_bundle(bundle)
    build_gallery(
        live / "feed.csv",
        encoder=opened.encoder(1),
        bundle_name=opened.name,
        bundle_hash=opened.hash,
        out=work / "gallery",
        votes=opened.votes,
    )
    return live / "live.mp4", bundle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", default="4,6,8", help="numbers of livestreams, one run each")
    parser.add_argument("--bundle", choices=["classic", "small"], default="classic")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--show-seconds", type=float, default=92.0)
    parser.add_argument("--cut-every", type=float, default=0.0, help="kill one publisher for 3 s this often")
    parser.add_argument("--speech", default="off", help="off, sphinx, moonshine, or several: one run each, in turns")
    parser.add_argument("--json", type=Path, help="also write the results here")
    args = parser.parse_args()
    if not available():
        parser.error(NEEDS)
    few_arenas()  # as the command line does: building a gallery starts threads
    with tempfile.TemporaryDirectory(prefix="bench-streams-") as folder:
        work = Path(folder)
        video, bundle = prepare(work, args.bundle, args.show_seconds)
        results = [
            asyncio.run(measure(work, video, bundle, int(n), args.seconds, args.cut_every, speech))
            for n in args.streams.split(",")
            for speech in args.speech.split(",")
        ]
    report(results)
    if args.json:
        args.json.write_text(json.dumps({"machine": facts(), "results": [asdict(r) for r in results]}, indent=1))


def report(results: list[Result]) -> None:
    machine = facts()
    table = Table(title=f"live streams on {machine['cpu']}, {machine['cores']} cores, commit {machine['commit']}")
    for column in ("streams", "bundle", "speech", "views/s", "view age p50", "p99", "events", "event age p99",
                   "loop lag p99", "dropped", "reconnects", "cores", "machine", "MB", "MB/min",
                   "ear MB", "heard after p99", "not heard"):  # fmt: skip
        table.add_column(column, justify="right")
    for r in results:
        event_age = "-" if r.event_age_p99_s is None else f"{r.event_age_p99_s:.3f} s"
        table.add_row(
            str(r.streams), r.bundle, r.speech, f"{r.views_per_s:.1f}",
            f"{r.view_age_p50_s:.3f} s", f"{r.view_age_p99_s:.3f} s",
            str(r.events), event_age, f"{r.loop_lag_p99_s * 1e3:.1f} ms", str(sum(r.dropped.values())),
            str(r.reconnects), f"{r.worker_cores:.2f}", f"{r.machine_busy:.0%}", str(r.rss_mb[-1]),
            f"{r.slope_mb_per_min:+.2f}", str(r.ear_mb),
            "-" if r.heard_after_p99_s is None else f"{r.heard_after_p99_s:.2f} s", f"{r.not_heard_s:.0f} s",
        )  # fmt: skip
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
