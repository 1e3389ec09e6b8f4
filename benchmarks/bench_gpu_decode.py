"""Decoding on a GPU: how many livestreams of 720p30 its decoder holds, and what of the processor they still take.

    python -m benchmarks.bench_gpu_decode [--streams 1,4,8,16] [--seconds 20] [--decode gpu]

So many threads decode one H.264 file each, every frame of it, as fast as they can, and scale two a second where they
lie, by the worker's own code. `holds`: seconds of video that are decoded in one second. `there`: whether frames
really came from the GPU; where they did not, `why` says it and the rest is the processor's. `--decode processor` is
the same without a GPU. Lines of JSON. Needs the extra `gpu` and the ffmpeg command line.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import av

from benchmarks.bench_decode import Counting, Everything, make_clip
from benchmarks.machine import facts
from engines.errors import DeviceError
from engines.gpu.device import find_gpu
from stream.clock import SteadyClock
from stream.config import SourceConfig
from stream.decoding import Decoding, Part
from stream.hardware import Hardware

if TYPE_CHECKING:
    from collections.abc import Sequence


class Notes:
    """Why frames came from the processor."""

    def __init__(self) -> None:
        self.why: set[str] = set()

    def __call__(self, _event: str, /, **fields: str) -> None:
        self.why.add(fields["why"])


def decode(clip: Path, config: SourceConfig, notes: Notes) -> int:
    """Frames that were kept."""
    outlet, hardware = Counting(), Hardware(wanted=config.decode == "gpu", say=notes)
    decoding = Decoding(config, outlet, SteadyClock(), outlet, audio=False, hardware=hardware)
    decoding.policy = Everything(config.frames_per_second)
    with av.open(str(clip), hwaccel=hardware.accelerator()) as container:
        decoding.run(Part(container, live=False))
    return outlet.frames


def measure(clip: Path, streams: int, seconds: int, config: SourceConfig) -> dict[str, object]:
    notes = Notes()
    with ThreadPoolExecutor(streams) as pool:
        used, started = process_time(), perf_counter()
        kept = list(pool.map(lambda _: decode(clip, config, notes), range(streams)))
        took, used = perf_counter() - started, process_time() - used
    wanted = config.decode == "gpu"
    return {
        "streams": streams, "holds": round(streams * seconds / took, 1), "took_s": round(took, 2),
        "cores": round(used / took, 2), "kept": min(kept), "there": wanted and not notes.why,
        "why": "; ".join(sorted(notes.why)),
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", default="1,4,8,16", help="decoded at once")
    parser.add_argument("--seconds", type=int, default=20, help="length of the clip")
    parser.add_argument("--decode", default="gpu", choices=("gpu", "processor"))
    given = parser.parse_args(arguments)
    if given.decode == "gpu":
        try:
            find_gpu()
        except DeviceError as error:
            print(f"no decoding on a GPU here: {error}", file=sys.stderr)
            return 1
    config = SourceConfig(frames_per_second=2.0, longer_side=640, pace="fast", decode=given.decode)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make_clip(clip, given.seconds)
        for streams in map(int, given.streams.split(",")):
            print(json.dumps(measure(clip, streams, given.seconds, config) | facts()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
