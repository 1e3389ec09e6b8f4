"""How commands speak: results on stdout, progress and trouble on stderr. Knows no command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping


def print_json(line: Mapping[str, object]) -> None:
    """One JSON line, flushed: whoever reads it may be waiting for it."""
    typer.echo(json.dumps(line, ensure_ascii=False))


def tell_error(error: BaseException) -> None:
    """One line on stderr, whatever is in the message: feeds and names may hold line ends and terminal commands."""
    plain = "".join(_printable(character) for character in str(error))
    Console(stderr=True, highlight=False).print(Text.assemble(("error:", "bold red"), f" {plain}"), soft_wrap=True)


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()


def progress_bar() -> Progress:
    """On stderr; silent where nobody watches a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
