"""What is written in many ways is compared as one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engines.text.normalise import normalise, tokenise
from engines.text.quantities import read_quantities

pytestmark = pytest.mark.unit

SAME = (
    ("The Bravo's Oat-Crunch!", "the bravo oat crunch"),
    ("Crème Brûlée", "creme brulee"),
    ("ＦＵＬＬ width", "full width"),
    ("T-Shirts", "t shirt"),
    ("tee shirt", "t shirt"),
    ("isn't", "is not"),
    ("flavours and colours", "flavor and color"),
    ("boxes, dresses, berries, glass, bus", "box dress berry glass bus"),
    ("three hundred and seventy five millilitres", "375 ml"),
    ("375ml", "375 ml"),
    ("four hundred m l", "400 ml"),
    ("a litre and a half", "1.5 l"),
    ("two and a half kilos", "2.5 kg"),
    ("half a litre of a half", "0.5 l of a half"),
    ("five hundred gram", "500 g"),
    ("ninety by ninety centimeters", "90 x 90 cm"),
    ("fifty x seventy c m", "50 x 70 cm"),
    ("six times forty grams", "6 x 40 g"),
    ("by four, three times", "by 4 3 time"),
    ("a hundred grams", "100 g"),
    ("one point five litres", "1.5 l"),
    ("twelve point ninety nine", "12.99"),
    ("two thousand twenty six", "2026"),
    ("5 thousand", "5000"),
    ("ten five", "10 5"),
    ("twelve point ninety", "12.90"),
    ("三块五毛", "3.5 cny"),
    ("this one", "this one"),
    ("one litre", "1 l"),
    ("1,299.00 USD and 12,90 EUR", "1299.00 usd and 12.90 eur"),
    ("$12.90 or €9", "usd 12.90 or eur 9"),
    ("蜂蜜燕麦片", "蜂 蜜 燕 麦 片"),
    ("三百七十五克", "375 g"),
    ("两千零五克", "2005 g"),
    ("一点五升", "1.5 l"),
    ("二十九块九", "29.9 cny"),
    ("二十九块九毛九", "29.99 cny"),
    ("29块", "29 cny"),
    ("一万元", "10000 cny"),
    ("三只松鼠", "三 只 松 鼠"),
    ("点 克", "点 克"),
    ("五点点升", "五 点 点 升"),
    ("", ""),
    ("!? …", ""),
)
QUANTITIES: tuple[tuple[str, list[str]], ...] = (
    ("375 g", ["375 g"]),
    ("half a kilo is 0.5 kg", ["0.5 kg", "0.5 kg"]),
    ("twelve ninety five", ["12.95"]),
    ("twelve ninety five euros", ["12.95 eur"]),
    ("twelve euros fifty", ["12.5 eur"]),
    ("$4.90 $5", ["4.9 usd", "5 usd"]),
    ("EUR 12.90", ["12.9 eur"]),
    ("5 euros 6 dollars", ["5 eur", "6 usd"]),
    ("6 x 40 g", ["40 g"]),
    ("twenty ninety grams", ["90 g"]),
    ("12.95 a piece", ["12.95"]),
    ("0012.50 EUR", ["12.5 eur"]),
    ("number 1234567890123 g", []),
    ("1.2.3 g", []),
    ("bring 20 bags", []),
)
NUMERIC = st.lists(
    st.sampled_from(
        [
            "one",
            "five",
            "twenty",
            "ninety",
            "hundred",
            "thousand",
            "million",
            "point",
            "and",
            "a",
            "5",
            "5.5",
            "500",
            "1,000",
            "ml",
            "gram",
            "euro",
            "$",
            "€",
            "三",
            "百",
            "点",
            "九",
            "克",
            "块",
            "毛",
            "x",
            "the",
        ]
    ),
    max_size=9,
).map(" ".join)


@pytest.mark.parametrize(("text", "expected"), SAME)
def test_spellings_numbers_and_scripts_come_to_one_form(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(max_size=40))
@example("ẞ ﬁ ① ½ ʼn İ")
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(NUMERIC)
def test_numbers_normalised_twice_stay_what_they_were(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.lists(st.text(max_size=8), max_size=12))
def test_tokens_are_in_the_order_of_their_words(words: list[str]) -> None:
    tokens = tokenise(words)
    assert all(0 <= token.first <= token.last < len(words) for token in tokens)
    assert all(one.last <= two.last and one.first <= two.first for one, two in pairwise(tokens))


@pytest.mark.parametrize(("text", "expected"), QUANTITIES)
def test_sizes_and_prices_are_read(text: str, expected: list[str]) -> None:
    assert [quantity.text for quantity in read_quantities(tokenise(text.split()))] == expected


@pytest.mark.parametrize(
    ("one", "two"),
    [("1.5 l", "1500 millilitres"), ("0.5 kg", "500 g"), ("12.90 EUR", "$12.9"), ("一斤克 一斤", "500 g")],
)
def test_equal_quantities_have_equal_keys(one: str, two: str) -> None:
    keys = [{quantity.key for quantity in read_quantities(tokenise(text.split()))} for text in (one, two)]
    assert keys[0] == keys[1]
