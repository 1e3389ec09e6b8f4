"""Makes a live: script to pictures, sound, truth and catalogue in a folder. `python -m benchmarks.liveshop.render`.

A folder is whole or not there: a file is rendered aside and renamed; live segments are removed again if it fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av

from benchmarks.liveshop import speech
from benchmarks.liveshop.camera import Camera
from benchmarks.liveshop.catalogue import write_catalogue
from benchmarks.liveshop.encode import PLAYLIST, Writer
from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.show import DEMO_S, FPS, demo_show, random_show
from benchmarks.liveshop.truth import read_truth, truth_of, write_truth
from stream.errors import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.liveshop.show import Show

    Progress = Callable[[int, int], None]
    Make = Callable[[Show, Path, Progress | None], object]

VIDEO = "live.mp4"
TRUTH = "truth.jsonl"
FAILURES: tuple[type[Exception], ...] = (*KNOWN, OSError, av.FFmpegError)


def render_folder(show: Show, out: Path, progress: Progress | None = None) -> Path:
    """Video, truth and catalogue in `out`; a folder that already holds this very live is left as it is."""
    if out.exists():
        _check_same(show, out)
        return out
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        write_catalogue(show.products, part)
        _film(show, part, part / VIDEO, segments=False, progress=progress)
        return part.rename(out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def render_live(show: Show, out: Path, progress: Progress | None = None) -> None:
    """HLS segments in `out` as they are made, the truth first; all of it is removed if it fails half-way."""
    out.mkdir(parents=True)
    try:
        _film(show, out, out / PLAYLIST, segments=True, progress=progress)
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise


def _check_same(show: Show, out: Path) -> None:
    truth = read_truth(out / TRUTH)
    if (truth.name, truth.seed, truth.seconds) != (show.name, show.seed, show.seconds):
        raise WorldError(
            f"folder {out}: holds another live ({truth.name}, {truth.seconds:g} s); remove it or name another folder"
        )


def _film(show: Show, folder: Path, target: Path, *, segments: bool, progress: Progress | None) -> None:
    spoken = speech.speak(show.lines)
    write_truth(truth_of(show, spoken), folder / TRUTH)
    sound = speech.track(spoken, show.seconds)
    camera = Camera(show)
    writer = Writer(target, segments=segments)
    step = speech.RATE // FPS
    try:
        for frame in range(show.frames):
            writer.picture(camera.picture(frame), sound[frame * step : (frame + 1) * step])
            if progress is not None and frame % FPS == 0:
                progress(frame, show.frames)
    finally:
        writer.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.liveshop.render", description=__doc__)
    parser.add_argument("--seed", type=int, help="a live of its own for each seed; without it the demo's script")
    parser.add_argument("--seconds", type=float, default=DEMO_S, help="how long the live is (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the folder to make")
    parser.add_argument("--hls", action="store_true", help="live HLS segments instead of a file")
    chosen = parser.parse_args(arguments)
    show = demo_show(chosen.seconds) if chosen.seed is None else random_show(chosen.seed, chosen.seconds)
    if chosen.hls:
        os.nice(10)  # whoever watches a live needs the processor more than we do
    try:
        (render_live if chosen.hls else render_folder)(show, chosen.out, _tell)
    except FAILURES as error:
        print(f"render {chosen.out}: {error}", file=sys.stderr)
        return 1
    return 0


def _tell(done: int, of: int) -> None:
    print(json.dumps({"type": "liveshop.render", "frames": done, "of": of}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
