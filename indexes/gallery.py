"""A gallery opened: an immutable snapshot of products, pictures and their search. Knows no engine, no stream.

What was built is one part, what was added or replaced since is another; products that were taken out are in neither.
All are numbered as if the gallery had been built without them, so that a changed gallery and one that was built anew
give the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, overload

import numpy as np

from indexes.delta import REPLACED, current_version, replaced_again
from indexes.errors import GalleryError
from indexes.files import open_files
from indexes.footprint import footprint_of, in_words
from indexes.manifest import read_manifest
from indexes.memory import free_memory
from indexes.product import Product
from indexes.scope import everything, only
from indexes.segment import Part, Segment
from indexes.selectors import check_processor
from indexes.voting import elect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from indexes.exact import Ranked
    from indexes.files import Files
    from indexes.picture import Embedding, PatchVectors, Picture
    from indexes.scope import Scope
    from indexes.stock import Stock

# Photographs of cartons in front of shelves, 60 products, classic engine, the right product among 12: 99.2% by votes
# alone, 90% by likeness, 95% if they take turns one by one, 99.2% three by one (120 photographs). Loose fruit, where
# patches see little: likeness 31%, votes 24%, 25% three by one.
VOTES_A_TURN = 3
NAMED = 5  # unknown ids that a message repeats


def open_gallery(
    path: Path,
    *,
    bundle_hash: str,
    verify: bool = False,
    known: Gallery | None = None,
    free: Callable[[], int | None] = free_memory,
) -> Gallery:
    """Raises GalleryError for another bundle's gallery, another format, damaged files, too little memory.

    `verify` also reads every byte and compares hashes. What was opened stays readable after `path` is replaced. What
    an earlier version of the same gallery, `known`, has loaded already is shared with it.
    """
    check_processor()
    loaded = {} if known is None else {part.segment.stock.manifest.version: part.segment for part in known.parts}
    for _ in range(REPLACED):
        version = current_version(path)
        try:
            files = open_files(path, bundle_hash=bundle_hash, verify=verify)
            stocks = [stock for stock in (files.base, files.added) if stock is not None]
            check_memory(path, [stock for stock in stocks if stock.manifest.version not in loaded], free)
            segments = [loaded.get(stock.manifest.version) or Segment(stock) for stock in stocks]
        except (GalleryError, OSError) as error:
            if current_version(path) != version:
                continue
            if isinstance(error, OSError):
                raise GalleryError(f"gallery {path}: cannot be read: {error}: build it again") from error
            raise
        if (
            read_manifest(path).version == files.manifest.version
        ):  # files of a change have names that are theirs alone
            return Gallery(files, segments)
    raise replaced_again(path)


def check_memory(path: Path, stocks: Sequence[Stock], free: Callable[[], int | None]) -> None:
    """Before anything is loaded: a process that takes what is not there is killed, and its livestreams with it."""
    need = sum(footprint_of(stock.manifest).private for stock in stocks)
    room = free()
    if room is not None and need > room:
        raise GalleryError(
            f"gallery {path}: needs {in_words(need)} of memory to be searched, {in_words(room)} are free: "
            "give this process more, or close what else runs here"
        )


class Products(Sequence[Product]):
    """Of all parts, in their order."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return self._parts[-1].stop

    @overload
    def __getitem__(self, index: int) -> Product: ...
    @overload
    def __getitem__(self, index: slice) -> list[Product]: ...
    def __getitem__(self, index: int | slice) -> Product | list[Product]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"product {index} of {len(self)}")
        part = part_of(self._parts, index % len(self))
        return part.segment.stock.products[part.local(index % len(self))]


def part_of(parts: Sequence[Part], product: int) -> Part:
    return next(part for part in parts if product < part.stop)


class Gallery:
    """Safe to use from many threads. Nothing in it leads back to itself: it is freed with the last scope of it."""

    def __init__(self, files: Files, segments: Sequence[Segment]) -> None:
        self.version = files.version
        self.bundle_hash = files.manifest.bundle_hash
        self.manifest = files.manifest
        self.withdrawn = files.withdrawn
        base, *more = segments
        self.parts = [Part(base, files.alive, 0)]
        self.parts += [Part(segment, None, self.parts[0].stop) for segment in more]
        self.products = Products(self.parts)

    def move_to_gpu(self, on_lost: Callable[[str], None]) -> None:
        """Raises GpuError where what was built stays with the processor; what was added since always does."""
        self.parts[0].segment.move_to_gpu(on_lost)

    @property
    def searched_by(self) -> str:
        return str(self.parts[0].segment.index)

    def product(self, index: int) -> Product:
        return self.products[index]

    def find(self, product_id: str) -> int | None:
        for part in self.parts:
            local = part.segment.stock.products.find(product_id)
            if local is not None and (index := part.number(local)) is not None:
                return index
        return None

    def index_of(self, product_id: str) -> int:
        index = self.find(product_id)
        if index is None:
            raise self._unknown([product_id])
        return index

    def pictures(self, product: int) -> Sequence[Picture]:
        """All pictures of a product, the main one first. Views of the files: nothing is copied."""
        part = part_of(self.parts, product)
        return part.segment.stock.pictures(part.local(product))

    def scope(
        self, *, shop_id: str | None = None, product_ids: Sequence[str] | None = None, lenient: bool = False
    ) -> Scope:
        """What a livestream may show; both given: the products must be the shop's. Raises GalleryError.

        Products that were taken out are nobody's mistake; where `lenient`, nothing that is not there is.
        """
        allowed = self._of_shop(shop_id, lenient=lenient) if shop_id is not None else None
        if product_ids is not None:
            allowed = self._listed(product_ids, allowed, shop_id, lenient=lenient)
        if allowed is None:
            return everything(self, self.parts)
        return only(self, allowed, self.parts)

    def shortlist(self, embedding: Embedding, patch_vectors: PatchVectors, scope: Scope, k: int) -> list[int]:
        """Up to `k` products worth a close look, best first; all of a scope that has no more than `k`."""
        self._check_query(embedding, scope)
        voted = self._voted(patch_vectors, scope, k)
        likest = self.near(embedding, scope, k)
        merged = dict.fromkeys(take_turns([product for product, _ in voted], [product for product, _ in likest]))
        if len(scope) <= k:
            merged.update(dict.fromkeys(scope.products.tolist()))
        return list(merged)[:k]

    def near(self, embedding: Embedding, scope: Scope, k: int) -> Ranked:
        """Products by the likeness of their likest picture."""
        if scope.few is not None:
            return scope.few.nearest(embedding, k)
        found = [part.near(embedding, within, k) for part, within in zip(self.parts, scope.within, strict=True)]
        return sorted(chain(*found), key=lambda pair: (-pair[1], pair[0]))[: max(k, 0)]

    def _voted(self, patch_vectors: PatchVectors, scope: Scope, k: int) -> Ranked:
        found = [
            part.neighbours(patch_vectors, inside) for part, inside in zip(self.parts, scope.within, strict=True)
        ]
        votes = [each for each in found if each is not None]
        return elect(votes, len(self.products), k) if votes else []

    def _check_query(self, embedding: Embedding, scope: Scope) -> None:
        if embedding.shape != (self.manifest.dim,):
            raise GalleryError(
                f"gallery {self.version}: embedding of shape {embedding.shape} instead of ({self.manifest.dim},): "
                "encode with the gallery's bundle"
            )
        if scope.gallery is not self:
            raise GalleryError(
                f"gallery {self.version}: scope of gallery {scope.gallery.version}: make the scope anew"
            )

    def _of_shop(self, shop_id: str, *, lenient: bool) -> NDArray[np.bool_]:
        tables = [part.segment.stock.products for part in self.parts]
        flags = [table.of_shop(shop_id) for table in tables]
        if all(each is None for each in flags) and not lenient:
            shops = any(table.shops for table in tables)
            cure = "check the id" if shops else "the feed has no shop_id column, so leave the shop out"
            raise GalleryError(f"gallery {self.version}: no product of shop {shop_id!r}: {cure}")
        known = [
            np.zeros(len(part.segment.stock), np.bool_) if of is None else of
            for part, of in zip(self.parts, flags, strict=True)
        ]
        return np.concatenate([part.flags(of) for part, of in zip(self.parts, known, strict=True)])

    def _listed(
        self, product_ids: Sequence[str], allowed: NDArray[np.bool_] | None, shop_id: str | None, *, lenient: bool
    ) -> NDArray[np.bool_]:
        found = {product_id: self.find(product_id) for product_id in product_ids}
        lost = [
            product_id for product_id, index in found.items() if index is None and product_id not in self.withdrawn
        ]
        if lost and not lenient:
            raise self._unknown(lost)
        indexes = [index for index in found.values() if index is not None]
        foreign = [] if allowed is None else [i for i in indexes if not allowed[i]]
        if foreign and not lenient:
            names = _named([self.product(i).product_id for i in foreign])
            raise GalleryError(f"gallery {self.version}: {names} not of shop {shop_id!r}: correct the product list")
        listed = np.zeros(len(self.products), np.bool_)
        listed[indexes] = True
        return listed if allowed is None else listed & allowed

    def _unknown(self, product_ids: list[str]) -> GalleryError:
        return GalleryError(
            f"gallery {self.version}: has no product {_named(product_ids)}: "
            "correct the id, or see the gallery's problems.jsonl for why it was left out"
        )


def take_turns(voted: Sequence[int], likest: Sequence[int]) -> Iterator[int]:
    """Votes of patches and likeness of the whole picture do not compare, and either finds what the other misses."""
    votes, rest = iter(voted), iter(likest)
    while turn := [*islice(votes, VOTES_A_TURN), *islice(rest, 1)]:
        yield from turn


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(repr(i) for i in ids[:NAMED]) + more
