"""What one who takes part says to the one that measures: lines of JSON on its standard output. Knows no work.

Runs in any environment: the standard library alone. What libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO, TypeAlias

Settings: TypeAlias = Mapping[str, str]
Figures: TypeAlias = dict[str, float]
Turn: TypeAlias = Callable[[], Figures]
Open: TypeAlias = Callable[[Settings], tuple[Figures, Turn]]


class Stopwatch:
    """Seconds by the clock and of the cores, those of programs that it started and that have ended included."""

    def __init__(self) -> None:
        self._began, self._used = time.perf_counter(), cpu_s()

    def wall_s(self) -> float:
        return time.perf_counter() - self._began

    def cpu_s(self) -> float:
        return cpu_s() - self._used


def cpu_s() -> float:
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def resident_mb() -> float:
    """Of our own, without files that are mapped."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def middle(values: list[float]) -> float:
    return percentile(values, 50)


def percentile(values: list[float], q: float) -> float:
    """The nearest one that was measured."""
    ordered = sorted(values)
    return ordered[min(round(q / 100 * (len(ordered) - 1)), len(ordered) - 1)]


def take_part(seats: Mapping[str, Open]) -> None:
    """`module NAME SETTINGS`: opens that seat, then takes a turn for each line that comes."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = json.loads(sys.argv[2])
    try:
        opened, turn = seats[sys.argv[1]](settings)
    except ImportError as error:
        _say(said, {"absent": str(error)})
        return
    _say(said, {"figures": opened})
    for _ in sys.stdin:
        _say(said, {"figures": turn()})
    said.flush()
    os._exit(0)  # what a peer left running in threads shall not keep us


def _say(said: TextIO, what: Mapping[str, object]) -> None:
    print(json.dumps(what), file=said, flush=True)
