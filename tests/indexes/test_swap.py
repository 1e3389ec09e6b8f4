"""A gallery replaced again and again while threads search: no search fails, and none sees two versions."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexes.change import add_products, compact, remove_products
from indexes.gallery import open_gallery

if TYPE_CHECKING:
    from pathlib import Path

    from indexes.gallery import Gallery
    from indexes.picture import Picture
    from indexes.scope import Scope
    from tests.indexes.conftest import Shop, ToyEncoder

pytestmark = pytest.mark.unit

BUNDLE = "ab" * 32
SEARCHES, THREADS, SWAPS, PRODUCTS = 10_000, 3, 8, 5


class Live:
    """One gallery on the disk whose products are all called after its generation, and the version in use."""

    def __init__(self, shop: Shop, encoder: ToyEncoder) -> None:
        self._shop, self._encoder = shop, encoder
        self.swaps = 0
        self._feed(0).replace(shop.feed)
        shop.build(encoder)
        gallery = shop.open()
        self.seen: list[Picture] = [gallery.pictures(i)[0] for i in range(PRODUCTS)]
        self.current: tuple[Gallery, Scope] = (gallery, gallery.scope())

    def swap(self) -> None:
        """The ways a gallery changes, in turn: products replaced, written into the base, built anew."""
        self.swaps += 1
        match self.swaps % 6:
            case 0:
                self._feed(self.swaps).replace(self._shop.feed)
                self._shop.build(self._encoder, now=1_700_000_000.0 + self.swaps)
            case 3:
                compact(self._shop.out)
            case _:
                feed = self._feed(self.swaps)
                add_products(self._shop.out, feed, encoder=self._encoder, bundle_hash=BUNDLE)
        gallery = open_gallery(self._shop.out, bundle_hash=BUNDLE, known=self.current[0])
        few = [f"sku{i}" for i in range(PRODUCTS - 1)] if self.swaps % 2 else None
        self.current = (gallery, gallery.scope(product_ids=few))

    def _feed(self, generation: int) -> Path:
        lines = ["id,title,image_link"]
        lines += [f"sku{i},of {generation},{self._shop.picture(f'{i}.png', i)}" for i in range(PRODUCTS)]
        path = self._shop.folder / f"feed-{generation % 2}.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def search(self, n: int) -> bool:
        """Whether all that it found is of one version; raises where it fails or does not find the right one."""
        gallery, scope = self.current
        wanted = n % (PRODUCTS - 1)
        seen = self.seen[wanted]
        found = gallery.shortlist(seen.embedding, seen.patches.vectors, scope, PRODUCTS)
        products = [gallery.product(index) for index in found]
        assert products[0].product_id == f"sku{wanted}"
        assert np.array_equal(gallery.pictures(found[0])[0].embedding, seen.embedding)
        assert len(products) == len(scope)
        return len({product.title for product in products}) == 1


def test_ten_thousand_searches_while_versions_change_fail_never_and_mix_nothing(
    shop: Shop, encoder: ToyEncoder
) -> None:
    live, over = Live(shop, encoder), threading.Event()

    def searching(first: int) -> list[bool]:
        found: list[bool] = []
        while len(found) < SEARCHES / THREADS or not over.is_set():
            found.append(live.search(first + len(found)))
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        searched = [pool.submit(searching, thread) for thread in range(THREADS)]
        while live.swaps < SWAPS:
            live.swap()
        over.set()
        whole = [one for thread in searched for one in thread.result()]
    assert len(whole) >= SEARCHES
    assert all(whole)
    assert not list(shop.folder.glob(".gallery*"))


def test_a_version_that_nobody_uses_is_freed_at_once_also_where_nobody_collects(
    shop: Shop, encoder: ToyEncoder
) -> None:
    """A worker freezes what it loaded: a reference cycle in it would keep every gallery it ever had."""
    live = Live(shop, encoder)
    gallery, scope = live.current
    seen = live.seen[0]
    live.seen.clear()
    gallery.shortlist(seen.embedding, seen.patches.vectors, scope, 3)
    segment = gallery.parts[0].segment
    assert segment.votes is not None
    old: list[weakref.ref[object]] = [weakref.ref(gallery), weakref.ref(segment), weakref.ref(segment.votes)]
    gc.disable()
    try:
        del gallery, scope, segment
        shop.build(encoder, now=1_800_000_000.0)
        fresh = shop.open()
        live.current = (fresh, fresh.scope())
        assert [ref() for ref in old] == [None, None, None]
    finally:
        gc.enable()


def test_a_scope_keeps_its_version_searchable_after_the_files_are_gone(shop: Shop, encoder: ToyEncoder) -> None:
    live = Live(shop, encoder)
    live.swap()
    gallery, scope = live.current
    remove_products(shop.out, [f"sku{i}" for i in range(PRODUCTS)])
    assert len(shop.open().products) == 0
    seen = live.seen[1]
    assert gallery.product(gallery.shortlist(seen.embedding, seen.patches.vectors, scope, 1)[0]).product_id == "sku1"
