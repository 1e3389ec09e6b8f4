"""A gallery opened: an immutable snapshot of products, pictures and their search. Knows no engine, no stream."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from indexes.errors import GalleryError
from indexes.faiss_cpu import FaissIndex
from indexes.faiss_gpu import open_on_gpu
from indexes.manifest import check_files, read_manifest
from indexes.picture import Picture, PicturePatches
from indexes.products import ProductTable, load_array
from indexes.scope import everything, only
from indexes.selectors import check_processor
from indexes.voting import PatchIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexes.exact import Ranked
    from indexes.faiss_gpu import GpuIndex
    from indexes.manifest import Manifest
    from indexes.picture import Embedding, PatchVectors
    from indexes.product import Product
    from indexes.scope import Scope

CELLS = "cells.faiss"
VOTES = "votes"
KEPT = 4096  # products whose pictures are kept as objects
# Photographs of cartons in front of shelves, 60 products, classic engine, the right product among 12: 99.2% by votes
# alone, 90% by likeness, 95% if they take turns one by one, 99.2% three by one (120 photographs). Loose fruit, where
# patches see little: likeness 31%, votes 24%, 25% three by one.
VOTES_A_TURN = 3
NAMED = 5  # unknown ids that a message repeats
REOPENED = 3  # tries, if the gallery is replaced while it is being opened


def open_gallery(path: Path, *, bundle_hash: str, verify: bool = False) -> Gallery:
    """Raises GalleryError for another bundle's gallery, another format, missing or truncated files.

    `verify` also reads every byte and compares hashes. What was opened stays readable after `path` is replaced.
    """
    check_processor()
    for _ in range(REOPENED):
        manifest = read_manifest(path)
        _check_bundle(path, manifest, bundle_hash)
        try:
            check_files(path, manifest, verify=verify)
            gallery = Gallery(path, manifest)
        except (GalleryError, OSError) as error:
            if read_manifest(path).version != manifest.version:
                continue
            if isinstance(error, OSError):
                raise GalleryError(f"gallery {path}: cannot be read: {error}: build it again") from error
            raise
        if read_manifest(path).version == manifest.version:
            return gallery
    raise GalleryError(f"gallery {path}: is being replaced again and again: try later")


def _check_bundle(path: Path, manifest: Manifest, bundle_hash: str) -> None:
    if manifest.bundle_hash != bundle_hash:
        raise GalleryError(
            f"gallery {path}: built with bundle {manifest.bundle_name} ({manifest.bundle_hash[:12]}), "
            f"this one is {bundle_hash[:12]}: build it again with this bundle"
        )


class Gallery:
    """Safe to use from many threads; its search of patches from one at a time."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.version = manifest.version
        self.bundle_hash = manifest.bundle_hash
        self.manifest = manifest
        self._table = ProductTable(folder)
        self._embeddings = load_array(folder, "embeddings", np.float32, 2)
        self._vectors = load_array(folder, "vectors", np.float16, 2)
        self._places = load_array(folder, "places", np.float32, 2)
        self._thumbs = load_array(folder, "thumbs", np.uint8, 1)
        self._patch_ends = load_array(folder, "patch_ends", np.int64, 1)
        self._thumb_ends = load_array(folder, "thumb_ends", np.int64, 1)
        self._thumb_sizes = load_array(folder, "thumb_sizes", np.int32, 2)
        self._owners = load_array(folder, "owners", np.int32, 1)
        self._check_shapes(folder)
        self._firsts = np.searchsorted(self._owners, np.arange(len(self._table) + 1))
        cells = folder / CELLS
        self._cpu = (
            FaissIndex.load(cells, self._embeddings, self._owners)
            if cells.exists()
            else FaissIndex.build(self._embeddings, self._owners)
        )
        self._index: FaissIndex | GpuIndex = self._cpu
        self._votes = PatchIndex.load(folder / VOTES) if manifest.votes else None
        self._kept = lru_cache(KEPT)(self._pictures)
        self._everything = everything(self.version, len(self._table), len(self._owners))

    @property
    def products(self) -> Sequence[Product]:
        return self._table

    def move_to_gpu(self, on_lost: Callable[[str], None]) -> None:
        """Raises GpuError where pictures stay with the processor; patches always do. For a gallery not shared yet."""
        self._index = open_on_gpu(self._cpu, self._embeddings, self._owners, on_lost=on_lost)

    @property
    def searched_by(self) -> str:
        return str(self._index)

    def product(self, index: int) -> Product:
        return self._table[index]

    def index_of(self, product_id: str) -> int:
        index = self._table.find(product_id)
        if index is None:
            raise self._unknown([product_id])
        return index

    def pictures(self, product: int) -> Sequence[Picture]:
        """All pictures of a product, the main one first. Views of the files: nothing is copied."""
        return self._kept(product)

    def scope(self, *, shop_id: str | None = None, product_ids: Sequence[str] | None = None) -> Scope:
        """What a livestream may show; both given: the products must be the shop's. Raises GalleryError."""
        allowed = self._of_shop(shop_id) if shop_id is not None else None
        if product_ids is not None:
            allowed = self._listed(product_ids, allowed, shop_id)
        if allowed is None:
            return self._everything
        return only(self.version, allowed, self._owners, self._embeddings)

    def shortlist(self, embedding: Embedding, patch_vectors: PatchVectors, scope: Scope, k: int) -> list[int]:
        """Up to `k` products worth a close look, best first; all of a scope that has no more than `k`."""
        self._check_query(embedding, scope)
        voted = [] if self._votes is None else self._votes.vote(patch_vectors, scope.allowed, k)
        likest = self.near(embedding, scope, k)
        merged = dict.fromkeys(take_turns([product for product, _ in voted], [product for product, _ in likest]))
        if len(scope) <= k:
            merged.update(dict.fromkeys(scope.products.tolist()))
        return list(merged)[:k]

    def near(self, embedding: Embedding, scope: Scope, k: int) -> Ranked:
        """Products by the likeness of their likest picture."""
        if scope.few is not None:
            return scope.few.nearest(embedding, k)
        return self._index.nearest(embedding, k, bitmap=scope.bitmap, pictures=scope.pictures)

    def _check_query(self, embedding: Embedding, scope: Scope) -> None:
        if embedding.shape != (self.manifest.dim,):
            raise GalleryError(
                f"gallery {self.version}: embedding of shape {embedding.shape} instead of ({self.manifest.dim},): "
                "encode with the gallery's bundle"
            )
        if scope.gallery != self.version:
            raise GalleryError(f"gallery {self.version}: scope of gallery {scope.gallery}: make the scope anew")

    def _of_shop(self, shop_id: str) -> NDArray[np.bool_]:
        allowed = self._table.of_shop(shop_id)
        if allowed is None:
            cure = "check the id" if self._table.shops else "the feed has no shop_id column, so leave the shop out"
            raise GalleryError(f"gallery {self.version}: no product of shop {shop_id!r}: {cure}")
        return allowed

    def _listed(
        self, product_ids: Sequence[str], allowed: NDArray[np.bool_] | None, shop_id: str | None
    ) -> NDArray[np.bool_]:
        found = {product_id: self._table.find(product_id) for product_id in product_ids}
        if unknown := [product_id for product_id, index in found.items() if index is None]:
            raise self._unknown(unknown)
        indexes = [index for index in found.values() if index is not None]
        if allowed is not None and (foreign := [i for i in indexes if not allowed[i]]):
            names = _named([self._table[i].product_id for i in foreign])
            raise GalleryError(f"gallery {self.version}: {names} not of shop {shop_id!r}: correct the product list")
        listed = np.zeros(len(self._table), np.bool_)
        listed[indexes] = True
        return listed

    def _unknown(self, product_ids: list[str]) -> GalleryError:
        return GalleryError(
            f"gallery {self.version}: has no product {_named(product_ids)}: "
            "correct the id, or see the gallery's problems.jsonl for why it was left out"
        )

    def _pictures(self, product: int) -> tuple[Picture, ...]:
        return tuple(self._picture(row) for row in range(int(self._firsts[product]), int(self._firsts[product + 1])))

    def _picture(self, row: int) -> Picture:
        patches = slice(int(self._patch_ends[row - 1]) if row else 0, int(self._patch_ends[row]))
        thumb = slice(int(self._thumb_ends[row - 1]) if row else 0, int(self._thumb_ends[row]))
        height, width = self._thumb_sizes[row].tolist()
        return Picture(
            self._embeddings[row],
            PicturePatches(
                self._vectors[patches], self._places[patches], self._thumbs[thumb].reshape(height, width, 3)
            ),
        )

    def _check_shapes(self, folder: Path) -> None:
        """The manifest's counts against the arrays: files of the right size can still be of another gallery."""
        said = self.manifest
        pictures, patches = said.pictures, said.patches
        thumbs = int(self._thumb_ends[-1]) if pictures and len(self._thumb_ends) else 0
        consistent = (
            len(self._table) == said.products
            and self._embeddings.shape == (pictures, said.dim)
            and self._vectors.shape == (patches, said.patch_dim)
            and self._places.shape == (patches, 4)
            and self._thumb_sizes.shape == (pictures, 2)
            and len(self._owners) == len(self._patch_ends) == len(self._thumb_ends) == pictures
            and (int(self._patch_ends[-1]) if pictures else 0) == patches
            and len(self._thumbs) == thumbs
        )
        if not consistent:
            raise GalleryError(f"gallery {folder}: its files do not fit each other: build the gallery again")


def take_turns(voted: Sequence[int], likest: Sequence[int]) -> Iterator[int]:
    """Votes of patches and likeness of the whole picture do not compare, and either finds what the other misses."""
    votes, rest = iter(voted), iter(likest)
    while turn := [*islice(votes, VOTES_A_TURN), *islice(rest, 1)]:
        yield from turn


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(repr(i) for i in ids[:NAMED]) + more
