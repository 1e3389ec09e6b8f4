"""The renderer in a process of its own, so that encoding (which holds the GIL) never stops the recogniser's loop."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import benchmarks
from stream.demo.hls_server import PLAYLIST
from stream.demo.playlist import read_recording
from stream.errors import NowShowingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.types import Seconds

READY_S = 60.0  # the longest to wait for the first segments: a slow machine needs some ten
POLL_S = 0.1
STOP_S = 5.0
TOLD_LINES = 3


class StudioError(NowShowingError):
    """The show cannot be rendered."""


class Studio:
    """`with Studio(folder, arguments) as studio: studio.wait(segments)`. Blocks: use it off the loop."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        """`arguments`: for `python -m benchmarks.liveshop.render`, which writes HLS into `folder`."""
        self._folder = folder
        self._command = [
            sys.executable,
            "-m",
            "benchmarks.liveshop.render",
            "--hls",
            "--out",
            str(folder),
            *arguments,
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__, as the process is)

    def __enter__(self) -> Self:
        root = str(Path(benchmarks.__path__[0]).parent)  # the child finds the very package that we run from
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            self._command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is ours to handle: the child is told once, by us
        )
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        assert process is not None
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        process.kill()
        process.wait()
        self._log.close()

    def wait(self, segments: int, deadline_s: Seconds = READY_S) -> None:
        """Returns as soon as so many segments are there, or all that there will be."""
        until = time.monotonic() + deadline_s
        while not self._has(segments):
            self.check()
            if time.monotonic() > until:
                raise StudioError(f"show: no picture after {deadline_s:g} s; is the machine very busy?{self._said()}")
            time.sleep(POLL_S)

    def check(self) -> None:
        """Raises if the renderer has failed."""
        assert self._process is not None
        if self._process.poll() not in (None, 0):
            raise StudioError(f"show: the renderer stopped with code {self._process.returncode}{self._said()}")

    def _has(self, segments: int) -> bool:
        try:
            recording = read_recording((self._folder / PLAYLIST).read_text(encoding="ascii"))
        except FileNotFoundError:
            return False
        return recording.whole or len(recording.segments) >= segments

    def _said(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        told = [line for line in lines if not line.startswith("{")][-TOLD_LINES:]
        return "".join(f"\n  {line}" for line in told)
