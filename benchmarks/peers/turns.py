"""Everybody takes a turn, then everybody takes the next: a busy moment hits all alike. Knows no work.

Each one who takes part is a process of its own, in the environment that has what it needs. Who cannot take part says
why, and the others go on.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.results import Json

ROOT = Path(__file__).parents[2]
OPEN_S, TURN_S, STOP_S = 900.0, 240.0, 5.0
WORDS = 300  # characters of what somebody said last
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Withdrawn(Exception):
    """Cannot take part, or no longer. The message is why."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """`module` is of benchmarks.peers.seats; `python` the interpreter that runs it."""

    who: str
    module: str
    seat: str
    settings: Mapping[str, str]
    python: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    who: str
    figures: dict[str, float] = field(default_factory=dict)
    turns: int = 0
    absent: str = ""  # why there are no figures


class Player(Protocol):
    """Somebody at work: figures of the opening, then those of each turn."""

    def open(self) -> dict[str, float]: ...
    def turn(self) -> dict[str, float]: ...
    def stop(self) -> None: ...


class Process:
    """An entrant in a process of its own."""

    def __init__(self, entrant: Entrant) -> None:
        self._entrant = entrant
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> dict[str, float]:
        entrant = self._entrant
        if not entrant.python.exists():
            raise Withdrawn("not installed: make peers")
        module = f"benchmarks.peers.seats.{entrant.module}"
        self._process = subprocess.Popen(
            [str(entrant.python), "-m", module, entrant.seat, json.dumps(dict(entrant.settings))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(entrant.environment),
        )
        return self._answer(OPEN_S)

    def turn(self) -> dict[str, float]:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("turn\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Withdrawn(self._last_words()) from error
        return self._answer(TURN_S)

    def stop(self) -> None:
        self._errors.close()
        if self._process is None:
            return
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _answer(self, patience_s: float) -> dict[str, float]:
        assert self._process is not None
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], patience_s)[0]:
            self._process.kill()
            raise Withdrawn(f"no answer within {patience_s:g} s")
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise Withdrawn(self._last_words())
        return figures_of(json.loads(line))

    def _last_words(self) -> str:
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip()
        return words.rsplit("\n", 1)[-1][-WORDS:] or "ended without a word"


def figures_of(said: Mapping[str, Json]) -> dict[str, float]:
    if isinstance(why := said.get("absent"), str):
        raise Withdrawn(f"not installed: make peers ({why})")
    figures = said.get("figures")
    if not isinstance(figures, dict):
        raise Withdrawn(f"said {said!r}, which holds no figures")
    return {name: float(value) for name, value in figures.items() if isinstance(value, (int, float))}


def by_turns(players: Mapping[str, Player], rounds: int, warm_up: int = 0) -> list[Result]:
    """The median of each figure over the turns, beside what the opening gave; in the order of entry.

    `warm_up`: turns before them that do not count.
    """
    results = {who: Result(who) for who in players}
    taken: dict[str, list[dict[str, float]]] = {who: [] for who in players}
    with contextlib.ExitStack() as stack:
        for who, player in players.items():
            stack.callback(player.stop)
            with _excused(results[who]):
                results[who].figures = player.open()
            _tell(f"{who}: {results[who].absent or 'ready'}")
        for _ in range(warm_up + rounds):
            for who, player in players.items():
                if not results[who].absent:
                    with _excused(results[who]):
                        taken[who].append(player.turn())
    for who, turns in taken.items():
        counted = turns[warm_up:]
        results[who].turns = len(counted)
        results[who].figures |= medians(counted)
    return list(results.values())


def _tell(line: str) -> None:
    """To whom waits; results go elsewhere."""
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _excused(result: Result) -> Iterator[None]:
    try:
        yield
    except Withdrawn as why:
        result.absent = str(why)


def medians(turns: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for turn in turns for name in turn)
    return {name: median(turn[name] for turn in turns if name in turn) for name in names}


def play(entrants: Sequence[Entrant], rounds: int, warm_up: int = 0) -> list[Result]:
    return by_turns({entrant.who: Process(entrant) for entrant in entrants}, rounds, warm_up)
