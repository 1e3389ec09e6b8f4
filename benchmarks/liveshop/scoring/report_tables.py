"""The report's tables, as HTML: all systems beside each other, by attribute, against another run. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.summary import FIGURES, named, told, told_figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.liveshop.scoring.compare import Comparison, Difference
    from benchmarks.liveshop.scoring.record import Result, Scored
    from benchmarks.liveshop.scoring.scores import Group, Ranks
    from benchmarks.liveshop.scoring.summary import Figure

BY_KEY = {figure.key: figure for figure in FIGURES}


def table(head: Sequence[str], rows: Iterable[str]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def summary_table(result: Result) -> str:
    return table(["", *(system.name for system in result.systems)], [_figure_row(f, result) for f in FIGURES])


def _figure_row(figure: Figure, result: Result) -> str:
    values = [None if (v := figure.value(system.pooled)) is None else round(v, 3) for system in result.systems]
    known = [value for value in values if value is not None]
    best = _best(figure, known) if len(set(known)) > 1 else None
    texts = [told_figure(figure, system.pooled) for system in result.systems]
    styles = [' class="best"' if best is not None and value == best else "" for value in values]
    cells = [f"<td{style}>{text}</td>" for style, text in zip(styles, texts, strict=True)]
    return f"<tr><td>{escape(named(figure))}<small>{escape(figure.what)}</small></td>{''.join(cells)}</tr>"


def _best(figure: Figure, values: Sequence[float]) -> float:
    if figure.better == "nearer":
        return min(values, key=abs)
    return max(values) if figure.better == "higher" else min(values)


def groups_table(ours: Scored) -> str:
    """Scale, visible duration and number of products in view, as LPR4M has them."""
    head = [
        "",
        "introductions",
        "recall at 1 s",
        "recall at 3 s",
        "onset, s",
        "rank-1",
        "rank-5",
        "rank-10",
        "main rank-1",
    ]
    note = (
        "<p>Scale: how large the product is in the picture. Duration: how long it can be seen, short is below 5 s "
        "and long above 10 s. Number: how many products of the catalogue are in view.</p>"
    )
    return note + table(head, [_group_row(group) for group in ours.pooled.groups])


def _group_row(group: Group) -> str:
    shares = [group.recall_1s, group.recall_3s]
    all_images = [group.all_images.rank1, group.all_images.rank5, group.all_images.rank10]
    cells = [
        str(group.introductions),
        *(told(share, "share") for share in shares),
        told(group.onset_median, "s"),
        *(told(share, "share") for share in [*all_images, _first(group.main_image)]),
    ]
    name = f"{group.attribute}: {group.value}"
    return f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _first(ranks: Ranks | None) -> float | None:
    return None if ranks is None else ranks.rank1


def comparison_rows(comparison: Comparison) -> str:
    note = (
        f"<p>{escape(comparison.mine)} of this run against {escape(comparison.theirs)} of the other, over the same "
        f"{comparison.introductions} introductions in {comparison.lives} lives. The interval holds 95% of "
        f"{comparison.draws} differences found by drawing lives, and introductions in them, again and again.</p>"
    )
    head = ["", "this run", "the other", "difference", "95% interval", ""]
    return note + table(head, [_difference_row(one) for one in comparison.differences])


def _difference_row(one: Difference) -> str:
    figure = BY_KEY[one.key]
    values = [told(value, figure.unit) for value in (one.mine, one.theirs, one.difference)]
    interval = "" if one.low is None else f"{told(one.low, figure.unit)} to {told(one.high, figure.unit)}"
    cells = "".join(f"<td>{value}</td>" for value in [*values, interval])
    return f'<tr><td>{escape(named(figure))}</td>{cells}<td class="{one.verdict}">{one.verdict}</td></tr>'
