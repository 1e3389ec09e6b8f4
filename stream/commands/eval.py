"""`nowshowing eval liveshop`: lives with known truth, watched by the real recogniser and scored, baselines beside."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.lives import FAMILIES, Kind, Run, Which, photos_of
from benchmarks.liveshop.evaluate.replay import EVENTS, Recogniser
from benchmarks.liveshop.evaluate.run import watch_lives
from benchmarks.liveshop.evaluate.verdict import REPORT, SCORE, judge, read_other
from benchmarks.liveshop.scoring.tables import comparison_table, json_lines, tables
from engines.bundle import open_bundle
from stream.commands.output import print_json, progress_bar
from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.progress import Progress, TaskID

    from benchmarks.liveshop.scoring.compare import Comparison
    from benchmarks.liveshop.scoring.record import Result

    Tell = Callable[[str, str, float, float], None]

Ear = Literal["moonshine", "sphinx", "off"]

app = typer.Typer(no_args_is_help=True, help="Benchmarks with known truth.")

MINUTES = 4.0
WIDTH = 132
SHARES = 20  # lines of JSON progress a stage


@app.callback()
def _root() -> None:
    """Benchmarks with known truth."""


@app.command()
def liveshop(
    *,
    family: Annotated[str, typer.Option(help="printed or twins: made on the spot. photos: yours, with --photos.")],
    out: Annotated[Path, typer.Option(help="The run's folder: its lives, score.json, report.html. It is resumed.")],
    seed: Annotated[int, typer.Option(min=0, help="1000 to 1999 are for tuning; scores are told of others.")] = 7,
    lives: Annotated[int, typer.Option(min=1, max=1000, help="How many lives.")] = 6,
    minutes: Annotated[float, typer.Option(min=0.25, max=600, help="How long each live is.")] = MINUTES,
    photos: Annotated[Path | None, typer.Option(help="A folder with a catalogue and photographs of it.")] = None,
    catalogue: Annotated[Path | None, typer.Option(help="Another feed than the photographs' own.")] = None,
    which: Annotated[Which, typer.Option(help="Of the photographed products, those introduced.")] = "never-met",
    kind: Annotated[Kind, typer.Option(help="Likewise: packed goods, or loose ones such as fruit.")] = "cartons",
    events: Annotated[
        list[Path], typer.Option(help="Score another program beside: DIR/LIVE/events.jsonl. May be repeated.")
    ] = [],
    against: Annotated[Path | None, typer.Option(help="Another run's score.json: what differs, how surely.")] = None,
    bundle: Annotated[str, typer.Option(help="A bundle's directory, or the name of a built-in one.")] = "classic",
    speech: Annotated[Ear, typer.Option(help="What listens to the host. off: vision alone.")] = "off",
    live_hls: Annotated[
        bool, typer.Option("--live-hls", help="Play lives over HLS from loopback in real time, no replay.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")] = False,
) -> None:
    """Makes lives with known truth, watches them with the whole product, and says how right it was."""
    run = checked(family, seed, lives, minutes, photos, catalogue, which, kind)
    check_events(events, run)
    other = None if against is None else read_other(against, run)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us politely leaves nothing half-made
    recogniser = Recogniser(bundle, open_bundle(bundle), on_air=live_hls, speech=speech)
    try:
        with progress_bar() as bar:
            watched = list(watch_lives(run, out, recogniser, _json_progress() if as_json else _bar_progress(bar)))
        result, comparison = judge(run, watched, events, out, other)
    except OSError as error:
        why = error.strerror or str(error)
        raise EvaluationError(f"eval --out {out}: {why}: see to that, then run again to go on") from error
    tell(result, comparison, out, as_json=as_json)


def tell(result: Result, comparison: Comparison | None, out: Path, *, as_json: bool) -> None:
    if as_json:
        for line in json_lines(result, comparison):
            print_json(line)
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)  # a file or a pipe has none of its own
    for table in tables(result):
        console.print(table)
    if comparison is not None:
        console.print(comparison_table(comparison))
    console.print(f"{out / SCORE}\n{out / REPORT}", highlight=False, soft_wrap=True)


def checked(
    family: str,
    seed: int,
    lives: int,
    minutes: float,
    photos: Path | None,
    catalogue: Path | None,
    which: Which,
    kind: Kind,
) -> Run:
    """What can be told before anything starts."""
    known = next((name for name in FAMILIES if name == family), None)
    if known is None:
        raise UsageError(f"eval --family {family}: no such family: give one of {', '.join(FAMILIES)}")
    if known == "photos" and photos is None:
        raise UsageError("eval --family photos: needs --photos DIR, a folder with a catalogue and photographs of it")
    if known != "photos" and (photos or catalogue):
        raise UsageError(f"eval --family {known}: makes its own products: leave --photos and --catalogue out")
    folder, feed = (None if path is None else str(path.absolute()) for path in (photos, catalogue))
    if folder is not None:
        for flaw in photos_of(folder, feed).skipped:
            typer.echo(f"left out: {flaw}", err=True)
    return Run(known, seed, lives, minutes * 60, folder, feed, which, kind)


def check_events(folders: Sequence[Path], run: Run) -> None:
    for folder in folders:
        lacking = [name for name in run.names if not (folder / name / EVENTS).is_file()]
        if lacking:
            raise UsageError(
                f"eval --events {folder}: no {lacking[0]}/{EVENTS}: a folder for each live of this run is expected"
            )


def _bar_progress(bar: Progress) -> Tell:
    """One bar for what is rendered, one for what is done with the live at hand."""
    tasks: dict[bool, TaskID] = {}

    def tell_bar(live: str, stage: str, done: float, of: float) -> None:
        rendering = stage == "rendering"
        if rendering not in tasks:
            tasks[rendering] = bar.add_task("", note="")
        bar.update(tasks[rendering], description=f"{live} {stage}", completed=round(done), total=round(of) or None)

    return tell_bar


def _json_progress() -> Tell:
    """A line for every stage and every twentieth of it. Two threads tell: a line is one write."""
    last: dict[tuple[str, str], int] = {}

    def tell_line(live: str, stage: str, done: float, of: float) -> None:
        step = int(SHARES * done / of) if of else 0
        if last.get((live, stage)) != step:
            last[live, stage] = step
            line = {"live": live, "stage": stage, "done": round(done, 1), "of": round(of, 1)}
            print_json({"type": "nowshowing.eval.progress", **line})

    return tell_line
