"""Do word times stay right? A live stream of beeps in real time, cut again and again; each beep must be where it was.

    python -m benchmarks.bench_drift --minutes 30 --cut-every 90

A picture turns white for as long as its beep sounds, once in two seconds, so that video and sound of one recording
say when it was: a word's time is compared with the start of the nearest white picture in the same stretch between
gaps. The whole way is walked: ffmpeg publishes over RTMP through nginx (AAC in FLV), the worker's own source, the
sound's chunks, the speech thread, the session's clock. Needs ffmpeg, nginx and its RTMP module.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.machine import facts
from benchmarks.publishers import Publishers, on_air
from engines.speech.choose import Choice
from engines.speech.fake import FakeTranscriber
from engines.text import ProductWords
from indexes.fake import scripted_scope
from stream.channel import Channel, Policy
from stream.clock import SteadyClock
from stream.config import SourceConfig, SpeechConfig
from stream.ear_figures import SpeechFigures
from stream.listening import Listener
from stream.metrics import Metrics
from stream.source import play
from stream.speech import Speech
from stream.types import Frame, Gap
from tests.integration.media_servers import NEEDS, available

if TYPE_CHECKING:
    from stream.types import Status

LOOP_S = 600  # of the recording, which is published again and again
EVERY_S, WHITE_S = 2.0, 0.2  # a beep, and its picture: further apart than words of one sentence
FPS = 25
ALIKE = ("brelvo",) * 16  # AAC changes loudness a little: a beep is a beep
NAME = ProductWords("beep", "Brelvo")


@dataclass(frozen=True)
class Result:
    minutes: float
    stretches: int  # between gaps
    beeps: int
    unheard: int  # white pictures well inside a stretch without a word
    median_ms: float  # of word minus picture
    worst_ms: float  # furthest from zero
    drift_ms: float  # median of the last fifty beeps minus that of the first fifty


@dataclass
class Stretch:
    white: list[float] = field(default_factory=list)
    words: set[float] = field(default_factory=set)

    def errors(self) -> list[float]:
        white = np.array(self.white)
        nearest = [(float(word - white[np.abs(white - word).argmin()]), word) for word in sorted(self.words)]
        return [error for error, _ in nearest if abs(error) < EVERY_S / 2]

    def unheard(self) -> int:
        inside = self.white[1:-3]  # the last may be heard after the cut
        return sum(all(abs(word - at) > EVERY_S / 2 for word in self.words) for at in inside)


class Watcher:
    """Stands where judging does: sees pictures turn white, reads the board."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._bright = True
        self.stretches = [Stretch()]

    async def watch(self, frames: Channel[Frame | Gap]) -> None:
        async for item in frames:
            if isinstance(item, Gap):
                self._read()
                self._listener.gap_seen()
                self.stretches.append(Stretch())
                self._bright = True
            else:
                self._see(item)

    def _see(self, frame: Frame) -> None:
        bright = float(frame.image.mean()) > 128
        if bright and not self._bright:
            self.stretches[-1].white.append(frame.at)
            self._read()
        self._bright = bright

    def _read(self) -> None:
        heard = self._listener.board.within(0.0, float("inf"))
        self.stretches[-1].words |= {round(mention.start, 4) for mention in heard}


def record(path: Path) -> None:
    on = f"lt(mod(T\\,{EVERY_S})\\,{WHITE_S})"
    pictures = f"nullsrc=s=160x90:r={FPS}:d={LOOP_S},geq=lum='16+219*{on}':cb=128:cr=128"
    sound = f"aevalsrc='0.5*sin(880*PI*t)*lt(mod(t\\,{EVERY_S})\\,{WHITE_S})':s=44100:d={LOOP_S}"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound]
    command += ["-c:a", "aac", "-c:v", "libx264", "-preset", "ultrafast", "-g", str(FPS), "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "-threads", "1", str(path)], check=True, stdin=subprocess.DEVNULL)


async def measure(work: Path, recording: Path, minutes: float, cut_every_s: float) -> Result:
    clock, metrics = SteadyClock(), Metrics()
    speech = Speech(
        SpeechConfig(), lambda: Choice("sphinx", FakeTranscriber(ALIKE), "beeps"), lambda _: (NAME,), metrics, clock
    )
    speech.start()
    await speech.load()
    seat = speech.seat(lambda: scripted_scope(1), None)
    listener = Listener(speech, seat, SpeechFigures(), lambda: False, patient=False)
    watcher = Watcher(listener)
    frames: Channel[Frame | Gap] = Channel("frames", capacity=4 * FPS, policy=Policy.DROP_OLDEST)
    config = SourceConfig(frames_per_second=FPS, longer_side=160, allow_private_hosts=True, stall_after_s=2.0)
    with on_air(work, recording, ["beeps"]) as (server, publishers):
        source = play(
            server.rtmp("beeps"), config, frames, listener.sounds, clock=clock, metrics=metrics, on_status=ignore
        )
        tasks = [asyncio.create_task(each) for each in (source, listener.listen(), watcher.watch(frames))]
        await cutting(publishers, minutes, cut_every_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await speech.stop(deadline_s=5)
    return summary(watcher.stretches, minutes)


async def ignore(_status: Status) -> None: ...


async def cutting(publishers: Publishers, minutes: float, cut_every_s: float) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + minutes * 60
    while clock() < end:
        await asyncio.sleep(min(cut_every_s, end - clock()))
        if clock() < end:
            await publishers.cut()


def summary(stretches: list[Stretch], minutes: float) -> Result:
    heard = [stretch for stretch in stretches if stretch.white]
    errors = np.array([error for stretch in heard for error in stretch.errors()]) * 1000
    few = min(50, len(errors) // 2)
    return Result(
        minutes=minutes,
        stretches=len(heard),
        beeps=len(errors),
        unheard=sum(stretch.unheard() for stretch in heard),
        median_ms=round(float(np.median(errors)), 1),
        worst_ms=round(float(errors[np.abs(errors).argmax()]), 1),
        drift_ms=round(float(np.median(errors[-few:]) - np.median(errors[:few])), 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--cut-every", type=float, default=90.0, help="kill the publisher for 3 s this often")
    parser.add_argument("--json", type=Path, help="also write the result here")
    args = parser.parse_args()
    if not available():
        parser.error(NEEDS)
    with tempfile.TemporaryDirectory(prefix="bench-drift-") as folder:
        work = Path(folder)
        record(work / "beeps.flv")
        result = asyncio.run(measure(work, work / "beeps.flv", args.minutes, args.cut_every))
    text = json.dumps({"machine": facts(), "result": asdict(result)}, indent=1)
    if args.json:
        args.json.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
