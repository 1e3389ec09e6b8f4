"""The turns in which products are named."""

from __future__ import annotations

import pytest

from engines.text import ProductWords
from engines.text.callings import callings_of, said_words, spelling_of

pytestmark = pytest.mark.unit

CHERRY = ProductWords("cherry", "Elifen Gummy Bears Cherry, 180 g", "Elifen", group="bears")
MANGO = ProductWords("mango", "Elifen Gummy Bears Mango, 180 g", "Elifen", group="bears")
TEA = ProductWords("tea", "Wenfen Green Tea, 20 bags", "Wenfen", aliases=("the green one",))


def turns(*products: ProductWords) -> dict[str, frozenset[int]]:
    words, _, meant = callings_of(products)
    return dict(zip(map(" ".join, words), meant, strict=True))


def test_a_product_is_named_by_maker_kind_and_flavour_in_the_orders_of_speech() -> None:
    said = turns(CHERRY, MANGO)
    for turn in (
        "elifen gummy bears cherry",
        "elifen cherry gummy bears",
        "gummy bears from elifen in cherry",
        "in cherry",
    ):
        assert said[turn] == {0}


def test_what_look_alikes_have_in_common_means_both() -> None:
    said = turns(CHERRY, MANGO)
    assert said["elifen"] == said["gummy bears"] == said["gummy bears from elifen"] == {0, 1}


def test_sizes_are_no_words_of_a_name() -> None:
    assert said_words("Wenfen Green Tea, 20 bags") == ("wenfen", "green", "tea")
    assert said_words("Mikko T-Shirt Palms, size M") == ("mikko", "t-shirt", "palms")
    assert said_words("Nosto Oat Crunch 375 g") == ("nosto", "oat", "crunch")


def test_an_alias_is_a_name() -> None:
    assert turns(TEA)["the green one"] == {0}


def test_names_are_written_as_the_shop_writes_them() -> None:
    assert spelling_of([TEA])["wenfen"] == "Wenfen"


def test_each_turn_is_listed_once_whatever_the_order_of_words_in_the_catalogue() -> None:
    assert callings_of([CHERRY, TEA])[:2] == callings_of([CHERRY, TEA, CHERRY])[:2]


def test_a_turn_means_every_product_that_is_called_so_and_equal_answers_are_one_object() -> None:
    said = turns(CHERRY, TEA, MANGO, CHERRY)
    assert said["from elifen"] == {0, 2, 3}
    assert said["in cherry"] == {0, 3}
    assert said["from elifen"] is said["gummy bears"]


def test_a_product_without_a_title_is_not_named() -> None:
    assert turns(ProductWords("nothing", "")) == {}
