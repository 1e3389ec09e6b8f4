"""Two runs of the benches beside each other, as ratios.

    python -m benchmarks.compare before.json after.json [--limit 1.25] [--changed 1.05]

Either file is what `make bench` wrote or what a bench printed with --json. A ratio is after / before. Exit status: 0
if nothing got worse by more than `--limit` times; 1 if something did, or is missing from the second run; 2 if there
is nothing to compare. Where nobody knows whether more is better, and between machines, ratios are shown, not judged.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.results import ResultsError, read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.results import Run

# Endings of names, the first that fits. Rates come before durations: `views_per_s` ends in `_s`, too.
BETTER: tuple[tuple[str, int], ...] = (
    ("per_s", 1), ("fps", 1), ("images_s", 1), ("speed", 1), ("recall", 1), ("rank1", 1), ("rank5", 1), ("ratio", 1),
    ("ranks", 1), ("cosine", 1), ("precision", 1), ("share", 1), ("streams", 1), ("right", 1),
    ("s", -1), ("ms", -1), ("mb", -1), ("gib", -1), ("cores", -1), ("encode", -1), ("search", -1), ("total", -1),
    ("p95", -1), ("rtf", -1), ("ece", -1), ("dropped", -1), ("wrong", -1), ("mb_per_min", -1),
)  # fmt: skip
NOTICED = 1.05  # ratios nearer to one are noise on any machine of ours


@dataclass(frozen=True, slots=True)
class Pair:
    row: str
    figure: str
    before: float
    after: float

    @property
    def ratio(self) -> float:
        if self.before == self.after:
            return 1.0
        return self.after / self.before if self.before else math.inf

    @property
    def worse(self) -> float:
        """How many times worse; below one it is better, exactly one where nobody can say."""
        way = direction(self.figure)
        if way == 0 or self.ratio == 1.0:
            return 1.0
        if self.ratio <= 0:  # to or from nothing, or through it
            return math.inf if (self.after < self.before) == (way > 0) else 0.0
        return self.ratio if way < 0 else 1 / self.ratio


def direction(figure: str) -> int:
    """1: more is better; -1: less is; 0: unknown."""
    name = figure.partition("[")[0].lower()
    for ending, way in BETTER:
        if name == ending or name.endswith(f"_{ending}"):
            return way
    return 0


def pairs(before: Run, after: Run) -> Iterator[Pair]:
    for row, figures in before.rows.items():
        there = after.rows.get(row, {})
        for figure, value in figures.items():
            if figure in there:
                yield Pair(row, figure, value, there[figure])


def only_in(one: Run, other: Run) -> list[str]:
    """Rows and figures of `one` that `other` has not."""
    rows = [row for row in one.rows if row not in other.rows]
    return rows + [
        f"{row}: {figure}"
        for row, figures in one.rows.items()
        for figure in figures
        if row in other.rows and figure not in other.rows[row]
    ]


def same_machine(before: Run, after: Run) -> bool:
    return all(before.machine.get(key) == after.machine.get(key) for key in ("cpu", "cores", "gpu"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--limit", type=float, default=1.25, help="times worse that is still taken for noise")
    parser.add_argument("--changed", type=float, default=1.0, help="show only what changed by as much, either way")
    given = parser.parse_args(arguments)
    try:
        before, after = read_run(given.before), read_run(given.after)
    except ResultsError as error:
        print(error, file=sys.stderr)
        return 2
    both = list(pairs(before, after))
    if not both:
        print(f"{given.before} and {given.after} have no figure in common", file=sys.stderr)
        return 2
    judged = same_machine(before, after)
    report(both, before, after, given.changed)
    lost = tell_missing(before, after)
    if not judged:
        print("different machines: ratios say nothing of the program, and are not judged")
    worse = [pair for pair in both if judged and pair.worse > given.limit]
    for pair in worse:
        print(f"worse: {pair.row}: {pair.figure} {pair.before:g} -> {pair.after:g}")
    return 1 if worse or lost else 0


def report(both: list[Pair], before: Run, after: Run, changed: float) -> None:
    table = Table(title=f"{_title(before)} -> {_title(after)}")
    for column in ("row", "figure", "before", "after", "ratio", ""):
        table.add_column(column, justify="left" if column in ("row", "figure", "") else "right")
    for pair in both:
        if pair.ratio <= 0 or max(pair.ratio, 1 / pair.ratio) >= changed:
            mark = "better" if pair.worse < 1 / NOTICED else "worse" if pair.worse > NOTICED else ""
            table.add_row(pair.row, pair.figure, f"{pair.before:g}", f"{pair.after:g}", f"{pair.ratio:.3f}", mark)
    Console(width=150).print(table)


def tell_missing(before: Run, after: Run) -> bool:
    """Whether the second run lacks anything that the first one has."""
    for which, names in (("first", only_in(before, after)), ("second", only_in(after, before))):
        for name in names:
            print(f"only in the {which}: {name}")
    for which, run in (("first", before), ("second", after)):
        for name, why in run.failed.items():
            print(f"failed in the {which}: {name}: {why}")
    return bool(only_in(before, after))


def _title(run: Run) -> str:
    where = run.machine
    return f"{where.get('gpu') or where.get('cpu', '?')}, {where.get('cores', '?')} cores, {where.get('commit', '?')}"


if __name__ == "__main__":
    sys.exit(main())
