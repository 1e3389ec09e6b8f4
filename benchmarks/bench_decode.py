"""Decoding and sampling against the ffmpeg command line doing the same, side by side: CPU seconds, as a ratio.

    python -m benchmarks.bench_decode [--seconds 30] [--fps 2] [--side 640] [--rounds 3] [--json]

Both read one H.264 file, keep so many frames a second, scale them to RGB, on one thread. CPU time, not wall time, is
compared, because machines are shared; rounds alternate, and the best of each counts. `like for like` decodes every
frame, as ffmpeg does; `as shipped` leaves out what sampling does not need.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import av

from benchmarks.machine import facts
from stream.clock import SteadyClock
from stream.config import SourceConfig
from stream.decoding import Decoding, Part
from stream.sampling import Skip, SkipPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.types import AudioChunk, Frame, Gap


class Counting:
    """An outlet and a meter that count."""

    def __init__(self) -> None:
        self.frames = 0

    def tick(self) -> None:
        pass

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def frame(self, frame: Frame) -> None:
        self.frames += frame.image.shape[0] > 0

    def chunk(self, chunk: AudioChunk) -> None:
        pass

    def gap(self, gap: Gap) -> None:
        pass

    def frame_kept(self) -> None:
        pass

    def frames_dropped(self, cause: str, n: int) -> None:
        pass

    def sound_silenced(self, samples: int) -> None:
        pass

    def stage(self, stage: str, seconds: float) -> None:
        pass


class Everything(SkipPolicy):
    """Decodes every frame: what the ffmpeg command line does."""

    def push(self, at: float, *, key: bool) -> Skip:  # noqa: ARG002  the measured policy's signature
        return Skip.NOTHING


def make_clip(path: Path, seconds: int) -> None:
    pictures = f"testsrc2=size=1280x720:rate=30:duration={seconds},noise=alls=8:allf=t"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", pictures, "-c:v", "libx264"]
    command += ["-preset", "veryfast"]
    command += ["-g", "60", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "5000k", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, str(path)], check=True, stdin=subprocess.DEVNULL)


def by_us(clip: Path, config: SourceConfig, *, skip: bool) -> tuple[float, int]:
    outlet, clock = Counting(), SteadyClock()
    started = time.process_time()
    decoding = Decoding(config, outlet, clock, outlet, audio=False)
    if not skip:
        decoding.policy = Everything(config.frames_per_second)
    with av.open(str(clip)) as container:
        decoding.run(Part(container, live=False))
    return time.process_time() - started, outlet.frames


def by_ffmpeg(clip: Path, config: SourceConfig) -> tuple[float, int]:
    side = config.longer_side
    scale = f"fps={config.frames_per_second:g},scale={side}:-2:flags=bilinear"
    command = ["ffmpeg", "-loglevel", "error", "-threads", "1", "-filter_threads", "1", "-i", str(clip), "-an"]
    command += ["-vf", scale, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, len(done.stdout) // (side * round(side * 9 / 16) * 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30, help="length of the 720p30 clip")
    parser.add_argument("--fps", type=float, default=2.0, help="frames kept of each second")
    parser.add_argument("--side", type=int, default=640, help="longer side of a kept frame")
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds; the best counts")
    parser.add_argument("--json", action="store_true", help="the JSON line alone")
    args = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("bench_decode compares with the ffmpeg command line: install ffmpeg")
    config = SourceConfig(frames_per_second=args.fps, longer_side=args.side, pace="fast")
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make_clip(clip, args.seconds)
        runners: dict[str, Callable[[], tuple[float, int]]] = {
            "ffmpeg": lambda: by_ffmpeg(clip, config),
            "like for like": lambda: by_us(clip, config, skip=False),
            "as shipped": lambda: by_us(clip, config, skip=True),
        }
        best: dict[str, tuple[float, int]] = {}
        for _ in range(args.rounds):
            for name, run in runners.items():
                best[name] = min(best.get(name, (1e9, 0)), run())
    report(best, args.seconds, as_json=args.json)


def report(best: dict[str, tuple[float, int]], seconds: int, *, as_json: bool) -> None:
    base = best["ffmpeg"][0]
    rows = {
        name: {
            "cpu_s": round(cpu, 3),
            "frames": frames,
            "speed": round(base / cpu, 3),
            "streams": round(seconds / cpu, 1),
        }
        for name, (cpu, frames) in best.items()
    }
    if not as_json:
        print(f"{'':14} {'CPU s':>7} {'kept':>5} {'speed / ffmpeg':>15} {'live streams a core':>20}")
        for name, row in rows.items():
            print(f"{name:14} {row['cpu_s']:7.2f} {row['frames']:5} {row['speed']:15.2f} {row['streams']:20.1f}")
    print(json.dumps({"seconds": seconds, **rows, **facts()}))


if __name__ == "__main__":
    main()
