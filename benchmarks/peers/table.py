"""Results as rows with ratios, as one table, and what is said where we lose. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.peers.turns import Result
    from benchmarks.results import Json

OURS = "nowshowing"
MACHINE = "the machine"  # what it could do, whoever asks
EVEN = 1.05  # ratios nearer to one are noise on any machine of ours


@dataclass(frozen=True, slots=True)
class Measure:
    """`figure` as the seats and `benchmarks.compare` call it. `way`: 1 more is better, -1 less is, 0 neither."""

    figure: str
    title: str
    way: int
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Floor:
    """What the machine could do. `how` says what was measured for it."""

    how: str
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Work:
    name: str  # short, for the JSON and for `losses`
    title: str
    measures: tuple[Measure, ...]
    results: Sequence[Result]  # ours first
    floor: Floor | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    work: str
    who: str
    measure: Measure
    ours: float
    theirs: float


def advantage(measure: Measure, ours: float, theirs: float) -> float | None:
    """How many times better ours is; below one it is worse. None where nobody can say."""
    if measure.way == 0 or ours <= 0 or theirs <= 0:
        return None
    return ours / theirs if measure.way > 0 else theirs / ours


def ours_in(work: Work) -> Result | None:
    found = next((result for result in work.results if result.who == OURS), None)
    return None if found is None or found.absent else found


def rows(work: Work) -> Iterator[dict[str, Json]]:
    """For `benchmarks.results`: one a taker of part, figures and how many times better ours is."""
    ours = ours_in(work)
    for result in work.results:
        row: dict[str, Json] = {"work": work.name, "title": work.title, "who": result.who, "rounds": result.turns}
        if result.absent:
            yield row | {"absent": result.absent}
            continue
        for measure in work.measures:
            value = result.figures.get(measure.figure)
            if value is None:
                continue
            row[measure.figure] = round(value, 6)
            times = None if ours is None else advantage(measure, ours.figures.get(measure.figure, 0.0), value)
            if times is not None and result is not ours:
                row[f"ours_{measure.figure}_ratio"] = round(times, 3)
        yield row
    if work.floor is not None:
        yield {"work": work.name, "title": work.title, "who": MACHINE, "how_measured": work.floor.how} | {
            name: round(value, 6) for name, value in work.floor.figures.items()
        }


def losses(works: Sequence[Work]) -> list[Loss]:
    found = []
    for work in works:
        ours = ours_in(work)
        for result in work.results:
            if ours is None or result.absent or result.who.startswith(OURS):
                continue
            for measure in work.measures:
                mine, theirs = (each.figures.get(measure.figure, 0.0) for each in (ours, result))
                times = advantage(measure, mine, theirs)
                if times is not None and times < 1 / EVEN:
                    found.append(Loss(work.name, result.who, measure, mine, theirs))
    return found


def table(works: Sequence[Work], title: str) -> Table:
    """One for all works; each begins with a line that names its measures."""
    widest = max((len(work.measures) for work in works), default=0)
    made = Table(title=title, show_header=False)
    made.add_column(min_width=22)
    for _ in range(widest):
        made.add_column(justify="right")
    for work in works:
        made.add_section()
        for line, style in lines(work):
            made.add_row(*line, *[""] * (1 + widest - len(line)), style=style)
    return made


def lines(work: Work) -> Iterator[tuple[list[str], str]]:
    """Cells and style of each line: names of measures, everybody, the machine."""
    yield [work.title, *(measure.title for measure in work.measures)], "bold"
    ours = ours_in(work)
    for result in work.results:
        cells = [result.absent] if result.absent else [cell(measure, result, ours) for measure in work.measures]
        yield [result.who, *cells], ""
    if work.floor is not None:
        values = [work.floor.figures.get(measure.figure) for measure in work.measures]
        shown = [
            "" if value is None else f"{value:.{m.digits}f}" for m, value in zip(work.measures, values, strict=True)
        ]
        yield [f"{MACHINE}: {work.floor.how}", *shown], "dim"


def cell(measure: Measure, result: Result, ours: Result | None) -> str:
    """A figure, and in brackets how many times better ours is."""
    value = result.figures.get(measure.figure)
    if value is None:
        return ""
    mine = 0.0 if ours is None or result is ours else ours.figures.get(measure.figure, 0.0)
    times = advantage(measure, mine, value)
    return f"{value:.{measure.digits}f}" + ("" if times is None else f" ({times:.2f}x)")


def markdown(works: Sequence[Work]) -> str:
    """The same table as benchmarks/README.md has it."""
    widest = max((len(work.measures) for work in works), default=0)
    text = ["|" + " |" * (widest + 1), "|" + "---|" * (widest + 1)]
    for work in works:
        for line, style in lines(work):
            cells = [*line, *[""] * (1 + widest - len(line))]
            text.append(
                "| " + " | ".join(f"**{each}**" if style == "bold" and each else each for each in cells) + " |"
            )
    return "\n".join(text)
