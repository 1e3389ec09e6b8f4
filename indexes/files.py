"""A gallery's files opened together: what was built, what changed since, and what that leaves. Searches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.delta import NAME, read_both
from indexes.errors import GalleryError
from indexes.manifest import check_files, read_manifest
from indexes.stock import Stock

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from indexes.delta import Delta
    from indexes.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Files:
    """`added`: what was added or replaced since; `alive`: a flag per product of the base, None: all of them."""

    manifest: Manifest
    delta: Delta | None
    base: Stock
    added: Stock | None
    alive: NDArray[np.bool_] | None

    @property
    def version(self) -> str:
        return self.manifest.version if self.delta is None else self.delta.version

    @property
    def withdrawn(self) -> frozenset[str]:
        """Ids of products that were taken out since the catalogue was read."""
        gone = {*self.manifest.withdrawn, *(() if self.delta is None else self.delta.removed)}
        return frozenset(
            gone - {i for i in gone if self.added is not None and self.added.products.find(i) is not None}
        )


def open_files(path: Path, *, bundle_hash: str | None, verify: bool = False) -> Files:
    """Raises GalleryError. `bundle_hash`: None where the gallery is only to be rewritten."""
    manifest, delta = read_both(path)
    if bundle_hash is not None:
        check_bundle(path, manifest, bundle_hash)
    base = _stock(path, manifest, verify=verify)
    added = None
    if delta is not None and delta.folder:
        added = _stock(path / delta.folder, read_manifest(path / delta.folder), verify=verify)
        _check_added(path, manifest, added.manifest)
    return Files(manifest, delta, base, added, _alive(base, delta, added))


def check_bundle(path: Path, manifest: Manifest, bundle_hash: str) -> None:
    if manifest.bundle_hash != bundle_hash:
        raise GalleryError(
            f"gallery {path}: built with bundle {manifest.bundle_name} ({manifest.bundle_hash[:12]}), "
            f"this one is {bundle_hash[:12]}: build it again with this bundle"
        )


def _stock(folder: Path, manifest: Manifest, *, verify: bool) -> Stock:
    check_files(folder, manifest, verify=verify)
    return Stock(folder, manifest)


def _check_added(path: Path, base: Manifest, added: Manifest) -> None:
    """It was written for this very gallery, unless somebody copied it here."""
    if (added.bundle_hash, added.dim, added.votes) != (base.bundle_hash, base.dim, base.votes):
        raise GalleryError(f"gallery {path}: what {NAME} names is another bundle's: build the gallery again")


def _alive(base: Stock, delta: Delta | None, added: Stock | None) -> NDArray[np.bool_] | None:
    replaced = [] if added is None else [product.product_id for product in added.products]
    removed = () if delta is None else delta.removed
    gone = [index for i in (*replaced, *removed) if (index := base.products.find(i)) is not None]
    if not gone:
        return None
    alive = np.ones(len(base), np.bool_)
    alive[gone] = False
    return alive
