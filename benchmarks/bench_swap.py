"""A gallery that changes while it is searched: do searches fail, do they see two versions, what does it cost them?

    python -m benchmarks.bench_swap [--pictures 20000] [--dim 512] [--searches 10000] [--seconds 20] [--json]

Another process changes the gallery on the disk without a pause, as `nowshowing gallery add` does: the same few
products replaced again and again under new titles, written into the base now and then. This one takes up whatever
version it finds, as a worker does, while threads search it. Every query lies near the products that change, so that
an answer names the version it is of by the titles it has: two of them would be a mixed one.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
import typer

from benchmarks.machine import facts
from indexes.assemble import Facts, assemble
from indexes.change import add_products, compact
from indexes.delta import current_version
from indexes.errors import GalleryError, IndexesError
from indexes.gallery import open_gallery
from indexes.picture import Picture, PicturePatches
from indexes.product import Product
from indexes.work import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.synchronize import Event

    from numpy.typing import NDArray

    from indexes.gallery import Gallery
    from indexes.picture import Embedding, Image
    from indexes.scope import Scope

BUNDLE = "5a" * 32
MARKED = 6  # products that change
SHORTLIST = 12
PATCHES, PATCH_DIM = 8, 32
COMPACT_EVERY = 10  # changes
THREADS = 2


@dataclass(frozen=True, slots=True)
class Row:
    pictures: int
    dim: int
    searches: int
    swaps: int
    failed: int
    mixed: int
    late: int  # versions that were replaced before they could be opened
    before_p50_ms: float
    before_p99_ms: float
    while_p50_ms: float
    while_p99_ms: float
    swap_p50_ms: float  # from a new version's being on the disk to its being in use


def picture_of(number: int, dim: int) -> Picture:
    """Marked products lie close together, all others anywhere."""
    dice = np.random.default_rng(number)
    noise = dice.standard_normal(dim)
    embedding = middle(dim) + 0.2 * unit(noise) if number < MARKED else noise
    vectors = dice.standard_normal((PATCHES, PATCH_DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    places, thumb = np.zeros((PATCHES, 4), np.float32), np.zeros((2, 2, 3), np.uint8)
    return Picture(unit(embedding), PicturePatches(vectors.astype(np.float16), places, thumb))


def unit(vector: NDArray[np.floating]) -> Embedding:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def middle(dim: int) -> Embedding:
    return unit(np.ones(dim))


class MadeUp:
    """The pictures of a gallery that nobody encoded."""

    def __init__(self, pictures: int, dim: int) -> None:
        self.entries = [Entry(0, dim, PATCHES, PATCH_DIM, 2, 2)] * pictures
        self._dim = dim

    def read(self, number: int) -> Picture:
        return picture_of(number, self._dim)


class Encoder:
    """A picture's first pixel is its number."""

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def encode(self, images: Sequence[Image]) -> list[Picture]:
        return [picture_of(int(image[0, 0, 0]), self._dim) for image in images]


def make(folder: Path, pictures: int, dim: int) -> Path:
    (out := folder / "gallery").mkdir()
    products = (Product(f"sku{i}", "version 0", "none.png") for i in range(pictures))
    numbers = np.arange(pictures)
    facts_ = Facts(0.0, "made up", BUNDLE, 0, 0)
    assemble(
        out, products, numbers.astype(np.int32), numbers, MadeUp(pictures, dim), votes=True, facts=facts_,
        tell=lambda _: None,
    )  # fmt: skip
    return out


def change_until(gallery: Path, dim: int, over: Event) -> None:
    """In a process of its own."""
    folder, number = gallery.parent / "feed", 0
    folder.mkdir()
    for marked in range(MARKED):
        cv2.imwrite(str(folder / f"{marked}.png"), np.full((32, 32, 3), marked, np.uint8))
    while not over.is_set():
        number += 1
        with (folder / "feed.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [(f"sku{marked}", f"version {number}", f"{marked}.png") for marked in range(MARKED)]
            csv.writer(file).writerows([("id", "title", "image_link"), *rows])
        add_products(gallery, folder / "feed.csv", encoder=Encoder(dim), bundle_hash=BUNDLE)
        if number % COMPACT_EVERY == 0:
            compact(gallery)


class Live:
    """What a worker is to its gallery; `search` from many threads."""

    def __init__(self, path: Path, dim: int) -> None:
        self._path = path
        gallery = open_gallery(path, bundle_hash=BUNDLE)
        self._now: tuple[Gallery, Scope] = (gallery, gallery.scope())
        self._seen = [picture_of(number, dim) for number in range(MARKED)]
        self._marked = {f"sku{number}" for number in range(MARKED)}
        self.swaps: list[float] = []  # milliseconds
        self.late = 0

    def refresh(self) -> None:
        before, _ = self._now
        if current_version(self._path) == before.version:
            return
        began = perf_counter()
        try:
            gallery = open_gallery(self._path, bundle_hash=BUNDLE, known=before)
        except GalleryError:
            self.late += 1
            return
        self._now = (gallery, gallery.scope())
        self.swaps.append(1000 * (perf_counter() - began))

    def search(self, number: int) -> bool:
        """Whether all that was found is of one version."""
        gallery, scope = self._now
        seen = self._seen[number % MARKED]
        found = gallery.shortlist(seen.embedding, seen.patches.vectors, scope, SHORTLIST)
        products = [gallery.product(index) for index in found]
        titles = {product.title for product in products if product.product_id in self._marked}
        return len(titles) == 1


@dataclass(slots=True)
class Tally:
    times: list[float]
    failed: int = 0
    mixed: int = 0


def searching(live: Live, searches: int, until: Callable[[], bool]) -> Tally:
    tally = Tally([])
    while len(tally.times) < searches or not until():
        began = perf_counter()
        try:
            whole = live.search(len(tally.times))
        except (IndexesError, RuntimeError, LookupError):
            tally.failed += 1
        else:
            tally.mixed += not whole
        tally.times.append(1000 * (perf_counter() - began))
    return tally


def together(live: Live, searches: int, until: Callable[[], bool]) -> Tally:
    with ThreadPoolExecutor(THREADS) as pool:
        tallies = list(pool.map(lambda _: searching(live, searches // THREADS, until), range(THREADS)))
    times = [one for tally in tallies for one in tally.times]
    return Tally(times, sum(tally.failed for tally in tallies), sum(tally.mixed for tally in tallies))


def swapping(live: Live, over: threading.Event) -> None:
    while not over.wait(0.01):
        live.refresh()


def measure(folder: Path, pictures: int, dim: int, searches: int, seconds: float) -> Row:
    path = make(folder, pictures, dim)
    live = Live(path, dim)
    alone = together(live, searches, lambda: True)
    spawn = multiprocessing.get_context("spawn")
    changed, over = spawn.Event(), threading.Event()
    changer = spawn.Process(target=change_until, args=(path, dim, changed))
    swapper = threading.Thread(target=swapping, args=(live, over))
    changer.start()
    swapper.start()
    end = monotonic() + seconds
    try:
        busy = together(live, searches, lambda: monotonic() > end)
    finally:
        changed.set()
        over.set()
        changer.join()
        swapper.join()
    if changer.exitcode or not live.swaps:
        raise RuntimeError(f"the gallery was not changed: the process that should ended with {changer.exitcode}")
    return Row(
        pictures, dim, len(busy.times), len(live.swaps), busy.failed, busy.mixed, live.late,
        *quantiles(alone.times), *quantiles(busy.times), swap_p50_ms=quantiles(live.swaps)[0],
    )  # fmt: skip


def quantiles(times: Sequence[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    return p50, p99


def main(
    pictures: Annotated[int, typer.Option(min=100)] = 20_000,
    dim: Annotated[int, typer.Option(min=8)] = 512,
    searches: Annotated[
        int, typer.Option(min=100, help="at least so many, before and while versions change")
    ] = 10_000,
    seconds: Annotated[float, typer.Option(min=1, help="versions change at least so long")] = 20.0,
    json_lines: Annotated[bool, typer.Option("--json", help="one JSON line")] = False,
) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-swap-") as folder:
        row = measure(Path(folder), pictures, dim, searches, seconds)
    if json_lines:
        print(json.dumps(asdict(row) | facts()))
    else:
        print("\n".join(f"{name:14} {value:.4g}" for name, value in asdict(row).items()))
    if row.failed or row.mixed:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
