"""Scores in a terminal: tables with all systems beside each other, or JSON lines. Measures nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from benchmarks.liveshop.scoring.summary import FIGURES, named, told, told_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.liveshop.scoring.compare import Comparison, Difference
    from benchmarks.liveshop.scoring.record import Result
    from benchmarks.liveshop.scoring.scores import Group, Ranks, Scores

SCORE, LIVE, DIFFERENCE = "nowshowing.eval.score", "nowshowing.eval.live", "nowshowing.eval.difference"
COLOURS = {"better": "green", "worse": "red"}
BY_FIGURE = {figure.key: figure for figure in FIGURES}


def tables(result: Result) -> Iterator[Table]:
    yield summary_table(result)
    groups = result.systems[0].pooled.groups
    if groups:
        yield groups_table(result.systems[0].name, groups)


def summary_table(result: Result) -> Table:
    pooled = result.systems[0].pooled
    title = f"{pooled.lives} lives, {pooled.hours * 60:.3g} min, {pooled.introductions} introductions"
    table = Table(title=f"{title}, {pooled.unlisted} of no catalogue", title_justify="left", caption_justify="left")
    table.add_column("")
    for system in result.systems:
        table.add_column(escape(system.name), justify="right")
    for figure in FIGURES:
        table.add_row(named(figure), *(told_figure(figure, system.pooled) for system in result.systems))
    notes = [f"{system.name}: {system.note}" for system in result.systems if system.note]
    table.caption = escape("\n".join(["In brackets: 95% intervals of Poisson counts.", *notes]))
    return table


def groups_table(name: str, groups: tuple[Group, ...]) -> Table:
    table = Table(title=escape(f"{name}, by attribute of the introduction"), title_justify="left")
    for column in ("", "", "introductions", "recall 1 s", "recall 3 s", "onset s", "rank-1/5/10, all images",
                   "rank-1/5/10, main image"):  # fmt: skip
        table.add_column(column, justify="right" if table.columns[1:] else "left")
    last = ""
    for group in groups:
        table.add_row("" if group.attribute == last else group.attribute, *_cells(group))
        last = group.attribute
    return table


def _cells(group: Group) -> tuple[str, ...]:
    recalls = (told(group.recall_1s, "share"), told(group.recall_3s, "share"))
    onset = told(group.onset_median, "s")
    return (
        group.value,
        str(group.introductions),
        *recalls,
        onset,
        ranked(group.all_images),
        ranked(group.main_image),
    )


def ranked(ranks: Ranks | None) -> str:
    shares = (None, None, None) if ranks is None else (ranks.rank1, ranks.rank5, ranks.rank10)
    return " / ".join(told(share, "share") for share in shares)


def comparison_table(comparison: Comparison) -> Table:
    title = f"against {comparison.theirs}: {comparison.lives} lives, {comparison.introductions} introductions, paired"
    table = Table(title=escape(title), title_justify="left", caption_justify="left")
    for column in ("", "this", "that", "difference", "95% interval", ""):
        table.add_column(column, justify="right" if table.columns else "left")
    for one in comparison.differences:
        table.add_row(*_difference_cells(one))
    table.caption = f"Intervals from {comparison.draws} draws of lives and of introductions."
    return table


def _difference_cells(one: Difference) -> tuple[str, ...]:
    figure = BY_FIGURE[one.key]
    mine, theirs, difference, low, high = (
        told(value, figure.unit) for value in (one.mine, one.theirs, one.difference, one.low, one.high)
    )
    colour = COLOURS.get(one.verdict, "dim")
    interval = "" if one.low is None else f"{low} to {high}"
    return (named(figure), mine, theirs, difference, interval, f"[{colour}]{one.verdict}")


def json_lines(result: Result, comparison: Comparison | None = None) -> Iterator[dict[str, object]]:
    """One line for each live of each system, then one for each system, then one for each difference."""
    for system in result.systems:
        for name, scores in system.lives.items():
            yield {"type": LIVE, "system": system.name, "live": name, **figures_of(scores)}
    for system in result.systems:
        yield {"type": SCORE, "system": system.name, "note": system.note, **figures_of(system.pooled)}
    for one in comparison.differences if comparison else ():
        yield {"type": DIFFERENCE, "against": comparison.theirs if comparison else "", **asdict(one)}


def figures_of(scores: Scores) -> dict[str, object]:
    counts = {"lives": scores.lives, "hours": round(scores.hours, 4), "introductions": scores.introductions}
    values = {figure.key: figure.value(scores) for figure in FIGURES}
    return {**counts, **{key: None if value is None else round(value, 4) for key, value in values.items()}}
