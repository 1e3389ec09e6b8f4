"""Products and their pictures as they lie in one folder's files, mapped. Knows no search and no change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from indexes.errors import GalleryError
from indexes.picture import Picture, PicturePatches
from indexes.products import ProductTable, load_array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from indexes.exact import Owners
    from indexes.manifest import Manifest

KEPT = 4096  # products whose pictures are kept as objects


class Stock:
    """What was opened stays readable after its folder is replaced or removed. Safe to use from many threads."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Costs no memory to speak of. Raises GalleryError where the files do not fit each other."""
        self.folder = folder
        self.manifest = manifest
        self.products = ProductTable(folder)
        self.owners = load_array(folder, "owners", np.int32, 1)
        self._album = _Album(folder, self.owners, len(self.products))
        self.embeddings = self._album.embeddings
        if len(self.products) != manifest.products or not self._album.fits(manifest):
            raise GalleryError(f"gallery {folder}: its files do not fit each other: build the gallery again")
        self._kept = lru_cache(KEPT)(self._album.pictures)

    def __len__(self) -> int:
        return len(self.products)

    def pictures(self, product: int) -> Sequence[Picture]:
        """All pictures of a product, the main one first. Views of the files: nothing is copied."""
        return self._kept(product)

    def rows(self, product: int) -> range:
        return self._album.rows(product)

    def picture(self, row: int) -> Picture:
        return self._album.picture(row)


class _Album:
    """The arrays that make up pictures."""

    def __init__(self, folder: Path, owners: Owners, products: int) -> None:
        self.embeddings = load_array(folder, "embeddings", np.float32, 2)
        self._vectors = load_array(folder, "vectors", np.float16, 2)
        self._places = load_array(folder, "places", np.float32, 2)
        self._thumbs = load_array(folder, "thumbs", np.uint8, 1)
        self._patch_ends = load_array(folder, "patch_ends", np.int64, 1)
        self._thumb_ends = load_array(folder, "thumb_ends", np.int64, 1)
        self._thumb_sizes = load_array(folder, "thumb_sizes", np.int32, 2)
        self._owners = owners
        self._firsts = np.searchsorted(owners, np.arange(products + 1))

    def rows(self, product: int) -> range:
        return range(int(self._firsts[product]), int(self._firsts[product + 1]))

    def pictures(self, product: int) -> tuple[Picture, ...]:
        return tuple(self.picture(row) for row in self.rows(product))

    def picture(self, row: int) -> Picture:
        patches = slice(int(self._patch_ends[row - 1]) if row else 0, int(self._patch_ends[row]))
        thumb = slice(int(self._thumb_ends[row - 1]) if row else 0, int(self._thumb_ends[row]))
        height, width = self._thumb_sizes[row].tolist()
        return Picture(
            self.embeddings[row],
            PicturePatches(
                self._vectors[patches], self._places[patches], self._thumbs[thumb].reshape(height, width, 3)
            ),
        )

    def fits(self, said: Manifest) -> bool:
        """The manifest's counts against the arrays: files of the right size can still be of another gallery."""
        pictures, patches = said.pictures, said.patches
        thumbs = int(self._thumb_ends[-1]) if pictures and len(self._thumb_ends) else 0
        return (
            self.embeddings.shape == (pictures, said.dim)
            and self._vectors.shape == (patches, said.patch_dim)
            and self._places.shape == (patches, 4)
            and self._thumb_sizes.shape == (pictures, 2)
            and len(self._owners) == len(self._patch_ends) == len(self._thumb_ends) == pictures
            and (int(self._patch_ends[-1]) if pictures else 0) == patches
            and len(self._thumbs) == thumbs
        )
