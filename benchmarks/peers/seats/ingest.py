"""Readers that take part: a 720p stream to two pictures a second, 640 pixels wide, from a file or live.

Settings: `url`, `seconds` (how long to watch; 0: to the end of the file), `fps`, `began` (when frame nought went on
the air, by time.monotonic), `frames` (of the recording, which is played over and over), `rate` (frames a second).
Pictures carry their number (`benchmarks.peers.clip`), so that everybody's age can be read off them.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import threading
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.seats.number import number_in
from benchmarks.peers.seats.seat import Stopwatch, percentile, take_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.peers.seats.seat import Figures, Open, Settings, Turn

Picture: TypeAlias = NDArray[np.uint8]  # (height, width, 3)

SIDE, HEIGHT = 640, 360
PATIENCE_S = 30.0  # for the first picture, and for a reader to let go


class _VideoFrame(Protocol):
    image: Picture


@dataclass(slots=True)
class Viewer:
    """Takes the pictures. What joining took of the cores counts, too; how long it took is told apart."""

    settings: Settings
    watch: Stopwatch = field(default_factory=Stopwatch)
    joined_s: float = 0.0
    watched_s: float = 0.0  # from the first picture to the last
    ages: list[float] = field(default_factory=list)
    kept: int = 0

    def push(self, picture: Picture) -> bool:
        """Whether more is wanted."""
        if picture.shape[:2] != (HEIGHT, SIDE):
            raise SystemExit(f"a picture of {picture.shape}, not of {HEIGHT} x {SIDE}")
        now = self.watch.wall_s()
        self.joined_s = self.joined_s or now
        self.watched_s = now - self.joined_s
        self.kept += 1
        seconds = float(self.settings["seconds"])
        if seconds:
            self.ages.append(self._age(picture))
        return not seconds or self.watched_s < seconds

    def _age(self, picture: Picture) -> float:
        """The recording goes round: an age is known up to its length."""
        rate = float(self.settings["rate"])
        since = time.monotonic() - float(self.settings["began"]) - number_in(picture) / rate
        return since % (int(self.settings["frames"]) / rate)

    def figures(self) -> Figures:
        wall_s, cpu_s = self.watch.wall_s(), self.watch.cpu_s()
        if not self.kept:
            raise SystemExit("not one picture came")
        if not self.ages:
            length_s = int(self.settings["frames"]) / float(self.settings["rate"])
            return {"cpu_cores": cpu_s / length_s, "speed": length_s / wall_s, "kept": float(self.kept)}
        return {
            "cpu_cores": cpu_s / max(self.watched_s, 1.0),
            "behind_p50_s": percentile(self.ages, 50),
            "behind_p99_s": percentile(self.ages, 99),
            "joined_s": self.joined_s,
            "kept_fps": (self.kept - 1) / max(self.watched_s, 1.0),
        }


def opencv() -> None:
    import_module("cv2")


def by_opencv(settings: Settings, viewer: Viewer, *, grab: bool) -> None:
    """`read` decodes and converts every frame; `grab` decodes, and only what is kept is converted."""
    cv2 = import_module("cv2")
    every = round(float(settings["rate"]) / float(settings["fps"]))
    capture = cv2.VideoCapture(settings["url"])
    for number in range(1 << 31):
        good, picture = (capture.grab(), None) if grab else capture.read()
        if not good:
            break
        if number % every:
            continue
        if grab:
            _, picture = capture.retrieve()
        if not viewer.push(cv2.resize(picture, (SIDE, HEIGHT), interpolation=cv2.INTER_LINEAR)):
            break
    capture.release()


def by_ffmpeg(settings: Settings, viewer: Viewer, *, threads: str) -> None:
    """The command line writes raw pictures into a pipe."""
    scale = f"fps={settings['fps']},scale={SIDE}:{HEIGHT}:flags=bilinear"
    command = ["ffmpeg", "-loglevel", "error", *(("-threads", threads) if threads else ()), "-filter_threads", "1"]
    command += ["-i", settings["url"], "-an", "-vf", scale, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    size = SIDE * HEIGHT * 3
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while len(raw := process.stdout.read(size)) == size:
            if not viewer.push(np.frombuffer(raw, np.uint8).reshape(HEIGHT, SIDE, 3)):
                break
        process.kill()


def configured_inference() -> None:
    """Else it shows every frame of a file, at the rate asked for; its own command line has frames left out, too."""
    settings = import_module("streamvision.stream.configuration")
    settings.configure_process(settings.StreamsConfiguration(enable_frame_drop_on_video_file_rate_limiting=True))
    import_module("streamvision.stream.pipeline")


def by_inference(settings: Settings, viewer: Viewer) -> None:
    """Roboflow's InferencePipeline, as its package `streamvision` has it, with a model that does nothing."""
    cv2 = import_module("cv2")
    pipeline = import_module("streamvision.stream.pipeline").InferencePipeline
    enough = threading.Event()

    def sink(_: object, frame: _VideoFrame) -> None:
        small = cv2.resize(frame.image, (SIDE, HEIGHT), interpolation=cv2.INTER_LINEAR)
        if not enough.is_set() and not viewer.push(small):
            enough.set()

    running = pipeline.init_with_custom_logic(
        video_reference=settings["url"],
        on_video_frame=lambda frames: [{} for _ in frames],
        on_prediction=sink,
        max_fps=float(settings["fps"]),
    )
    running.start(use_main_thread=False)
    if float(settings["seconds"]):
        enough.wait(float(settings["seconds"]) + PATIENCE_S)
        running.terminate()
    running.join()


def ours(settings: Settings, viewer: Viewer) -> None:
    asyncio.run(_watched(settings, viewer))


async def _watched(settings: Settings, viewer: Viewer) -> None:
    """The source of a worker and the channel behind it, without what would look at the pictures."""
    from stream.channel import Channel, Policy
    from stream.clock import SteadyClock
    from stream.config import SourceConfig
    from stream.metrics import Metrics
    from stream.pipeline import FRAMES
    from stream.source import play
    from stream.types import Frame, Gap

    live = float(settings["seconds"]) > 0
    config = SourceConfig(
        frames_per_second=float(settings["fps"]),
        longer_side=SIDE,
        pace="realtime" if live else "fast",
        allow_files=True,
        allow_private_hosts=True,
    )
    policy = Policy.DROP_OLDEST if live else Policy.WAIT
    frames: Channel[Frame | Gap] = Channel("frames", capacity=FRAMES, policy=policy)
    clock = SteadyClock()

    async def told(_: object) -> None:
        pass

    async def read() -> None:
        await play(settings["url"], config, frames, None, clock=clock, metrics=Metrics(clock), on_status=told)
        await frames.close()

    task = asyncio.create_task(read())
    async for item in frames:
        if isinstance(item, Frame) and not viewer.push(item.image[:HEIGHT, :SIDE]):
            break
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def seat(read: Callable[[Settings, Viewer], None], prepare: Callable[[], object] = dict) -> Open:
    """`prepare` imports what it needs: no part of a turn."""

    def opened(settings: Settings) -> tuple[Figures, Turn]:
        prepare()

        def turn() -> Figures:
            viewer = Viewer(settings)
            read(settings, viewer)
            return viewer.figures()

        return {}, turn

    return opened


SEATS = {
    "ours": seat(ours, lambda: import_module("stream.source")),
    "read": seat(lambda settings, viewer: by_opencv(settings, viewer, grab=False), opencv),
    "grab": seat(lambda settings, viewer: by_opencv(settings, viewer, grab=True), opencv),
    "ffmpeg": seat(lambda settings, viewer: by_ffmpeg(settings, viewer, threads="")),
    "ffmpeg-1": seat(lambda settings, viewer: by_ffmpeg(settings, viewer, threads="1")),
    "inference": seat(by_inference, configured_inference),
}

if __name__ == "__main__":
    take_part(SEATS)
