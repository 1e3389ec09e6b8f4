"""`nowshowing demo`: a made-up show, its gallery, the recogniser, the overlay, and a score against the truth."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from rich.console import Console

from benchmarks.liveshop.catalogue import write_catalogue
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.score import Zero, read_spans, score
from benchmarks.liveshop.show import DEMO_S, SHORTEST_S, demo_show
from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from indexes.build import build_gallery
from stream.clock import SteadyClock
from stream.commands.output import progress_bar
from stream.config import HttpConfig, SourceConfig, StreamConfig, WorkerConfig
from stream.demo.hls_server import HEAD_S, Broadcast
from stream.demo.page import page
from stream.demo.printing import Printer
from stream.demo.scoreboard import score_line, scoreboard
from stream.demo.studio import Studio
from stream.errors import UsageError
from stream.worker import Worker

if TYPE_CHECKING:
    from benchmarks.liveshop.score import Score
    from benchmarks.liveshop.show import Show

BUNDLE = "classic"
STREAM = "demo"
GRACE_S = 20.0  # beyond the show's length: joining, and whatever a busy machine takes
JOINED_AT_S = HEAD_S - 1  # a viewer starts with the newest segment; only used for events without program date-time
BEGIN_WITH = round(HEAD_S) + 2  # segments rendered before anyone tunes in


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo stands and how it speaks. `console` writes for people; standard output is JSON's with --json."""

    folder: Path
    show: Show
    console: Console
    headless: bool
    as_json: bool


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="No browser: only the events and the score.")] = False,
    seconds: Annotated[
        float, typer.Option(min=SHORTEST_S, max=3600, help="How long the show is; shorter shows less.")
    ] = DEMO_S,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout, all else on stderr.")] = False,
) -> None:
    """The whole product on this machine: a made-up live show, recognised while it plays, scored against its truth."""
    console = Console(stderr=as_json)
    show = demo_show(seconds)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us politely leaves no folder behind
    try:
        with tempfile.TemporaryDirectory(prefix="nowshowing-demo-") as folder:
            stage = Stage(Path(folder), show, console, headless, as_json)
            result = run(stage)
    except OSError as error:
        raise UsageError(f"demo: {error}: the folder for temporary files needs some 60 MB (set TMPDIR)") from error
    if as_json:
        sys.stdout.write(score_line(result) + "\n")
        sys.stdout.flush()
    else:
        console.print()
        console.print(scoreboard(result, {p.product_id: p.title for p in show.products}))


def run(stage: Stage) -> Score:
    """Renders beside us, builds the gallery, plays the show to a worker, and scores what it said."""
    live = stage.folder / "live"
    with Studio(live, ["--seconds", str(stage.show.seconds)]) as studio:
        gallery = build(stage)
        studio.wait(BEGIN_WITH)
        with Broadcast(live, SteadyClock()) as broadcast:
            printer = Printer(None if stage.as_json else stage.console)
            with suppress(KeyboardInterrupt, asyncio.CancelledError):  # stopped by hand: score what was played
                asyncio.run(watch(stage, gallery, studio, broadcast, printer))
            zero = Zero(utc=broadcast.zero_utc, pts=-JOINED_AT_S)
            played = min(broadcast.elapsed, stage.show.seconds)
        studio.check()
    truth = read_truth(live / TRUTH).until(played)
    return score(truth, read_spans(printer.lines, played, zero))


def build(stage: Stage) -> Path:
    """The made-up shop's catalogue, and the gallery made from it."""
    stage.console.print("drawing the shop's products and building their gallery ...", style="dim")
    feed = write_catalogue(stage.show.products, stage.folder / "catalogue")
    bundle = open_bundle(BUNDLE)
    out = stage.folder / "gallery"
    with progress_bar() as bar:
        task = bar.add_task("pictures", note="")
        build_gallery(
            feed,
            encoder=bundle.encoder(1),
            bundle_name=bundle.name,
            bundle_hash=bundle.hash,
            out=out,
            votes=bundle.votes,
            progress=lambda now: bar.update(task, completed=now.done, total=now.total or None),
        )
    return out


async def watch(stage: Stage, gallery: Path, studio: Studio, broadcast: Broadcast, printer: Printer) -> None:
    """One worker, one livestream, until the show is over."""
    config = WorkerConfig(
        gallery=gallery,
        bundle=BUNDLE,
        http=HttpConfig(port=0, open_on_loopback=True),
        streams=(
            StreamConfig(
                stream_id=STREAM,
                url=SecretStr(broadcast.url),
                language="en",
                source=SourceConfig(allow_private_hosts=True),
            ),
        ),
    )
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # as Ctrl-C does
    async with Worker(config, sinks=[printer]) as worker:
        broadcast.page = page(f"{worker.http_url}/overlay/{STREAM}")
        await asyncio.to_thread(invite, stage, broadcast.page_url, f"{worker.http_url}/overlay/{STREAM}")
        with suppress(TimeoutError):
            async with asyncio.timeout(stage.show.seconds + GRACE_S), asyncio.TaskGroup() as group:
                minding = group.create_task(mind(studio), name="mind the studio")
                await worker.finished()
                minding.cancel()


async def mind(studio: Studio) -> None:
    """Raises as soon as the renderer has failed: the show would only stand still."""
    while True:
        studio.check()
        await asyncio.sleep(1)


def invite(stage: Stage, page_url: str, overlay_url: str) -> None:
    """Tells a person where to look, and opens it where there is a screen."""
    if stage.headless:
        return
    stage.console.print(f"the show with its overlay: [link]{page_url}[/]   the overlay alone: [link]{overlay_url}[/]")
    screen = sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screen:
        webbrowser.open(page_url)
