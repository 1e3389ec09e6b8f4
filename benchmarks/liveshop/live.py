"""From a live to its folder: pictures, sound, truth, catalogue. Knows no family of products and no script.

A folder is whole or not there: it is made aside and renamed when all of it is written and can be read back.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import av

from benchmarks.liveshop import speech
from benchmarks.liveshop.encode import PLAYLIST, Writer
from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.show import FPS
from benchmarks.liveshop.truth import read_truth, write_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.liveshop.speech import Samples
    from benchmarks.liveshop.truth import Truth

    Planes = NDArray[np.uint8]  # (height * 3 / 2, width), I420
    Progress = Callable[[int, int], None]  # frames done, of how many

VIDEO = "live.mp4"
TRUTH = "truth.jsonl"
ASIDE = ".part"


class Live(Protocol):
    """Everything about one live. The same live gives the same truth, pictures and sound whenever it is asked."""

    @property
    def name(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def seconds(self) -> float: ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, both even."""
        ...

    @property
    def bit_rate(self) -> int: ...

    def truth(self) -> Truth: ...

    def picture(self, frame: int) -> Planes: ...

    def sound(self) -> Samples:
        """All of it, at `speech.RATE`."""
        ...

    def write_catalogue(self, folder: Path) -> Path: ...


def film_live(live: Live, out: Path, progress: Progress | None = None) -> Path:
    """Video, truth and catalogue in `out`; a folder that already holds this very live is left as it is."""
    if out.exists():
        _check_same(live, out)
        return out
    part = out.with_name(out.name + ASIDE)
    shutil.rmtree(part, ignore_errors=True)  # of one that was killed half-way
    with _all_or_nothing(part):
        part.mkdir(parents=True)
        live.write_catalogue(part)
        write_truth(_named(live), part / TRUTH)
        _film(live, part / VIDEO, segments=False, progress=progress)
        _check_whole(live, part / VIDEO)
        return part.rename(out)


def air_live(live: Live, out: Path, progress: Progress | None = None) -> None:
    """HLS segments in `out` as they are made, the truth first; all of it is removed if it fails half-way."""
    out.mkdir(parents=True)
    with _all_or_nothing(out):
        write_truth(_named(live), out / TRUTH)
        _film(live, out / PLAYLIST, segments=True, progress=progress)


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[None]:
    """Removes the folder if anything fails; what the disk or the encoder said becomes one line with its cure."""
    try:
        yield
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError | av.FFmpegError):
            cure = "needs a writable folder and disk space"
            raise WorldError(f"live {folder}: cannot be written: {error.strerror or error} ({cure})") from error
        raise


def _check_same(live: Live, out: Path) -> None:
    truth = read_truth(out / TRUTH)
    if (truth.name, truth.seed, truth.seconds) != (live.name, live.seed, live.seconds):
        raise WorldError(
            f"folder {out}: holds another live ({truth.name}, {truth.seconds:g} s); remove it or name another folder"
        )


def _named(live: Live) -> Truth:
    """Whatever made the truth, the file says which live it is of: that is what a folder is known by."""
    return replace(live.truth(), name=live.name, seed=live.seed, seconds=live.seconds)


def _film(live: Live, target: Path, *, segments: bool, progress: Progress | None) -> None:
    sound = live.sound()
    frames = round(live.seconds * FPS)
    step = speech.RATE // FPS
    writer = Writer(target, segments=segments, size=live.size, bit_rate=live.bit_rate)
    try:
        for frame in range(frames):
            writer.picture(live.picture(frame), sound[frame * step : (frame + 1) * step])
            if progress is not None and frame % FPS == 0:
                progress(frame, frames)
    finally:
        writer.close()


def _check_whole(live: Live, video: Path) -> None:
    """A disk that fills up at the very end is not always told by the writer: the index of the file tells."""
    with av.open(str(video)) as media:
        found, wanted = media.streams.video[0].frames, round(live.seconds * FPS)
    if found != wanted:
        raise WorldError(f"live {video}: {found} of {wanted} frames were written (is the disk full?)")
