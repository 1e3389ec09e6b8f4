"""Another checkout of the program over the same lives: its events are scored beside ours. Knows only its commands.

    git worktree add /tmp/spine dd799c9
    python -m benchmarks.liveshop.evaluate.other --checkout /tmp/spine --lives RUN --out /tmp/spine-events
    nowshowing eval liveshop ... --out RUN --events /tmp/spine-events

It runs that checkout's `gallery build` and `watch` over every live of RUN, a folder of `nowshowing eval liveshop`.
Lives are watched in real time, since the wall clock of a faster replay says nothing of delays, a few side by side.
Whatever another program writes as OUT/LIVE/events.jsonl, one CloudEvent of ours a line, can be scored the same way.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.galleries import ALL, FEED
from benchmarks.liveshop.evaluate.replay import EVENTS
from benchmarks.liveshop.evaluate.run import read_run
from benchmarks.liveshop.render import FAILURES, TRUTH, VIDEO
from benchmarks.liveshop.truth import read_truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.types import Seconds

GRACE_S = 120.0  # beyond a live's length: starting, and whatever a busy machine takes
BUILD_S = 1800.0
TOLD_LINES = 3


@dataclass(frozen=True, slots=True)
class Other:
    """Another program, by its checkout and the interpreter that has what it needs."""

    checkout: Path
    python: str

    def run(self, *arguments: str, within_s: Seconds) -> None:
        """One of its commands, to its end; EvaluationError with its last words where it fails."""
        command = [self.python, "-m", "stream", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.checkout), "OMP_NUM_THREADS": "1"}
        said = f"{self.checkout}: nowshowing {arguments[0]}"
        try:
            subprocess.run(
                command,
                cwd=self.checkout,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
                timeout=within_s,
            )
        except subprocess.TimeoutExpired as error:
            raise EvaluationError(f"{said}: not done after {within_s:g} s") from error
        except subprocess.CalledProcessError as error:
            last = " ".join(error.stderr.splitlines()[-TOLD_LINES:])
            raise EvaluationError(f"{said}: code {error.returncode}: {last}") from error
        except OSError as error:
            raise EvaluationError(f"{said}: cannot be started: {error}: check --checkout and --python") from error

    def watch(self, live: Path, out: Path) -> Path:
        """Its events of one live; what is there already is left as it is."""
        events = out / EVENTS
        if events.exists():
            return events
        out.mkdir(parents=True, exist_ok=True)
        gallery, part = out / ALL, out / f"{EVENTS}.part"
        part.unlink(missing_ok=True)
        self.run("gallery", "build", str(live / FEED), "--out", str(gallery), within_s=BUILD_S)
        seconds = read_truth(live / TRUTH).seconds
        video, sink = str(live / VIDEO), f"jsonl:{part}"
        self.run("watch", video, "--gallery", str(gallery), "--sink", sink, within_s=seconds + GRACE_S)
        return part.rename(events)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.liveshop.evaluate.other",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--checkout", type=Path, required=True, help="the other program's working tree")
    parser.add_argument(
        "--python", default=sys.executable, help="interpreter with its dependencies (default: this one)"
    )
    parser.add_argument("--lives", type=Path, required=True, help="a folder of `nowshowing eval liveshop`")
    parser.add_argument("--out", type=Path, required=True, help="where the events go, a folder for each live")
    parser.add_argument("--at-once", type=int, default=2, help="lives watched side by side (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        _watch_all(
            Other(chosen.checkout.absolute(), chosen.python), chosen.lives.absolute(), chosen.out, chosen.at_once
        )
    except FAILURES as error:
        print(f"other: {error}", file=sys.stderr)
        return 1
    return 0


def _watch_all(other: Other, lives: Path, out: Path, at_once: int) -> None:
    read_run(lives)  # refuses what is no such folder
    folders = sorted(path.parent for path in lives.glob(f"*/{TRUTH}"))
    with ThreadPoolExecutor(at_once) as pool:
        for events in pool.map(lambda live: other.watch(live, out.absolute() / live.name), folders):
            print(events, flush=True)


if __name__ == "__main__":
    sys.exit(main())
