"""Products, photographs of them, and which of the products may be tuned on. Data only: knows no layout and no live.

The split is by rule, not by hand: a product is *tuned on* if the SHA-256 of its id begins below TUNED_BELOW, and else
*never met*; what else is in the catalogue has no say in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.product import Product

TUNED_BELOW = {"cartons": "27", "loose": "70"}  # about a seventh of packages, two fifths of loose goods
LOOSE = frozenset(
    {
        *("fruit", "fruits", "vegetable", "vegetables", "fruits & vegetables"),
        *("fresh & frozen fruits", "fresh & frozen vegetables"),
    }
)

Which = Literal["tuned", "never-met", "all"]
Kind = Literal["cartons", "loose", "all"]


@dataclass(frozen=True, slots=True)
class Item:
    """A product as the catalogue has it. `folder`: where its pictures' paths begin."""

    product: Product
    folder: Path
    category: str = ""  # as Google's taxonomy names it, from the general to the special, with ">" between
    sort: str = ""  # the shop's own product type

    @property
    def loose(self) -> bool:
        """Goods without a package: what is printed on them cannot tell them apart."""
        return any(part.strip().lower() in LOOSE for part in self.category.split(">"))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The main one first: paths below `folder`, or http(s)."""
        return self.product.image_links


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph. `name` is its path below the set's root."""

    name: str
    path: Path
    product_id: str
    split: str = ""  # as the folder says: train, val, test


@dataclass(frozen=True, slots=True)
class PhotoSet:
    root: Path
    items: dict[str, Item]
    photos: tuple[Photo, ...]
    skipped: tuple[str, ...] = ()  # what could not be read, each with its reason

    def ids(self, which: Which, kind: Kind = "all") -> list[str]:
        """The products of that part of the split, in the order of the rule: cartons first."""
        cartons = _part([i for i, item in self.items.items() if not item.loose], which, loose=False)
        loose = _part([i for i, item in self.items.items() if item.loose], which, loose=True)
        return [*(cartons if kind != "loose" else ()), *(loose if kind != "cartons" else ())]

    def of(self, product_id: str) -> list[Photo]:
        return [photo for photo in self.photos if photo.product_id == product_id]

    @property
    def fingerprint(self) -> str:
        """Tells one set from another: the same script needs the same products and photographs."""
        names = "\n".join([*self.items, "", *(f"{photo.name} {photo.product_id}" for photo in self.photos)])
        return hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def tuned_on(product_id: str, *, loose: bool) -> bool:
    return _hash(product_id) < TUNED_BELOW["loose" if loose else "cartons"]


def _part(ids: list[str], which: Which, *, loose: bool) -> list[str]:
    ranked = sorted(ids, key=_hash)
    return [one for one in ranked if which == "all" or tuned_on(one, loose=loose) == (which == "tuned")]


def _hash(product_id: str) -> str:
    return hashlib.sha256(product_id.encode("utf-8", "surrogatepass")).hexdigest()
