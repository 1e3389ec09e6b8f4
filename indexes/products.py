"""A gallery's products on disk: read one by one, found by id, grouped by shop, without holding them all in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeVar, overload

import numpy as np

from indexes.errors import GalleryError
from indexes.product import Product
from indexes.publish import ArrayFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

LINES = "products.jsonl"
KEPT = 4096  # products kept parsed: the same few are asked for with every frame


class ProductTable(Sequence[Product]):
    """Maps its files: opening costs nothing per product."""

    def __init__(self, folder: Path) -> None:
        self._text = np.memmap(folder / LINES, np.uint8, "r") if (folder / LINES).stat().st_size else b""
        self._ends = load_array(folder, "product_ends", np.int64, 1)
        self._keys = load_array(folder, "id_keys", np.uint64, 1)
        self._order = load_array(folder, "id_order", np.int32, 1)
        self._shop_of = load_array(folder, "product_shops", np.int32, 1)
        self._shops: dict[str, int] = json.loads((folder / "shops.json").read_text(encoding="utf-8"))
        self._parsed = lru_cache(KEPT)(partial(_parse, self._text, self._ends))  # not a method: it would hold itself

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Product: ...
    @overload
    def __getitem__(self, index: slice) -> list[Product]: ...
    def __getitem__(self, index: int | slice) -> Product | list[Product]:
        if isinstance(index, slice):
            return [self._parsed(i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"product {index} of {len(self)}")
        return self._parsed(index % len(self))

    def find(self, product_id: str) -> int | None:
        key = _key(product_id)
        at = int(np.searchsorted(self._keys, key))
        while at < len(self._keys) and self._keys[at] == key:
            if self[int(self._order[at])].product_id == product_id:
                return int(self._order[at])
            at += 1
        return None

    def of_shop(self, shop_id: str) -> NDArray[np.bool_] | None:
        """A flag per product, or None for a shop without any."""
        number = self._shops.get(shop_id)
        return None if number is None else np.asarray(self._shop_of == number)

    @property
    def shops(self) -> int:
        return sum(1 for shop in self._shops if shop)


def _parse(text: NDArray[np.uint8] | bytes, ends: NDArray[np.int64], index: int) -> Product:
    start = int(ends[index - 1]) if index else 0
    return Product.from_json(bytes(text[start : int(ends[index])]))


def write_products(folder: Path, products: Iterable[Product]) -> None:
    """All files of a ProductTable. Memory: a few dozen bytes a product."""
    ends, keys, shop_of = [], [], []
    shops: dict[str, int] = {}
    size = 0
    with (folder / LINES).open("wb") as file:
        for product in products:
            size += file.write(product.to_json().encode() + b"\n")
            ends.append(size)
            keys.append(_key(product.product_id))
            shop_of.append(shops.setdefault(product.shop_id, len(shops)))
    key_array = np.array(keys, np.uint64)
    order = np.argsort(key_array, kind="stable")
    save_array(folder, "product_ends", np.array(ends, np.int64))
    save_array(folder, "id_keys", key_array[order])
    save_array(folder, "id_order", order.astype(np.int32))
    save_array(folder, "product_shops", np.array(shop_of, np.int32))
    (folder / "shops.json").write_text(json.dumps(shops, ensure_ascii=False), encoding="utf-8")


def save_array(folder: Path, name: str, array: NDArray[np.generic]) -> None:
    with ArrayFile(folder / f"{name}.npy", array.dtype.type, array.shape) as file:
        file.write(array)


def load_array(folder: Path, name: str, dtype: type[Scalar], dims: int) -> NDArray[Scalar]:
    """Mapped read-only. A plain ndarray: slicing a memmap object costs microseconds each time."""
    path = folder / f"{name}.npy"
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise GalleryError(f"gallery {folder}: {path.name} is damaged: {error}: build the gallery again") from error
    if array.dtype != dtype or array.ndim != dims:
        raise GalleryError(
            f"gallery {folder}: {path.name} holds {array.dtype} {array.shape}: build the gallery again"
        )
    plain: NDArray[Scalar] = array.view(np.ndarray)
    return plain


def _key(product_id: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(product_id.encode(), digest_size=8).digest(), "little"))
