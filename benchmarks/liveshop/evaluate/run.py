"""A whole run: renders, watches, and says what came of each live. Knows no command line and no score.

A run's folder holds `run.json` (what it is of), a folder for each live, and what is made of them all. Everything that
is there already, whole and of the same making, is kept: an interrupted run goes on where it was.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.lives import Run
from benchmarks.liveshop.evaluate.rendering import Renderer
from benchmarks.liveshop.evaluate.replay import watch_live
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.truth import read_truth
from stream.errors import UsageError
from stream.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.liveshop.evaluate.replay import Effort, Recogniser
    from benchmarks.liveshop.truth import Truth

    Tell = Callable[[str, str, float, float], None]  # live, stage, how far, of how much

RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Watched:
    """One live, rendered and watched: events.jsonl and trace.jsonl lie in its folder."""

    name: str
    folder: Path
    truth: Truth
    effort: Effort


def watch_lives(run: Run, out: Path, recogniser: Recogniser, tell: Tell) -> Iterator[Watched]:
    """Each live as soon as it was watched; the next ones are rendered meanwhile."""
    claim(run, out)
    with alone(out) as lock, Renderer(run, out, partial(_rendering, tell), lock) as renderer:
        for index, name in enumerate(run.names):
            folder = renderer.wait(index)
            effort = watch_live(folder, recogniser, partial(tell, name))
            give_back()  # of a hundred lives none holds on to what the one before it had
            yield Watched(name, folder, read_truth(folder / TRUTH), effort)


def _rendering(tell: Tell, live: str, done: float, of: float) -> None:
    tell(live, "rendering", done, of)


def claim(run: Run, out: Path) -> None:
    """Makes the run's folder, or finds it; UsageError where it is something else's."""
    about = {key: value for key, value in asdict(run).items() if key != "lives"}
    known = out / RUN
    try:
        if out.exists() and not out.is_dir():
            raise UsageError(f"eval --out {out}: is a file: name a folder")
        if known.exists():
            _check_same(json.loads(known.read_text(encoding="utf-8")), about, out)
            return
        if out.exists() and any(out.iterdir()):
            raise UsageError(f"eval --out {out}: holds something that is no run of lives: name another folder")
        out.mkdir(parents=True, exist_ok=True)
        known.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"eval --out {out}: cannot be written: {error.strerror}: name another folder") from error
    except ValueError as error:
        raise UsageError(f"eval --out {out}: its {RUN} is damaged: remove the folder or name another") from error


@contextmanager
def alone(out: Path) -> Iterator[int]:
    """Two at once would render into the same folders and spoil each other's lives. Leaves no file behind.

    Gives the file that holds the lock: a child that inherits it holds it too, should we be killed.
    """
    folder = os.open(out, os.O_RDONLY)
    try:
        _hold(folder, out)
        yield folder
    finally:
        os.close(folder)


def _hold(folder: int, out: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(f"eval --out {out}: another run is at work in it: wait for it, or name another") from error


def read_run(out: Path) -> Run:
    """What a run's folder is of; as many lives as are there."""
    try:
        about = json.loads((out / RUN).read_text(encoding="utf-8"))
        return Run(**about, lives=sum(1 for _ in out.glob(f"*/{TRUTH}")))
    except (OSError, ValueError, TypeError) as error:
        raise EvaluationError(f"run {out}: not a folder of `nowshowing eval liveshop` ({error})") from error


def _check_same(there: dict[str, object], asked: dict[str, object], out: Path) -> None:
    other = [f"{key} {there.get(key)!r} instead of {asked[key]!r}" for key in asked if there.get(key) != asked[key]]
    if other:
        raise UsageError(f"eval --out {out}: holds another run ({', '.join(other)}): name another folder")
