"""Lives of the printed family, and a command that makes one. `python -m benchmarks.liveshop.render`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import av

from benchmarks.liveshop import speech
from benchmarks.liveshop.camera import Camera
from benchmarks.liveshop.catalogue import write_catalogue
from benchmarks.liveshop.live import TRUTH, VIDEO, air_live, film_live
from benchmarks.liveshop.script import live_show
from benchmarks.liveshop.show import DEMO_S, demo_show, random_show
from benchmarks.liveshop.sound import heard, mixed
from benchmarks.liveshop.truth import truth_of
from stream.errors import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.liveshop.live import Live, Planes, Progress
    from benchmarks.liveshop.show import Show
    from benchmarks.liveshop.speech import Samples, Spoken
    from benchmarks.liveshop.truth import Truth

    Make = Callable[[Show, Path, Progress | None], object]

__all__ = ["FAILURES", "TRUTH", "VIDEO", "PrintedLive", "main", "printed_live", "render_folder", "render_live"]

FAILURES: tuple[type[Exception], ...] = (*KNOWN, OSError, av.FFmpegError)


class PrintedLive:
    """A show as a live: what is asked of it is made then, and kept."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.name = show.name
        self.seed = show.seed
        self.seconds = show.seconds
        self.size = show.programme.size()
        self.bit_rate = show.programme.bit_rate

    def truth(self) -> Truth:
        return truth_of(self.show, self._spoken)

    def picture(self, frame: int) -> Planes:
        return self._camera.picture(frame)

    def sound(self) -> Samples:
        return mixed(self._spoken, self.show.programme, self.seed, self.seconds)

    def write_catalogue(self, folder: Path) -> Path:
        return write_catalogue(self.show.products, folder)

    @cached_property
    def _camera(self) -> Camera:
        return Camera(self.show)

    @cached_property
    def _spoken(self) -> tuple[Spoken, ...]:
        return heard(speech.speak(self.show.lines, self.show.programme.voice), self.show.programme)


def printed_live(seed: int, index: int, seconds: float, *, twins: bool = False) -> Live:
    """Live `index` of a run's seed: its own shop, products and order."""
    return PrintedLive(live_show(seed, index, seconds, twins=twins))


def render_folder(show: Show, out: Path, progress: Progress | None = None) -> Path:
    """See `film_live`."""
    return film_live(PrintedLive(show), out, progress)


def render_live(show: Show, out: Path, progress: Progress | None = None) -> None:
    """See `air_live`."""
    air_live(PrintedLive(show), out, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.liveshop.render", description=__doc__)
    parser.add_argument("--seed", type=int, help="a live of its own for each seed; without it the demo's script")
    parser.add_argument("--live", type=int, help="with --seed: that live of an evaluation's run of the seed")
    parser.add_argument("--seconds", type=float, default=DEMO_S, help="how long the live is (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the folder to make")
    parser.add_argument("--hls", action="store_true", help="live HLS segments instead of a file")
    chosen = parser.parse_args(arguments)
    show = _show(chosen.seed, chosen.live, chosen.seconds)
    if chosen.hls:
        os.nice(10)  # whoever watches a live needs the processor more than we do
    try:
        (render_live if chosen.hls else render_folder)(show, chosen.out, _tell)
    except FAILURES as error:
        print(f"render {chosen.out}: {error}", file=sys.stderr)
        return 1
    return 0


def _show(seed: int | None, live: int | None, seconds: float) -> Show:
    if seed is None:
        return demo_show(seconds)
    return random_show(seed, seconds) if live is None else live_show(seed, live, seconds)


def _tell(done: int, of: int) -> None:
    print(json.dumps({"type": "liveshop.render", "frames": done, "of": of}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
