"""The end of the demo: what was told against what really happened, as a table or as one JSON line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.liveshop.score import Row, Score, Span

TYPE = "nowshowing.demo.score"


def score_line(score: Score) -> str:
    """The contract's fields first; what else is known after them."""
    known = {key: value for key, value in asdict(score).items() if key not in {"rows", "stray"}}
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in known.items()}
    return json.dumps({"type": TYPE, **rounded})


def scoreboard(score: Score, titles: Mapping[str, str]) -> Table:
    table = Table(title="What was shown, and what was told", title_justify="left", caption_justify="left")
    for name in ("product", "shown", "hidden", "told shown", "told hidden", "delay", ""):
        table.add_column(name, justify="left" if name == "product" else "right")
    for row in score.rows:
        table.add_row(*_cells(row, titles, score.stray))
    for span in score.stray:
        what = titles.get(span.product_id, span.product_id)
        table.add_row(f"[red]{what}", "", "", f"{span.shown_at:.1f}", f"{span.hidden_at:.1f}", "", "[red]wrong")
    delay = "–" if score.onset_delay_s is None else f"{score.onset_delay_s:.2f} s"
    table.caption = (
        f"F1 {score.f1:.3f} (precision {score.precision:.3f}, recall {score.recall:.3f}; both ends within 1 s)\n"
        f"median delay {delay} · wrong product {score.wrong_product_s:.1f} s · "
        f"{score.products_found} of {score.products} products"
    )
    return table


def _cells(row: Row, titles: Mapping[str, str], stray: Sequence[Span]) -> tuple[str, ...]:
    shown, span = row.shown, row.span
    times = (f"{shown.shown_at:.1f}", f"{shown.hidden_at:.1f}")
    title = titles.get(shown.product_id, shown.product_id)
    if not shown.listed:
        fooled = any(span.shown_at < shown.hidden_at and shown.shown_at < span.hidden_at for span in stray)
        return (
            f"[dim]{title} (in no catalogue)",
            *times,
            "",
            "",
            "",
            "[red]fooled" if fooled else "[green]left alone",
        )
    if span is None:
        return (title, *times, "", "", "", "[red]missed")
    delay = span.told_at - shown.shown_at
    return (title, *times, f"{span.shown_at:.1f}", f"{span.hidden_at:.1f}", f"{delay:.1f} s", "[green]✓")
