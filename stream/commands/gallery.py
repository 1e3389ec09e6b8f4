"""`nowshowing gallery ...`: catalogue to gallery, changes to it, what is in it, what pictures find in it."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, cast

import typer

from engines.bundle import open_bundle
from indexes.build import BuildProgress, build_gallery
from indexes.change import add_products, compact, count, count_pictures, remove_products
from indexes.delta import current_version
from indexes.errors import ImageError
from indexes.files import open_files
from indexes.footprint import footprint_of
from indexes.gallery import open_gallery
from indexes.images import ImageLimits, Pictures, decode
from indexes.manifest import read_manifest
from stream.commands.output import print_json, progress_bar, tell_error
from stream.commands.product_list import read_product_list
from stream.fetching import fetch_with
from stream.matching import SHORTLIST
from stream.urls import GuardedClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.progress import Progress

    from engines.base import Encoded, FrameEncoder, Matcher
    from indexes.build import BuildReport
    from indexes.change import Change
    from indexes.files import Files
    from indexes.gallery import Gallery
    from indexes.scope import Scope

app = typer.Typer(no_args_is_help=True, help="Galleries: a catalogue made searchable with a bundle.")

RANKED = 10  # products an image's line names at most

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A gallery's directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")]


@app.command()
def build(
    feed: Annotated[Path, typer.Argument(help="Product feed; pictures by path are relative to it.")],
    out: Annotated[Path, typer.Option(help="The gallery's directory; an existing gallery is replaced whole.")],
    bundle: Annotated[str, typer.Option(help="A bundle's directory, or the name of a built-in one.")] = "classic",
    threads: Annotated[int, typer.Option(min=1, help="Threads of the encoder.")] = 1,
    allow_private_hosts: Annotated[
        bool, typer.Option("--private", "--allow-private-hosts", help="Fetch pictures from private addresses too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a gallery from a product feed. Stopped half-way, it goes on from there the next time."""
    opened = open_bundle(bundle)
    with progress_bar() as bar, closing(GuardedClient(allow_private=allow_private_hosts)) as client:
        report = build_gallery(
            feed,
            encoder=opened.encoder(threads),
            bundle_name=opened.name,
            bundle_hash=opened.hash,
            out=out,
            votes=opened.votes,
            fetch=fetch_with(client),
            progress=_json_progress() if as_json else _bar_progress(bar),
        )
    if as_json:
        print_json({"type": "nowshowing.gallery.built", "gallery": str(out), **asdict(report)})
    else:
        _say_built(out, report)


def _bar_progress(bar: Progress) -> Callable[[BuildProgress], None]:
    tasks = {
        stage: bar.add_task(stage, total=None, note="", visible=False) for stage in ("reading", "encoding", "writing")
    }

    def tell(now: BuildProgress) -> None:
        note = ", ".join(f"{n} {what}" for n, what in ((now.failed, "failed"), (now.reused, "reused")) if n)
        bar.update(tasks[now.stage], completed=now.done, total=now.total or None, note=note, visible=True)

    return tell


def _json_progress() -> Callable[[BuildProgress], None]:
    """A line for every stage and every percent of it."""
    last = ("", -1)

    def tell(now: BuildProgress) -> None:
        nonlocal last
        step = (now.stage, 100 * now.done // now.total if now.total else now.done)
        if step != last:
            print_json({"type": "nowshowing.gallery.progress", **asdict(now)})
        last = step

    return tell


def _say_built(out: Path, report: BuildReport) -> None:
    for problem in report.problems:
        typer.echo(problem, err=True)
    known = report.bad_rows + report.lost_pictures + report.left_out
    if known > len(report.problems):
        typer.echo(f"and {known - len(report.problems)} more in {out / 'problems.jsonl'}", err=True)
    typer.echo(f"{out}: {report.products} products, {report.pictures} pictures, version {report.version}")


@app.command()
def add(
    directory: Directory,
    feed: Annotated[Path, typer.Argument(help="Product feed with only what is new or has changed.")],
    bundle: Annotated[str | None, typer.Option(help="The bundle it was built with, if that is a directory.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the encoder.")] = 1,
    allow_private_hosts: Annotated[
        bool, typer.Option("--private", "--allow-private-hosts", help="Fetch pictures from private addresses too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add products, or replace those with the same ids, in a gallery that workers have open: they take it up."""
    opened = open_bundle(bundle or read_manifest(directory).bundle_name)
    with progress_bar() as bar, closing(GuardedClient(allow_private=allow_private_hosts)) as client:
        change = add_products(
            directory,
            feed,
            encoder=opened.encoder(threads),
            bundle_hash=opened.hash,
            fetch=fetch_with(client),
            progress=_json_progress() if as_json else _bar_progress(bar),
        )
    for problem in change.problems:
        typer.echo(problem, err=True)
    _say_changed(directory, change, as_json=as_json)


@app.command()
def remove(
    directory: Directory,
    product_ids: Annotated[list[str], typer.Argument(metavar="PRODUCT_ID...", help="Products to take out.")],
    as_json: AsJson = False,
) -> None:
    """Take products out of a gallery that workers have open: they show them no more within seconds."""
    _say_changed(directory, remove_products(directory, product_ids), as_json=as_json)


@app.command("compact")
def compact_(directory: Directory, as_json: AsJson = False) -> None:
    """Write what was added and removed since the build into the gallery itself. Nothing is encoded again."""
    before = current_version(directory)
    with progress_bar() as bar:
        change = compact(directory, progress=_json_progress() if as_json else _bar_progress(bar))
    else_said = "nothing changed" if change.version == before else "compacted"
    _say_changed(directory, change, as_json=as_json, else_said=else_said)


def _say_changed(directory: Path, change: Change, *, as_json: bool, else_said: str = "nothing changed") -> None:
    if as_json:
        print_json({"type": "nowshowing.gallery.changed", "gallery": str(directory), **asdict(change)})
        return
    done = ((change.added, "added"), (change.replaced, "replaced"), (change.removed, "removed"))
    said = ", ".join(f"{n} {what}" for n, what in done if n) or else_said
    typer.echo(f"{directory}: {said}: {change.products} products, version {change.version}")


@app.command()
def info(
    directory: Directory,
    verify: Annotated[bool, typer.Option(help="Read every byte and compare hashes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a gallery is, and whether it is whole."""
    facts = facts_of(open_files(directory, bundle_hash=None, verify=verify))
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        typer.echo(f"{name:{width}}  {value}")


def facts_of(files: Files) -> dict[str, object]:
    """The base's, as it is now with what changed since."""
    stocks = [files.base] if files.added is None else [files.base, files.added]
    facts: dict[str, object] = files.manifest.model_dump(exclude={"files", "withdrawn"})
    facts["version"], facts["products"], facts["pictures"] = files.version, count(files), count_pictures(files)
    facts["patches"] = sum(stock.manifest.patches for stock in stocks)
    facts["changed_products"], facts["withdrawn_products"] = sum(map(len, stocks[1:])), len(files.withdrawn)
    facts["bytes"] = sum(file.bytes for stock in stocks for file in stock.manifest.files.values())
    # What a worker takes for it: memory of its own, and files that all processes of a machine share.
    needs = [footprint_of(stock.manifest) for stock in stocks]
    facts["memory_bytes"] = sum(need.private for need in needs)
    facts["mapped_bytes"] = sum(need.mapped for need in needs)
    return facts


@app.command()
def search(
    directory: Directory,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures to look for.")],
    bundle: Annotated[str | None, typer.Option(help="The bundle it was built with, if that is a directory.")] = None,
    shop: Annotated[str | None, typer.Option(help="Only products of this shop.")] = None,
    products: Annotated[Path | None, typer.Option(help="Only products in this file, one id a line.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rank a gallery's products for each picture. Exit code 1 if a picture could not be read."""
    opened = open_bundle(bundle or read_manifest(directory).bundle_name)
    gallery = open_gallery(directory, bundle_hash=opened.hash)
    scope = gallery.scope(shop_id=shop, product_ids=read_product_list(products) if products else None)
    encoder, matcher = opened.encoder(1), opened.matcher()
    failed = False
    for path in images:
        started = perf_counter()
        try:
            ranked = rank(path, encoder, matcher, gallery, scope)
        except ImageError as error:
            tell_error(error)
            failed = True
            continue
        _say_found(path, ranked, perf_counter() - started, as_json=as_json)
    raise typer.Exit(1 if failed else 0)


def rank(
    path: Path, encoder: FrameEncoder, matcher: Matcher, gallery: Gallery, scope: Scope
) -> list[tuple[str, float]]:
    """Product ids with calibrated probabilities, best first: a shortlist, then a close look."""
    limits = ImageLimits()
    data = Pictures(Path(), fetch=None, limits=limits).read(str(path))
    (encoded,) = encoder.encode([decode(data, limits, name=str(path))])
    shortlist = gallery.shortlist(encoded.embedding, encoded.patches.vectors, scope, SHORTLIST)
    # The same shape under two names: engines and indexes do not know each other.
    candidates = cast("Sequence[Sequence[Encoded]]", [gallery.pictures(index) for index in shortlist])
    matches = matcher.match(encoded, candidates) if shortlist else []
    found = [(gallery.product(i).product_id, sigmoid(m.logit)) for i, m in zip(shortlist, matches, strict=True)]
    return sorted(found, key=lambda pair: -pair[1])[:RANKED]


def sigmoid(logit: float) -> float:
    """Without overflow at either end."""
    small = math.exp(-abs(logit))
    return 1 / (1 + small) if logit >= 0 else small / (1 + small)


def _say_found(path: Path, ranked: list[tuple[str, float]], seconds: float, *, as_json: bool) -> None:
    if as_json:
        named = [{"product_id": product_id, "probability": round(p, 6)} for product_id, p in ranked]
        print_json({"image": str(path), "ranked": named, "seconds": round(seconds, 4)})
        return
    typer.echo(f"{path}  ({seconds:.3f} s)")
    for product_id, probability in ranked:
        typer.echo(f"  {probability:6.1%}  {product_id}")
