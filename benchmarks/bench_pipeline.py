"""The whole pipeline against its bare encoder: frames a second from a file, decoded, encoded, searched and judged.

    python -m benchmarks.bench_pipeline --bundle device    # 10 ms a frame and none of our cores: what the house costs
    python -m benchmarks.bench_pipeline --bundle small     # a real encoder; decoding and search share its cores
    python -m benchmarks.bench_pipeline --bundle classic

Replayed livestreams as fast as they go; the bare encoder gets the same frames, decoded beforehand, in a loop. Runs
alternate and the best of each counts, so that a noisy machine hurts both alike. `device` searches nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_streams import prepare
from benchmarks.machine import facts
from engines.bundle import open_bundle
from engines.fake import SleepingEncoder
from engines.threads import one_blas_thread
from indexes.gallery import open_gallery
from stream.batching import Batcher
from stream.channel import Channel, Policy
from stream.clock import SteadyClock
from stream.config import StreamConfig
from stream.fuse import Look
from stream.matching import looker
from stream.metrics import Metrics
from stream.pipeline import run_stream
from stream.shared import Figures, Shared
from stream.shelf import Offer, Shelf
from stream.source import play
from stream.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import Encoded, FrameEncoder
    from indexes.scope import Scope
    from stream.matching import Query
    from stream.types import Decision, Gap, Image, Status

    Answer = Callable[[Query], Look]


def stream_config(video: Path, rate: float) -> StreamConfig:
    source = {"pace": "fast", "allow_files": True, "frames_per_second": rate}
    return StreamConfig.model_validate({"stream_id": "bench", "url": str(video), "source": source})


async def on_status(_: Status) -> None: ...


async def publish(_: Decision) -> None: ...


async def decoded(video: Path, rate: float) -> list[Image]:
    """The very frames that the pipeline keeps."""
    frames: Channel[Frame | Gap] = Channel("frames", capacity=100_000, policy=Policy.WAIT)
    config = stream_config(video, rate).source
    await play(str(video), config, frames, None, clock=SteadyClock(), metrics=Metrics(), on_status=on_status)
    await frames.close()
    return [item.image async for item in frames if isinstance(item, Frame)]


def bare(encoder: FrameEncoder, images: list[Image]) -> float:
    started = time.perf_counter()
    for image in images:
        encoder.encode([image])
    return len(images) / (time.perf_counter() - started)


async def whole(config: StreamConfig, scope: Scope, encoder: FrameEncoder, look: Answer, streams: int) -> float:
    encode: Batcher[Image, Encoded] = Batcher("encode", encoder.encode, max_batch=1)
    search: Batcher[Query, Look] = Batcher("search", lambda queries: [look(q) for q in queries], max_batch=1)
    encode.start()
    search.start()
    figures = Figures()
    shared = Shared(encode, search, Metrics(), SteadyClock())
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(streams):
            group.create_task(
                run_stream(config, Shelf(Offer(scope)), shared, publish=publish, on_status=on_status, figures=figures)
            )
    took = time.perf_counter() - started
    await encode.stop(deadline_s=5)
    await search.stop(deadline_s=5)
    return figures.views / took


def sees_nothing(query: Query) -> Look:
    return Look(query.view.at, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", choices=["device", "small", "classic"], default="device")
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--show-seconds", type=float, default=30.0)
    parser.add_argument("--frames-per-second", type=float, default=15.0, help="high: the encoder shall be the limit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    one_blas_thread()
    with tempfile.TemporaryDirectory(prefix="bench-pipeline-") as folder:
        result = compare(Path(folder), args)
    if args.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{key:14} {value}" for key, value in result.items()))


def compare(work: Path, args: argparse.Namespace) -> dict[str, str | int | float]:
    simulated = args.bundle == "device"
    video, name = prepare(work, "classic" if simulated else args.bundle, args.show_seconds)
    bundle = open_bundle(name)
    gallery = open_gallery(work / "gallery", bundle_hash=bundle.hash)
    encoder = SleepingEncoder(fixed_s=0.010) if simulated else bundle.encoder(1)
    look = sees_nothing if simulated else looker(bundle.matcher())
    images = asyncio.run(decoded(video, args.frames_per_second))
    config = stream_config(video, args.frames_per_second)
    bares, wholes = [], []
    for _ in range(args.rounds):
        bares.append(bare(encoder, images))
        wholes.append(asyncio.run(whole(config, gallery.scope(), encoder, look, args.streams)))
    return {
        "bundle": args.bundle,
        "streams": args.streams,
        "frames": len(images) * args.streams,
        "bare_fps": round(max(bares), 1),
        "pipeline_fps": round(max(wholes), 1),
        "ratio": round(max(wholes) / max(bares), 3),
        **facts(),
    }


if __name__ == "__main__":
    main()
