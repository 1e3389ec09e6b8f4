"""`nowshowing run`: a worker process from a config file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.commands.serve import serve
from stream.config import load_config
from stream.errors import NowShowingError, UsageError


def run(
    config: Annotated[Path, typer.Option(help="A TOML file; deploy/config.example.toml explains every line.")],
) -> None:
    """A worker: watches the config's livestreams, publishes to its sinks, serves HTTP."""
    settings = load_config(config)
    if not settings.streams:
        raise UsageError(f"config {config}: no livestream in it; add a [[streams]] table with stream_id and url")
    failures = serve(settings)
    if failures:
        raise NowShowingError("; ".join(f"livestream {name}: {why}" for name, why in failures.items()))
