"""Products added, replaced and taken out of a gallery that is in use, and the changes written into its base.

Whoever has the gallery open goes on with the version that was there; whoever opens it finds one version or the other.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.assemble import Facts, assemble
from indexes.build import BuildProgress, build_gallery
from indexes.delta import Delta, fresh_folder, one_writer, settle, write_delta
from indexes.errors import GalleryError
from indexes.files import check_bundle, open_files
from indexes.manifest import read_manifest
from indexes.publish import publish
from indexes.stock import Stock
from indexes.target import cannot_write
from indexes.work import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from indexes.build import BuildReport
    from indexes.files import Files
    from indexes.images import ImageLimits
    from indexes.manifest import Manifest
    from indexes.picture import Encoder, Picture
    from indexes.product import Product

    Kept = Sequence[tuple[Stock, int]]  # products: where each is, and its number there

# Pictures. What was added is written anew with every change, and looked at one by one in every search: so many of 512
# numbers take 0.4 ms, and 20 MB to write.
LARGEST = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """What a change came to. `problems`: what was wrong with the feed that it was given, the first of it."""

    version: str
    products: int
    added: int = 0
    replaced: int = 0
    removed: int = 0
    problems: tuple[str, ...] = ()


def add_products(
    gallery: Path,
    feed: Path,
    *,
    encoder: Encoder,
    bundle_hash: str,
    fetch: Callable[[str], bytes] | None = None,
    progress: Callable[[BuildProgress], None] | None = None,
    now: Callable[[], float] = time.time,
    limits: ImageLimits | None = None,
    largest: int = LARGEST,
) -> Change:
    """Products of `feed` come in, or take the place of those with their ids. Raises as `build_gallery` does.

    Killed while it encodes, it goes on where it was when it is called again.
    """
    gallery = gallery.absolute()
    manifest = read_manifest(gallery)
    check_bundle(gallery, manifest, bundle_hash)
    with _encoding(gallery) as fresh:
        built = build_gallery(
            feed,
            encoder=encoder,
            bundle_name=manifest.bundle_name,
            bundle_hash=bundle_hash,
            out=fresh,
            votes=manifest.votes,
            fetch=fetch,
            progress=progress,
            now=now,
            limits=limits,
        )
        with _changing(gallery):
            files = open_files(gallery, bundle_hash=bundle_hash)
            return _Changing(gallery, files, now).add(Stock(fresh, read_manifest(fresh)), largest, built)


def remove_products(gallery: Path, ids: Collection[str], *, now: Callable[[], float] = time.time) -> Change:
    """Raises GalleryError, and changes nothing, if one of them is not there."""
    gallery = gallery.absolute()
    with _changing(gallery):
        return _Changing(gallery, open_files(gallery, bundle_hash=None), now).remove(ids)


def compact(
    gallery: Path,
    *,
    progress: Callable[[BuildProgress], None] | None = None,
    now: Callable[[], float] = time.time,
) -> Change:
    """All that is left, written as one gallery in place of base and changes. Needs as much room on the disk again."""
    gallery = gallery.absolute()
    with _changing(gallery) as new:
        files = open_files(gallery, bundle_hash=None)
        kept = left(files)
        if files.delta is None:
            return Change(files.version, len(kept))
        if not kept:
            raise GalleryError(f"gallery {gallery}: all its products were removed: build it again from a feed")
        new.mkdir()
        try:
            withdrawn = tuple(sorted(files.withdrawn))
            manifest = write(new, kept, files.manifest, now(), withdrawn=withdrawn, progress=progress)
            publish(new, gallery)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return Change(manifest.version, manifest.products)


@contextmanager
def _encoding(gallery: Path) -> Iterator[Path]:
    """Where what is new is built first; gone once it is in the gallery. The gallery itself may change meanwhile."""
    folder = gallery.with_name(f".{gallery.name}.adding")
    try:
        with one_writer(folder, make=True):
            try:
                yield folder / "new"
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                with suppress(OSError):
                    folder.rmdir()  # where nothing was encoded
    except OSError as error:
        raise cannot_write(gallery, error) from error


@contextmanager
def _changing(gallery: Path) -> Iterator[Path]:
    """The only writer, and where it may write a gallery anew; what the disk refuses is told as what it is."""
    read_manifest(gallery)
    new = gallery.with_name(f".{gallery.name}.compacted")
    try:
        with one_writer(gallery):
            shutil.rmtree(new, ignore_errors=True)  # of a compaction that was killed
            yield new
    except OSError as error:
        raise cannot_write(gallery, error) from error


class _Changing:
    """One change to what is there."""

    def __init__(self, gallery: Path, files: Files, now: Callable[[], float]) -> None:
        self._gallery, self._files, self._now = gallery, files, now
        self._removed = () if files.delta is None else files.delta.removed
        self._number = 1 if files.delta is None else files.delta.number + 1

    def add(self, fresh: Stock, largest: int, built: BuildReport) -> Change:
        ids = {product.product_id for product in fresh.products}
        replaced = sum(1 for product_id in ids if self._is_live(product_id))
        kept = [*self._added_but(ids), *whole(fresh)]
        pictures = sum(len(stock.rows(product)) for stock, product in kept)
        if pictures > largest:
            raise GalleryError(
                f"gallery {self._gallery}: {pictures} pictures would be added since it was built, {largest} is the "
                "most: write what was added into it with `nowshowing gallery compact`, or build it again"
            )
        version = self._write(kept, [product_id for product_id in self._removed if product_id not in ids])
        products = count(self._files) + len(ids) - replaced
        return Change(version, products, added=len(ids) - replaced, replaced=replaced, problems=built.problems)

    def remove(self, ids: Collection[str]) -> Change:
        wanted = list(dict.fromkeys(ids))
        if unknown := [product_id for product_id in wanted if not self._is_live(product_id)]:
            raise GalleryError(
                f"gallery {self._gallery}: has no product {', '.join(map(repr, unknown[:5]))}: nothing was removed"
            )
        version = self._write(self._added_but(wanted), [*self._removed, *wanted])
        return Change(version, count(self._files) - len(wanted), removed=len(wanted))

    def _added_but(self, ids: Collection[str]) -> Kept:
        added = self._files.added
        gone = set(ids)
        return [] if added is None else [one for one in whole(added) if added.products[one[1]].product_id not in gone]

    def _is_live(self, product_id: str) -> bool:
        files = self._files
        if files.added is not None and files.added.products.find(product_id) is not None:
            return True
        index = files.base.products.find(product_id)
        return index is not None and (files.alive is None or bool(files.alive[index]))

    def _write(self, kept: Kept, removed: Sequence[str]) -> str:
        folder, content = "", "-"
        if kept:
            new = fresh_folder(self._gallery, self._number)
            folder, content = new.name, write(new, kept, self._files.manifest, self._now()).version
            settle(new)
        digest = hashlib.sha256("\n".join([content, *removed]).encode()).hexdigest()
        base = self._files.manifest.version
        version = f"{base}+{self._number}.{digest[:8]}"
        delta = Delta(base=base, version=version, number=self._number, folder=folder, removed=tuple(removed))
        write_delta(self._gallery, delta)
        return version


def whole(stock: Stock) -> Kept:
    return [(stock, product) for product in range(len(stock))]


def left(files: Files) -> Kept:
    """Of the base what was not taken out or replaced, then what was added: the order that searching has, too."""
    base = range(len(files.base)) if files.alive is None else np.flatnonzero(files.alive).tolist()
    return [*((files.base, product) for product in base), *([] if files.added is None else whole(files.added))]


def count(files: Files) -> int:
    base = len(files.base) if files.alive is None else int(files.alive.sum())
    return base + (0 if files.added is None else len(files.added))


def count_pictures(files: Files) -> int:
    owners = files.base.owners
    base = len(owners) if files.alive is None else int(files.alive[owners].sum())
    return base + (0 if files.added is None else len(files.added.owners))


class _Pictures:
    """The pictures of `kept`, as a build has them: nothing is encoded again."""

    def __init__(self, kept: Kept) -> None:
        self._rows = [(stock, row) for stock, product in kept for row in stock.rows(product)]
        self.entries = [_entry(stock.picture(row)) for stock, row in self._rows]

    def read(self, number: int) -> Picture:
        stock, row = self._rows[number]
        return stock.picture(row)


def _entry(picture: Picture) -> Entry:
    patches, (height, width) = picture.patches, picture.patches.thumb.shape[:2]
    count_, patch_dim = patches.vectors.shape
    return Entry(0, len(picture.embedding), count_, patch_dim, height, width)


def write(
    folder: Path,
    kept: Kept,
    like: Manifest,
    now: float,
    *,
    withdrawn: tuple[str, ...] = (),
    progress: Callable[[BuildProgress], None] | None = None,
) -> Manifest:
    """A gallery of these products in `folder`, of the bundle that `like` has."""
    store = _Pictures(kept)
    owners = np.repeat(np.arange(len(kept), dtype=np.int32), [len(stock.rows(product)) for stock, product in kept])

    def tell(done: int) -> None:
        if progress is not None:
            progress(BuildProgress("writing", done, len(owners)))

    products: Iterator[Product] = (stock.products[product] for stock, product in kept)
    return assemble(
        folder,
        products,
        owners,
        np.arange(len(owners), dtype=np.int64),
        store,
        votes=like.votes,
        facts=Facts(now, like.bundle_name, like.bundle_hash, like.bad_rows, like.left_out, withdrawn),
        tell=tell,
    )
