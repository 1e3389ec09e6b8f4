"""The sizes of products are listened for as they are said, and read back as what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text import CUE_PHRASES, ProductWords, listened_for, normalise, phrases_of
from engines.text.normalise import tokenise
from engines.text.numbers import said_number
from engines.text.quantities import read_quantities
from engines.text.sizes import sizes_of

pytestmark = pytest.mark.unit


def shop(*titles: str) -> list[ProductWords]:
    return [ProductWords(title, title, "Velkko") for title in titles]


@pytest.mark.parametrize(
    ("title", "ways"),
    [
        ("Velkko Shampoo, 400 ml", ("four hundred milliliters", "four hundred m l")),
        ("Velkko Oat Crunch 375g", ("three hundred seventy five grams", "three hundred seventy five g")),
        (
            "Velkko Juice 1.5 l",
            ("one and a half liters", "a liter and a half", "one point five liters", "one point five l"),
        ),
        ("Velkko Juice 0.5 l", ("half a liter", "zero point five liters", "zero point five l")),
        ("Velkko Scarf, 90 x 90 cm", ("ninety by ninety centimeters", "ninety x ninety c m")),
        ("Velkko Bars, 6x40 g", ("six by forty grams", "six x forty g")),
        ("Velkko Tea, 20 Bags", ("twenty bags",)),
        ("Velkko Juice 1400 ml", ("one thousand four hundred milliliters", "one thousand four hundred m l")),
        ("Velkko Drops Vitamin B 12", ()),
        ("Velkko Disk 2 GB", ()),
        ("Velkko Disk 123456 ml", ()),
    ],
)
def test_a_size_is_said_in_words_and_as_it_is_written(title: str, ways: tuple[str, ...]) -> None:
    assert sizes_of(shop(title)) == ways


def test_the_commonest_come_first_and_there_are_never_more_than_asked_for() -> None:
    titles = shop("a 10 g", "b 20 g", "c 20 g")
    assert sizes_of(titles, most=1) == ("twenty grams",)
    assert sizes_of(titles) == sizes_of(titles[::-1])


def test_an_engine_that_writes_numbers_down_by_itself_is_not_told_of_sizes() -> None:
    titles = shop("Velkko Shampoo, 400 ml")
    assert "four hundred m l" in listened_for(titles, "phrases")
    assert listened_for(titles, "free") == (*phrases_of(titles), *CUE_PHRASES)


def test_who_hears_by_sounds_is_told_whole_turns_and_each_once() -> None:
    product = ProductWords("A", "Camra Hand Cream, Olive", brand="Camra", group="G")
    other = ProductWords("B", "Camra Hand Cream, Citrus", brand="Camra", group="G")
    told = listened_for([product, other], "sounds")
    assert {"camra hand cream olive", "hand cream from camra in citrus", "the olive one", "that was the"} <= {*told}
    assert len(set(told)) == len(told)


@given(
    st.integers(1, 9999).map(str) | st.integers(0, 99).map(lambda whole: f"{whole}.5"),
    st.sampled_from(["ml", "l", "g", "kg", "cm", "m", "mm", "cl", "mg", "oz", "lb", "inch"]),
)
def test_what_is_said_is_read_back_as_the_size_it_was(number: str, unit: str) -> None:
    written = read_quantities(tokenise([number, unit]))
    for way in sizes_of(shop(f"Velkko Thing, {number} {unit}")):
        assert [quantity.key for quantity in read_quantities(tokenise(way.split()))] == [written[0].key]


@given(st.integers(0, 9999), st.integers(0, 99))
def test_a_number_is_said_so_that_it_is_read_as_itself(whole: int, cents: int) -> None:
    assert normalise(said_number(f"{whole}.{cents:02}") + " grams") == f"{whole}.{cents:02} g"


def test_what_is_no_number_is_not_said() -> None:
    assert [said_number(text) for text in ("", "x", "1.2.3", "10000")] == ["", "", "", ""]
