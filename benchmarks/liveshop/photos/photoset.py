"""Products, photographs of them, and which of the products may be tuned on. Data only: knows no layout and no live.

The split is by rule, not by hand: ids sorted by their SHA-256, packages and loose goods apart; the first
TUNED_CARTONS packages and the first half of the rest are *tuned on*, the others *never met*.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.product import Product

TUNED_CARTONS = 4
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
        cartons = _part([i for i, item in self.items.items() if not item.loose], which, TUNED_CARTONS)
        goods = [i for i, item in self.items.items() if item.loose]
        loose = _part(goods, which, len(goods) // 2)
        return [*(cartons if kind != "loose" else ()), *(loose if kind != "cartons" else ())]

    def of(self, product_id: str) -> list[Photo]:
        return [photo for photo in self.photos if photo.product_id == product_id]

    @property
    def fingerprint(self) -> str:
        """Tells one set from another: the same script needs the same products and photographs."""
        names = "\n".join([*self.items, "", *(f"{photo.name} {photo.product_id}" for photo in self.photos)])
        return hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _part(ids: list[str], which: Which, first: int) -> list[str]:
    """`first`: how many are tuned on."""
    ranked = sorted(ids, key=lambda one: hashlib.sha256(one.encode("utf-8", "surrogatepass")).hexdigest())
    return {"tuned": ranked[:first], "never-met": ranked[first:], "all": ranked}[which]
