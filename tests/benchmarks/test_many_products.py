"""Made-up large shops: the same for the same seed, of makers that have many products, talked about by name."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.many_products import large_shop, windows
from engines.text import Hearing

pytestmark = pytest.mark.unit


def test_a_shop_is_as_large_as_asked_and_the_same_again() -> None:
    shop = large_shop(300, seed=3)
    assert len({product.product_id for product in shop}) == 300
    assert shop == large_shop(300, seed=3)
    assert shop != large_shop(300, seed=4)


def test_makers_have_many_products_and_look_alikes_are_of_one_maker() -> None:
    shop = large_shop(1000)
    assert Counter(product.brand for product in shop).most_common(1)[0][1] > 50
    groups = {product.group for product in shop if product.group}
    assert groups
    for group in groups:
        assert len({product.brand for product in shop if product.group == group}) == 1


def test_talk_is_full_of_the_shops_names() -> None:
    shop = large_shop(100)
    hearing = Hearing(shop)
    said = windows(shop, 5, 60)
    assert [len(window) for window in said] == [60] * 5
    assert all(len(hearing.mentions(window)) >= 3 for window in said)


def test_a_breath_parts_sentences_alone() -> None:
    (window,) = windows(large_shop(50), 1, 60, breath_s=0.4)
    for before, after in pairwise(window):
        assert (after.start - before.end > 0.2) == before.text.endswith((".", "?", "!"))
