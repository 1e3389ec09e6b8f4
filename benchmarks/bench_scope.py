"""What a frame costs the built-in engine with few and with many products in scope. Knows LiveShop's printed shops.

    python -m benchmarks.bench_scope [--products 60,600] [--seconds 60] [--seed 1900] [--json]

One made-up live, its frames as a livestream hands them on (two a second, 1280 px), looked for in galleries of more
and more made-up products, its own shop among them; CPU time of one thread. Every frame is searched with what the
window had before, as in a livestream, but no product is tracked: the decider would add those it has a case of.
"""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Annotated, NamedTuple

import cv2
import numpy as np
import typer

from benchmarks.liveshop.catalogue import write_catalogue
from benchmarks.liveshop.products import make_shop
from benchmarks.liveshop.render import printed_live
from benchmarks.liveshop.script import LIVES
from benchmarks.liveshop.show import FPS
from benchmarks.machine import facts
from engines.bundle import open_bundle
from engines.threads import one_blas_thread
from indexes.build import build_gallery
from indexes.gallery import open_gallery
from stream.config import SourceConfig, WindowConfig
from stream.matching import Query, looker
from stream.memory import keep_pages
from stream.types import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.base import Encoded, Image
    from engines.bundle import Bundle
    from indexes.gallery import Gallery


class Cost(NamedTuple):
    """CPU milliseconds a frame."""

    products: int
    frames: int
    encode: float
    search: float
    total: float
    p95: float


def frames_of(seed: int, seconds: float) -> Iterator[Image]:
    """Scaled as `stream/screen.py` does."""
    live, source = printed_live(seed, 0, seconds), SourceConfig()
    for frame in range(0, round(seconds * FPS), round(FPS / source.frames_per_second)):
        picture = cv2.cvtColor(live.picture(frame), cv2.COLOR_YUV2RGB_I420)
        scale = source.longer_side / max(picture.shape[:2])
        yield np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def shops(seed: int, products: int, folder: Path) -> Path:
    """A feed of so many products: the live's own shop first, then others."""
    rows: list[dict[str, str]] = []
    world = seed * LIVES
    while len(rows) < products:
        shop = folder / str(world)
        with write_catalogue(make_shop(world), shop).open(encoding="utf-8", newline="") as feed:
            rows += [_moved(row, world) for row in csv.DictReader(feed)]
        world += 1
    feed_path = folder / f"feed-{products}.csv"
    with feed_path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, list(rows[0]))
        sheet.writeheader()
        sheet.writerows(rows[:products])
    return feed_path


def _moved(row: dict[str, str], world: int) -> dict[str, str]:
    """Its pictures as they lie seen from all shops' feed."""
    more = [f"{world}/{link}" for link in row["additional_image_link"].split(",") if link]
    return row | {"image_link": f"{world}/{row['image_link']}", "additional_image_link": ",".join(more)}


def encoded(bundle: Bundle, pictures: Sequence[Image]) -> tuple[list[Encoded], list[float]]:
    encoder, found, costs = bundle.encoder(1), [], []
    for picture in pictures:
        start = process_time()
        found += encoder.encode([picture])
        costs.append(process_time() - start)
    return found, costs


def searched(bundle: Bundle, gallery: Gallery, found: Sequence[Encoded]) -> list[float]:
    window = WindowConfig()
    look, scope, hold = looker(bundle.matcher()), gallery.scope(), round(window.length_s / window.hop_s)
    views = [View(at=i * window.hop_s, encoded=one, wall=0.0, decode_s=0.0) for i, one in enumerate(found)]
    costs = []
    for i, view in enumerate(views):
        start = process_time()
        recent = views[max(i - hold, 0) : i]
        look(Query(view, recent, scope, since=recent[0] if recent else None))
        costs.append(process_time() - start)
    return costs


def main(
    products: Annotated[str, typer.Option(help="sizes of the scope")] = "60,600",
    seconds: Annotated[float, typer.Option(help="of the live")] = 60.0,
    seed: Annotated[int, typer.Option(help="of the live")] = 1900,
    json_lines: Annotated[bool, typer.Option("--json", help="one JSON line a scope")] = False,
) -> None:
    keep_pages()  # as the command line does
    one_blas_thread()
    cv2.setNumThreads(1)
    bundle = open_bundle("classic")
    found, encode_s = encoded(bundle, list(frames_of(seed, seconds)))
    for size in (int(part) for part in products.split(",")):
        with tempfile.TemporaryDirectory() as name:
            cost = _cost(bundle, shops(seed, size, Path(name)), found, encode_s)
        print(json.dumps(cost._asdict() | facts()) if json_lines else _line(cost), flush=True)


def _cost(bundle: Bundle, feed: Path, found: Sequence[Encoded], encode_s: Sequence[float]) -> Cost:
    out = feed.parent / "gallery"
    build_gallery(
        feed,
        encoder=bundle.encoder(1),
        bundle_name=bundle.name,
        bundle_hash=bundle.hash,
        out=out,
        votes=bundle.votes,
    )
    gallery = open_gallery(out, bundle_hash=bundle.hash)
    search, encode = (1000 * np.array(times) for times in (searched(bundle, gallery, found), encode_s))
    both = search + encode
    figures = [float(value) for value in (encode.mean(), search.mean(), both.mean(), np.percentile(both, 95))]
    return Cost(len(gallery.products), len(found), *figures)


def _line(cost: Cost) -> str:
    return (
        f"{cost.products} products in scope, {cost.frames} frames: {cost.total:.0f} ms a frame "
        f"(encode {cost.encode:.0f}, search {cost.search:.0f}), p95 {cost.p95:.0f}"
    )


if __name__ == "__main__":
    typer.run(main)
