"""Patches of all pictures in one index; a frame's patches vote for products. Knows vectors and owners, no picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.errors import GalleryError
from indexes.faiss_cpu import one_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PatchVectors = NDArray[np.float16]  # (patches, dim), unit length
Owners = NDArray[np.int32]  # (patches,): the product each patch belongs to

NEIGHBOURS = 16  # looked at per patch: siblings share prints, and all of them are to be credited
EXACT_BELOW = 4_000  # patches that are searched one by one; the index would not be faster
SCOPES = 64  # selectors kept, one bit a patch each: the livestreams a worker looks after
PROBES = 4  # of the index' cells a patch is looked up in


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of each asked patch, likest first."""

    likeness: NDArray[np.float32]  # (asked, neighbours)
    owners: Owners  # (asked, neighbours); -1: none


class PatchIndex:
    """Immutable once built. Searching is re-entrant."""

    def __init__(self, index: faiss.Index, owners: Owners) -> None:
        self._index = index
        self._owners = owners
        self._products = int(owners.max()) + 1 if len(owners) else 0
        self._kept = lru_cache(SCOPES)(partial(_bits, owners, self._products))  # not a method: it would hold itself

    def __len__(self) -> int:
        return len(self._owners)

    @classmethod
    def build(cls, vectors: PatchVectors, owners: Owners) -> PatchIndex:
        if vectors.ndim != 2 or len(vectors) != len(owners):
            raise GalleryError(f"{vectors.shape} patch vectors and {owners.shape} owners: give one owner to each row")
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        index = _empty(len(rows), rows.shape[1])
        if not index.is_trained:
            index.train(rows[:: max(1, len(rows) // 100_000)])
        index.add(rows)
        return cls(index, owners.astype(np.int32))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self._index, str(folder / "patches.faiss"))
        np.save(folder / "owners.npy", self._owners, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> PatchIndex:
        try:
            index = faiss.read_index(str(folder / "patches.faiss"))
            owners = np.load(folder / "owners.npy", allow_pickle=False)
        except (OSError, RuntimeError, ValueError) as why:
            raise GalleryError(
                f"{folder.name}: the patch index cannot be read ({why}); build the gallery again"
            ) from why
        if index.ntotal != len(owners):
            raise GalleryError(
                f"{folder.name}: {index.ntotal} patches but {len(owners)} owners; build the gallery again"
            )
        return cls(index, owners)

    def vote(self, query: PatchVectors, allowed: NDArray[np.bool_] | None, k: int) -> list[tuple[int, float]]:
        """Up to `k` products with their credit, best first. `allowed`: one flag per product, None for all."""
        return elect([self.neighbours(query, allowed)], self._products, k)

    def neighbours(self, query: PatchVectors, allowed: NDArray[np.bool_] | None) -> Neighbours:
        selector = None if allowed is None else self._selector(allowed)
        if len(query) == 0 or len(self._owners) == 0 or (selector is None and allowed is not None):
            nothing = (len(query), 0)
            return Neighbours(np.zeros(nothing, np.float32), np.zeros(nothing, np.int32))
        likeness, rows = self._search(np.ascontiguousarray(query, dtype=np.float32), selector)
        return Neighbours(likeness, np.where(rows >= 0, self._owners[rows], -1).astype(np.int32))

    def _selector(self, allowed: NDArray[np.bool_]) -> faiss.IDSelector | None:
        flags = np.zeros(self._products, np.bool_)
        flags[: len(allowed)] = allowed[: self._products]
        return self._kept(np.packbits(flags).tobytes())

    def _search(
        self, query: NDArray[np.float32], selector: faiss.IDSelector | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        how = faiss.SearchParameters()
        if isinstance(self._index, faiss.IndexIVF):
            how = faiss.SearchParametersIVF(nprobe=PROBES)  # type: ignore[call-arg]
        if selector is not None:
            how.sel = selector
        with one_thread():
            likeness, rows = self._index.search(query, NEIGHBOURS, params=how)
        return likeness, rows


def _bits(owners: Owners, products: int, packed: bytes) -> faiss.IDSelector | None:
    """Touches every patch of the gallery, so that the scopes in use are kept; a scope is known by its flags."""
    flags = np.unpackbits(np.frombuffer(packed, np.uint8), count=products).astype(np.bool_)
    inside = flags[owners]
    if not inside.any():
        return None
    return faiss.IDSelectorBitmap(np.packbits(inside, bitorder="little"))  # type: ignore[call-arg, arg-type]


def elect(found: Sequence[Neighbours], products: int, k: int) -> list[tuple[int, float]]:
    """Up to `k` of so many products with their credit, best first. `found`: in each of several indexes."""
    near = found[0] if len(found) == 1 else _nearest_of(found)
    if near.owners.size == 0 or k <= 0:
        return []
    credit = _credit(near, products)
    best = np.lexsort((np.arange(len(credit)), -credit))[:k]
    return [(int(product), float(credit[product])) for product in best if credit[product] > 0]


def _nearest_of(found: Sequence[Neighbours]) -> Neighbours:
    """As if all had been in one index: what one finds may be beyond the last that another does."""
    owners = np.concatenate([each.owners for each in found], axis=1)
    likeness = np.concatenate([each.likeness for each in found], axis=1)
    likeness = np.where(owners >= 0, likeness, -np.inf).astype(np.float32)
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :NEIGHBOURS]
    return Neighbours(np.take_along_axis(likeness, order, axis=1), np.take_along_axis(owners, order, axis=1))


def _credit(near: Neighbours, products: int) -> NDArray[np.float64]:
    """A product earns, per patch, what its likest neighbour is above the patch's last one: rare beats common."""
    likeness, owner = near.likeness, near.owners
    found = owner >= 0
    floor = np.where(found, likeness, np.inf).min(axis=1, keepdims=True)
    gain = np.where(found, likeness - np.where(np.isfinite(floor), floor, 0), 0)
    # neighbours come likest first: an owner met before in the row has its credit already
    columns = np.ascontiguousarray(
        owner.T
    )  # a neighbour at a time: all with all in one array takes four times as long
    again = [(columns[:nth] == columns[nth]).any(axis=0) for nth in range(len(columns))]
    first = found & ~np.stack(again, axis=1)
    credit = np.bincount(owner[first], weights=gain[first], minlength=products)
    return np.asarray(credit, dtype=np.float64)


def patch_cells_of(patches: int) -> int:
    return int(2 ** np.round(np.log2(2 * patches**0.5)))


def _empty(count: int, dim: int) -> faiss.Index:
    """Small galleries are searched exactly; larger ones by cells, at half precision."""
    if count < EXACT_BELOW:
        return faiss.IndexFlatIP(dim)
    cells = patch_cells_of(count)
    coarse = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFScalarQuantizer(
        coarse, dim, cells, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed = 1
    index.cp.min_points_per_centroid = 1
    return index
