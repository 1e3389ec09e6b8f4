"""Two pictures a second from 720p30 H.264, from a file and live, against OpenCV, ffmpeg and Roboflow's pipeline."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import av

from benchmarks.peers.clip import RATE, make_clip, on_air
from benchmarks.peers.table import OURS, Floor, Measure, Work
from benchmarks.peers.turns import Entrant, Result, play
from tests.integration.media_servers import NEEDS, available, running

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.peers.options import Options

FPS = 2
CLIP_S, QUICK_S = 30, 10
WATCH_S, QUICK_WATCH_S = 12, 4
STREAM = "peers"
FILE = (
    Measure("cpu_cores", "CPU s a second of it", -1, 4),
    Measure("speed", "times as fast as live", 1, 1),
    Measure("kept", "pictures", 0, 0),
)
LIVE = (
    Measure("cpu_cores", "cores", -1, 4),
    Measure("behind_p50_s", "behind live s, p50", -1),
    Measure("behind_p99_s", "p99", -1),
    Measure("joined_s", "first picture after s", -1),
    Measure("kept_fps", "pictures/s", 0),
)
Named = tuple[str, str, tuple[Measure, ...]]
FROM_FILE: Named = ("ingest-file", "a file of 720p30 to 2 pictures/s", FILE)
NOTHING_SKIPPED: Named = ("ingest-file-flat", "the same without B-frames", FILE)
LIVE_WORK: Named = ("ingest-live", "the first live, over RTMP", LIVE)
PEERS = {
    "ffmpeg, a pipe": "ffmpeg",
    "ffmpeg, a pipe, one thread": "ffmpeg-1",
    "OpenCV, grab and retrieve": "grab",
    "OpenCV, read": "read",
    "Roboflow InferencePipeline": "inference",
}


def run(options: Options, folder: Path) -> list[Work]:
    if shutil.which("ffmpeg") is None:
        absent = [Result(OURS, absent="needs ffmpeg: run tests/install_servers.sh")]
        return [Work(name, title, measures, absent) for name, title, measures in (FROM_FILE, LIVE_WORK)]
    seconds = QUICK_S if options.quick else CLIP_S
    clip, flat = folder / "clip.mp4", folder / "flat.mp4"
    make_clip(clip, seconds)
    works = [from_file(FROM_FILE, options, clip, seconds)]
    if not options.quick:
        make_clip(flat, seconds, skippable=False)
        works.append(from_file(NOTHING_SKIPPED, options, flat, seconds))
    return [*works, live(options, folder, clip, seconds)]


def from_file(named: Named, options: Options, clip: Path, seconds: int) -> Work:
    results = play(entrants(options, str(clip), seconds, 0, 0.0), 1 if options.quick else options.rounds)
    floor = Floor("libav decodes every frame on one thread", {"cpu_cores": bare_decode_s(clip) / seconds})
    return Work(*named, results, floor)


def live(options: Options, folder: Path, clip: Path, seconds: int) -> Work:
    if not available():
        return Work(*LIVE_WORK, [Result(OURS, absent=NEEDS)])
    root = folder / "nginx"
    root.mkdir()
    watched_s = QUICK_WATCH_S if options.quick else WATCH_S
    with running(root) as server, on_air(clip, seconds, server.rtmp(STREAM)) as began:
        entered = entrants(options, server.rtmp(STREAM), seconds, watched_s, began)
        return Work(*LIVE_WORK, play(entered, 1 if options.quick else options.rounds))


def entrants(options: Options, url: str, seconds: int, watched_s: int, began: float) -> list[Entrant]:
    settings = {
        "url": url,
        "seconds": str(watched_s),
        "fps": str(FPS),
        "began": str(began),
        "frames": str(seconds * RATE),
        "rate": str(RATE),
    }
    made = [Entrant(OURS, "ingest", "ours", settings, options.python)]
    for who, seat in PEERS.items():
        python = options.python if seat.startswith("ffmpeg") else options.peers
        made.append(Entrant(who, "ingest", seat, settings, python))
    return made


def bare_decode_s(clip: Path) -> float:
    """Seconds of a core. No picture is scaled or kept."""
    began = time.process_time()
    with av.open(str(clip)) as container:
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        for _ in container.decode(video):
            pass
    return time.process_time() - began
