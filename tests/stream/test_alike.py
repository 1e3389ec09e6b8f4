"""Who looks like whom, as the matcher has it when it is shown catalogue pictures."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.bundle import open_bundle
from engines.classic import ClassicMatcher
from indexes.build import build_gallery
from indexes.gallery import Gallery, open_gallery
from stream.alike import Comparing, groups_in

if TYPE_CHECKING:
    from pathlib import Path

    from engines.base import Encoded

pytestmark = pytest.mark.media

Shop = Callable[..., Gallery]


class Counting(ClassicMatcher):
    """Counts the pairs that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs = 0

    def same_print(self, one: Encoded, two: Encoded) -> bool:
        self.pairs += 1
        return super().same_print(one, two)


def picture(seed: int, accent: int = 0) -> np.ndarray:
    """A package with print of its own; `accent` changes one band of it."""
    rng = np.random.default_rng(seed)
    image = np.full((480, 320, 3), 255, np.uint8)
    cv2.rectangle(image, (30, 30), (290, 450), rng.integers(60, 200, 3).tolist(), -1)
    for _ in range(40):
        x, y = rng.integers(40, 250, 2).tolist()
        cv2.circle(image, (x, 2 * y - 30), int(rng.integers(6, 26)), rng.integers(0, 255, 3).tolist(), -1)
    cv2.putText(image, f"N{seed}", (60, 240), cv2.FONT_HERSHEY_SIMPLEX, 2.2, (10, 10, 10), 6)
    if accent:
        cv2.rectangle(image, (30, 300), (290, 380), (20, 20, 230), -1)
    return image


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    def build(**products: tuple[np.ndarray, str, int]) -> Gallery:
        bundle = open_bundle("classic")
        with (tmp_path / "feed.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "title", "image_link", "item_group_id"])
            for product_id, (image, group, quality) in products.items():
                (tmp_path / f"{product_id}.jpg").write_bytes(
                    cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
                )
                rows.writerow([product_id, product_id, f"{product_id}.jpg", group])
        build_gallery(
            tmp_path / "feed.csv",
            encoder=bundle.encoder(1),
            bundle_name=bundle.name,
            bundle_hash=bundle.hash,
            out=tmp_path / "gallery",
            votes=bundle.votes,
        )
        return open_gallery(tmp_path / "gallery", bundle_hash=bundle.hash)

    return build


def test_products_with_one_picture_are_twins_also_where_the_feed_does_not_say_so(shop: Shop) -> None:
    gallery = shop(
        honey=(picture(1), "oats", 95),
        cocoa=(picture(1), "oats", 95),
        soap=(picture(2), "", 95),
        bar=(picture(2), "", 95),
        tea=(picture(3), "teas", 95),
        mint=(picture(3, accent=1), "teas", 95),
        lamp=(picture(4), "", 95),
    )
    found = Comparing(gallery, open_bundle("classic").matcher()).alike_in(gallery.scope())
    assert found.twins == {
        **dict.fromkeys(("honey", "cocoa"), ("cocoa", "honey")),
        **dict.fromkeys(("soap", "bar"), ("bar", "soap")),
    }
    assert found.groups == {
        "honey": "oats", "cocoa": "oats", "tea": "teas", "mint": "teas", "soap": "bar", "bar": "bar",
    }  # fmt: skip


def test_a_picture_that_the_shop_saved_anew_is_the_same_picture(shop: Shop) -> None:
    smaller = np.asarray(cv2.resize(picture(1), None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA), np.uint8)
    gallery = shop(
        honey=(picture(1), "oats", 92),
        cocoa=(picture(1), "oats", 60),
        nuts=(smaller, "oats", 80),
        mint=(picture(1, accent=1), "oats", 92),
    )
    found = Comparing(gallery, open_bundle("classic").matcher()).alike_in(gallery.scope())
    assert found.twins == dict.fromkeys(("cocoa", "honey", "nuts"), ("cocoa", "honey", "nuts"))


def test_each_pair_is_compared_once_however_many_scopes_it_is_in(shop: Shop) -> None:
    gallery = shop(**{name: (picture(i), "", 92) for i, name in enumerate(("honey", "cocoa", "lamp"))})
    asked = Counting()
    comparing = Comparing(gallery, asked)
    comparing.alike_in(gallery.scope())
    comparing.alike_in(gallery.scope(product_ids=["honey", "lamp"]))
    assert asked.pairs == comparing.pairs == 3


def test_whoever_is_told_to_stop_compares_nothing_more(shop: Shop) -> None:
    gallery = shop(honey=(picture(1), "oats", 92), cocoa=(picture(1), "oats", 92))
    comparing = Comparing(gallery, open_bundle("classic").matcher())
    comparing.stop()
    assert comparing.alike_in(gallery.scope()) == groups_in(gallery, gallery.scope())
    assert comparing.pairs == 0


def test_who_is_not_in_scope_is_nobodys_twin(shop: Shop) -> None:
    gallery = shop(honey=(picture(1), "", 95), cocoa=(picture(1), "", 95), lamp=(picture(4), "", 95))
    scope = gallery.scope(product_ids=["honey", "lamp"])
    assert Comparing(gallery, open_bundle("classic").matcher()).alike_in(scope).twins == {}
