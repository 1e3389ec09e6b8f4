"""Lives rendered one after the other in a process of their own, while others are being watched.

`python -m benchmarks.liveshop.evaluate.rendering RUN OUT` is that process: RUN as JSON, its lives' folders in OUT; it
tells how far it is in JSON lines on standard output. It is nice to everybody: whoever watches a live goes first.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import benchmarks
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.lives import film, run_from_json
from benchmarks.liveshop.render import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.liveshop.evaluate.lives import Run

STOP_S = 10.0  # for what is half rendered to be removed
TOLD_LINES = 3
NICE = 10


class Renderer:
    """`with Renderer(run, out, tell) as renderer: folder = renderer.wait(index)`. Leaving it stops the process."""

    def __init__(
        self, run: Run, out: Path, tell: Callable[[str, float, float], None], lock: int | None = None
    ) -> None:
        """`tell(name, frames, of)` is called from a thread. `lock`: an open file that the child keeps open too."""
        self._run = run
        self._out = out
        self._tell = tell
        self._kept = () if lock is None else (lock,)
        self._done: set[str] = set()
        self._changed = threading.Condition()
        self._over = False
        self._process: subprocess.Popen[str] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__, as the process is)
        self._reader = threading.Thread(target=self._read, name="renderer", daemon=True)

    def __enter__(self) -> Self:
        root = str(Path(benchmarks.__path__[0]).parent)  # the child finds the very package that we run from
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, self._run.to_json(), str(self._out)],
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            pass_fds=self._kept,
            start_new_session=True,  # Ctrl-C is ours to handle: the child is told once, by us
        )
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        assert process is not None
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()
        process.wait()
        self._reader.join()
        self._log.close()

    def wait(self, index: int) -> Path:
        """The live's folder, as soon as it is whole. Raises EvaluationError when it never will be."""
        name = self._run.names[index]
        with self._changed:
            while name not in self._done and not self._over:
                self._changed.wait(1.0)  # a bound, so that Ctrl-C comes through
            if name not in self._done:
                raise EvaluationError(f"live {name}: {self._said()}")
        return self._out / name

    def _read(self) -> None:
        """In the thread: what the child says, until it says nothing any more; then nobody waits in vain."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        try:
            with process.stdout as lines:
                for line in lines:
                    self._take(json.loads(line))
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _take(self, word: dict[str, object]) -> None:
        live, frames, of = str(word["live"]), float(str(word["frames"])), float(str(word["of"]))
        if frames == of:
            with self._changed:
                self._done.add(live)
                self._changed.notify_all()
        self._tell(live, frames, of)

    def _said(self) -> str:
        assert self._process is not None
        self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return " ".join(lines[-TOLD_LINES:]) or f"the renderer stopped with code {self._process.returncode}"


def main(arguments: Sequence[str]) -> int:
    """Renders what is not there yet; an error is one line on standard error, and nothing half-made stays."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run, out = run_from_json(arguments[0]), Path(arguments[1])
    os.nice(NICE)
    for index, name in enumerate(run.names):
        try:
            film(run, index, out / name, partial(_part, name))
        except FAILURES as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        _tell(name, 1, 1)
    return 0


def _part(live: str, frames: int, of: int) -> None:
    """Never the last word: that is for the whole folder."""
    _tell(live, min(frames, of - 1), of)


def _tell(live: str, frames: int, of: int) -> None:
    print(json.dumps({"live": live, "frames": frames, "of": of}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
