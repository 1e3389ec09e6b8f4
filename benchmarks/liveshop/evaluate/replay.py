"""One live through the real worker, and what came of it in the live's folder: events.jsonl, trace.jsonl, replay.json.

Everything is the product's own: decoding, sampling, encoding, search, windows, fusion, decisions, events. The live is
fed as fast as it is taken, or played over HLS on loopback in real time. A folder that already holds what this very
program made of this very live with these settings is left as it is.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import SecretStr

from benchmarks.liveshop.evaluate.again import Again
from benchmarks.liveshop.evaluate.air import on_air
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.fingerprint import of_packages, of_texts
from benchmarks.liveshop.evaluate.galleries import ALL, galleries_of
from benchmarks.liveshop.evaluate.recorder import Recorder
from benchmarks.liveshop.evaluate.trace import TOLD, write_trace
from benchmarks.liveshop.render import TRUTH, VIDEO
from benchmarks.liveshop.score import Zero
from benchmarks.liveshop.truth import read_truth
from stream.config import SourceConfig, SpeechConfig, StreamConfig, WorkerConfig
from stream.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.liveshop.evaluate.trace import Ranked, Traced
    from engines.bundle import Bundle
    from indexes.gallery import Gallery
    from stream.matching import Query
    from stream.types import Seconds

    Tell = Callable[[str, float, float], None]  # stage, how far, of how much

EVENTS, TRACE, MADE_BY = "events.jsonl", "trace.jsonl", "replay.json"
STREAM = "live"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A bundle as it was named, and opened; `on_air`: lives are played to it over HLS, in real time.

    `speech`: what listens to the host.
    """

    named: str
    bundle: Bundle
    on_air: bool = False
    speech: Literal["moonshine", "sphinx", "off"] = "off"


@dataclass(frozen=True, slots=True)
class Effort:
    """What watching took. `cpu_s`: of the whole process, all threads."""

    key: str  # of the program, the settings and the live
    bundle: str
    views: int
    live_s: Seconds
    wall_s: float
    cpu_s: float
    zero_utc: float | None = None  # program date-time of the first frame, of a live that was on air

    @property
    def zero(self) -> Zero:
        return Zero(self.zero_utc)


def watch_live(live: Path, recogniser: Recogniser, tell: Tell) -> Effort:
    """Raises EvaluationError where the live cannot be watched, and what galleries raise."""
    truth, bundle = read_truth(live / TRUTH), recogniser.bundle
    gallery, main_gallery = galleries_of(live, bundle, lambda done, of: tell("gallery", done, of))
    key = _key(live, recogniser, gallery.version)
    if (effort := read_effort(live)) is not None and effort.key == key:
        return effort
    (live / MADE_BY).unlink(missing_ok=True)
    with Again(main_gallery, bundle, on_air=recogniser.on_air) as again:
        recorder = Recorder(
            lambda query: _nearest(gallery, query),
            worth=lambda at: any(s.listed and s.shown_at <= at <= s.hidden_at for s in truth.shown),
            on_worth=again.push,
            on_view=lambda at: tell("watching", at, truth.seconds),
            replayed=not recogniser.on_air,
        )
        wall, cpu = time.perf_counter(), time.process_time()
        zero_utc = (_on_air if recogniser.on_air else _replayed)(live, recogniser, recorder)
        wall, cpu = time.perf_counter() - wall - again.waited_s, time.process_time() - cpu - again.cpu_s
    views = [replace(view, main=again.found.get(i)) for i, view in enumerate(recorder.views)]
    effort = Effort(key, bundle.name, len(views), truth.seconds, wall, cpu, zero_utc)
    return _write(live, views, recorder.lines, effort)


def _replayed(live: Path, recogniser: Recogniser, recorder: Recorder) -> None:
    asyncio.run(_watch(_config(live, recogniser, str((live / VIDEO).absolute())), recorder))


def _on_air(live: Path, recogniser: Recogniser, recorder: Recorder) -> float | None:
    with on_air(live / VIDEO) as broadcast:
        recorder.zero = lambda: broadcast.zero_utc or 0.0
        asyncio.run(_watch(_config(live, recogniser, broadcast.url), recorder))
        return broadcast.zero_utc


def read_effort(live: Path) -> Effort | None:
    """None where the live was not watched to its end."""
    try:
        return Effort(**json.loads((live / MADE_BY).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):  # of another version: watched again
        return None


def _key(live: Path, recogniser: Recogniser, gallery_version: str) -> str:
    program = of_packages("stream", "engines", "indexes", "benchmarks.liveshop.evaluate")
    made_of = (recogniser.bundle.hash, gallery_version, str((live / VIDEO).stat().st_size))
    settings = _config(live, recogniser, "").model_dump_json(exclude={"gallery": True, "bundle": True})
    return of_texts(program, settings, *made_of, (live / TRUTH).read_text(encoding="utf-8"))


def _config(live: Path, recogniser: Recogniser, url: str) -> WorkerConfig:
    air = recogniser.on_air
    source = SourceConfig(pace="realtime" if air else "fast", allow_files=not air, allow_private_hosts=air)
    stream = StreamConfig(stream_id=STREAM, url=SecretStr(url), source=source)
    return WorkerConfig(
        gallery=live / ALL, bundle=recogniser.named, streams=(stream,), speech=SpeechConfig(engine=recogniser.speech)
    )


async def _watch(config: WorkerConfig, recorder: Recorder) -> None:
    async with Worker(config, sinks=[recorder], tap=recorder) as worker:
        await worker.finished()
        failures = worker.failures
    for why in failures.values():
        raise EvaluationError(f"live {config.gallery.parent}: cannot be watched: {why}: remove the folder, run again")


def _nearest(gallery: Gallery, query: Query) -> Ranked:
    found = gallery.near(query.view.encoded.embedding, query.scope, TOLD)
    return tuple((gallery.product(index).product_id, likeness) for index, likeness in found)


def _write(live: Path, views: list[Traced], lines: list[str], effort: Effort) -> Effort:
    """The word that it is whole comes last."""
    write_trace(views, live / TRACE)
    for name, text in ((EVENTS, "".join(line + "\n" for line in lines)), (MADE_BY, json.dumps(asdict(effort)))):
        part = live / (name + ".part")
        part.write_text(text, encoding="utf-8")
        part.rename(live / name)
    return effort
