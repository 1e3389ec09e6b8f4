"""Catalogue and encoder to gallery: resumable, several pictures a product, published whole. Knows no engine.

feed ──▶ products ──▶ pictures (threads) ──▶ encoder ──▶ work folder ──▶ gallery.new ──rename──▶ gallery
"""

from __future__ import annotations

import json
import shutil
import time
from array import array
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TextIO

import numpy as np
from numpy.typing import NDArray

from indexes.assemble import Facts, assemble
from indexes.catalogue import read_catalogue
from indexes.delta import one_writer
from indexes.encoding import Encoding, Found
from indexes.errors import GalleryError
from indexes.images import ImageLimits, Pictures, digest
from indexes.product import BadRow, Product, shown
from indexes.publish import publish
from indexes.target import cannot_write, check_target
from indexes.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from indexes.manifest import Manifest
    from indexes.picture import Encoder
    from indexes.product import Row

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Flags = NDArray[np.bool_]

TELL_EVERY = 1000  # products between two words of progress while the feed is read
TOLD = 20  # problems repeated in the report; all of them are in the gallery's problems.jsonl


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """`stage`: reading (unit: products), encoding (pictures), writing. `total` is 0 while it is not known."""

    stage: str
    done: int
    total: int
    failed: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class BuildReport:
    version: str
    products: int
    pictures: int
    bad_rows: int  # rows of the feed with something wrong
    lost_pictures: int  # pictures that could not be had
    left_out: int  # products that had no other
    reused: int  # pictures an earlier, interrupted build had encoded
    problems: tuple[str, ...]  # the first of them, as sentences


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a build is told."""

    encoder: Encoder
    bundle_name: str
    bundle_hash: str
    votes: bool
    fetch: Callable[[str], bytes] | None
    progress: Callable[[BuildProgress], None] | None
    now: Callable[[], float]
    limits: ImageLimits


def build_gallery(
    feed: Path,
    *,
    encoder: Encoder,
    bundle_name: str,
    bundle_hash: str,
    out: Path,
    votes: bool,
    fetch: Callable[[str], bytes] | None = None,
    progress: Callable[[BuildProgress], None] | None = None,
    now: Callable[[], float] = time.time,
    limits: ImageLimits | None = None,
) -> BuildReport:
    """Builds or replaces the gallery `out`. Interrupted, it goes on where it was when it is called again.

    `fetch` gets a picture's URL and raises FetchError or OSError; without it only files are read. `now`: epoch
    seconds. Raises CatalogueError, GalleryError and whatever the encoder raises; `out` is then as it was.
    """
    plan = Plan(encoder, bundle_name, bundle_hash, votes, fetch, progress, now, limits or ImageLimits())
    rows = read_catalogue(feed)
    out = out.absolute()
    check_target(out)
    work = out.with_name(f".{out.name}.work")
    new = out.with_name(f".{out.name}.new")
    try:
        # One lock for all bundles: they would write the same gallery.
        with Work(work / digest(bundle_hash.encode())[:32], lock=work / "lock") as store:
            done = False
            try:
                report = _Build(plan, feed, store, new).run(rows)
                with one_writer(out) if out.exists() else nullcontext():
                    publish(new, out)
                done = True
            finally:
                shutil.rmtree(new, ignore_errors=True)
                _tidy(work, store, done=done)
    except OSError as error:
        raise cannot_write(out, error) from error
    return report


def _tidy(work: Path, store: Work, *, done: bool) -> None:
    """What was encoded stays for the next build; one that got nowhere leaves nothing, but another bundle's work."""
    if store.entries and not done:
        return
    foreign = not done and any(path.is_dir() and path != store.folder for path in work.iterdir())
    shutil.rmtree(store.folder if foreign else work, ignore_errors=True)


class _Build:
    """One run: its counts, and the list of what went wrong."""

    def __init__(self, plan: Plan, feed: Path, store: Work, new: Path) -> None:
        self._plan = plan
        self._store = store
        self._new = new
        self._spool = store.folder / "feed.jsonl"  # the good products, so that the feed is read once
        source = Pictures(feed.parent, fetch=plan.fetch, limits=plan.limits)
        self._encoding = Encoding(plan.encoder, plan.bundle_name, source, plan.limits, store, plan.now)
        self._told: list[str] = []
        self._bad_rows = self._lost = self._left_out = self._done = 0

    def run(self, rows: Iterator[Row]) -> BuildReport:
        shutil.rmtree(self._new, ignore_errors=True)  # of a build that was killed
        self._new.mkdir(parents=True)
        with (self._new / "problems.jsonl").open("w", encoding="utf-8") as problems:
            products, pictures = self._read(rows, problems)
            owners, numbers = self._encode(pictures, problems)
            has_picture = np.zeros(products, np.bool_)
            has_picture[owners] = True
            self._leave_out(has_picture, problems)
        if not len(numbers):
            first = self._told[0] if self._told else "the feed has no products"
            raise GalleryError(f"gallery: no product has a usable picture: {first}")
        return self._summary(self._assemble(owners, numbers, has_picture))

    def _assemble(self, owners: Int32s, numbers: Int64s, has_picture: Flags) -> Manifest:
        """Products without a picture are left out, which moves the others up."""
        kept = (product for product, good in zip(self._products(), has_picture, strict=True) if good)
        renumbered = (np.cumsum(has_picture) - 1).astype(np.int32)[owners]
        facts = Facts(
            built_at=self._plan.now(),
            bundle_name=self._plan.bundle_name,
            bundle_hash=self._plan.bundle_hash,
            bad_rows=self._bad_rows,
            left_out=self._left_out,
        )
        return assemble(
            self._new,
            kept,
            renumbered,
            numbers,
            self._store,
            votes=self._plan.votes,
            facts=facts,
            tell=lambda done: self._tell("writing", done, len(numbers)),
        )

    def _summary(self, manifest: Manifest) -> BuildReport:
        return BuildReport(
            version=manifest.version,
            products=manifest.products,
            pictures=manifest.pictures,
            bad_rows=self._bad_rows,
            lost_pictures=self._lost,
            left_out=self._left_out,
            reused=self._encoding.reused,
            problems=tuple(self._told),
        )

    def _read(self, rows: Iterator[Row], problems: TextIO) -> tuple[int, int]:
        """How many products and pictures the feed has."""
        products = pictures = 0
        with self._spool.open("w", encoding="utf-8") as spool:
            for row in rows:
                if isinstance(row, BadRow):
                    self._bad_rows += 1
                    self._report(problems, asdict(row), str(row))
                    continue
                spool.write(row.to_json() + "\n")
                products += 1
                pictures += len(row.image_links)
                if products % TELL_EVERY == 0:
                    self._tell("reading", products, 0)
        self._tell("reading", products, products)
        return products, pictures

    def _products(self) -> Iterator[Product]:
        with self._spool.open("rb") as spool:
            yield from map(Product.from_json, spool)

    def _encode(self, total: int, problems: TextIO) -> tuple[Int32s, Int64s]:
        """For every usable picture, in the feed's order: its product's number in the feed, its own in the store."""
        owners, numbers = array("i"), array("q")
        links = (Found(i, p.product_id, link) for i, p in enumerate(self._products()) for link in p.image_links)
        with closing(self._encoding.batches(links)) as batches:
            for batch in batches:
                for picture, number in batch:
                    if number is None:
                        self._lost += 1
                        what = {"product_id": picture.product_id, "link": shown(picture.link), "why": picture.why}
                        self._report(problems, what, picture.why)
                    else:
                        owners.append(picture.product)
                        numbers.append(number)
                self._done += len(batch)
                self._tell("encoding", self._done, total)
        return np.array(owners, np.int32), np.array(numbers, np.int64)

    def _leave_out(self, has_picture: Flags, problems: TextIO) -> None:
        for product, good in zip(self._products(), has_picture, strict=True):
            if not good:
                self._left_out += 1
                why = f"product {product.product_id}: left out, none of its pictures can be had"
                self._report(problems, {"product_id": product.product_id, "why": why}, why)

    def _report(self, problems: TextIO, what: Mapping[str, object], sentence: str) -> None:
        problems.write(json.dumps(what, ensure_ascii=False) + "\n")
        if len(self._told) < TOLD:
            self._told.append(sentence)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._plan.progress is not None:
            self._plan.progress(BuildProgress(stage, done, total, self._lost, self._encoding.reused))
