"""`nowshowing eval liveshop`: lives with known truth, watched by the real recogniser and scored, baselines beside."""

from __future__ import annotations

import signal
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.liveshop.evaluate.lives import FAMILIES, Run
from benchmarks.liveshop.evaluate.replay import EVENTS, Recogniser
from benchmarks.liveshop.evaluate.run import watch_lives
from benchmarks.liveshop.score import read_spans, score
from engines.bundle import open_bundle
from stream.commands.output import print_json, progress_bar
from stream.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Benchmarks with known truth.")

MINUTES = 4.0


@app.callback()
def _root() -> None:
    """Benchmarks with known truth."""


@app.command()
def liveshop(
    family: Annotated[str, typer.Option(help="printed: made on the spot; photos: a catalogue and photographs.")],
    out: Annotated[Path, typer.Option(help="The run's folder: lives, score.json and report.html. It is resumed.")],
    seed: Annotated[int, typer.Option(min=0, help="1000 to 1999 are for tuning; scores are told of others.")] = 7,
    lives: Annotated[int, typer.Option(min=1, max=1000, help="How many lives.")] = 6,
    minutes: Annotated[float, typer.Option(min=0.25, max=600, help="How long each live is.")] = MINUTES,
    bundle: Annotated[str, typer.Option(help="A bundle's directory, or the name of a built-in one.")] = "classic",
    live_hls: Annotated[
        bool, typer.Option("--live-hls", help="Play each live over HLS from loopback, in real time.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")] = False,
) -> None:
    """Renders lives with known truth, watches them, and says how right the recogniser was."""
    if family not in FAMILIES:
        raise UsageError(f"eval --family {family}: there is no such family: give one of {', '.join(FAMILIES)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = Run(family, seed, lives, minutes * 60)
    recogniser = Recogniser(bundle, open_bundle(bundle), on_air=live_hls)
    with progress_bar() as bar:
        tasks: dict[str, object] = {}

        def tell(live: str, stage: str, done: float, of: float) -> None:
            task = bar_task(stage)
            bar.update(task, description=f"{live} {stage}", completed=done, total=of)

        def bar_task(stage: str):
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, note="")
            return tasks[stage]

        watched = list(watch_lives(run, out, recogniser, tell))
    for one in watched:
        spans = read_spans((one.folder / EVENTS).read_text().splitlines(), one.truth.seconds, one.effort.zero)
        result = asdict(score(one.truth, spans))
        del result["rows"], result["stray"]
        print_json({"live": one.name, **result, **asdict(one.effort)})
