"""`nowshowing catalogue check FEED`: reads a product feed and says what is wrong with which row."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from indexes.catalogue import BadRow, read_catalogue
from stream.commands.output import print_json, progress_bar

app = typer.Typer(
    no_args_is_help=True, help="Product feeds: Google Merchant data as CSV, TSV, JSON lines or Parquet."
)

TELL_EVERY = 1000  # products between two words of progress

Feed = Annotated[Path, typer.Argument(help="CSV, TSV, JSON lines or Parquet, told by content.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")]


@app.callback()
def _catalogue() -> None:
    """A callback keeps `check` a sub-command while it is the only one."""


@app.command()
def check(feed: Feed, as_json: AsJson = False) -> None:
    """Name every bad row. Exit code 0: none; 1: some, or the feed cannot be read."""
    products = problems = 0
    dropped: set[int] = set()
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None, note="")
        for row in read_catalogue(feed):
            if not isinstance(row, BadRow):
                products += 1
                if products % TELL_EVERY == 0:
                    bar.update(task, completed=products)
                continue
            problems += 1
            if row.dropped:
                dropped.add(row.line)
            if as_json:
                print_json({"type": "nowshowing.catalogue.problem", **asdict(row)})
            else:
                typer.echo(str(row))
    if as_json:
        totals = {"products": products, "problems": problems, "dropped": len(dropped)}
        print_json({"type": "nowshowing.catalogue.checked", "feed": str(feed), **totals})
    else:
        typer.echo(f"{feed}: {products} products, {problems} problems, {len(dropped)} rows left out")
    raise typer.Exit(1 if problems else 0)
