"""A small shop whose products are easily taken for one another, and words as a recogniser commits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.text import Heard, ProductWords

if TYPE_CHECKING:
    from collections.abc import Callable

SHOP = (
    ProductWords("soap", "Bravo Rosemary Soap, 100 g", "Bravo", price="4.90 EUR"),
    ProductWords("oil", "Fjondo Olive Oil, 500 ml", "Fjondo", price="12.95 EUR"),
    ProductWords("tea-mint", "Quissa Green Tea Mint, 20 bags", "Quissa", group="tea"),
    ProductWords("tea-ginger", "Quissa Green Tea Ginger, 20 bags", "Quissa", group="tea"),
    ProductWords("small", "Nosto Oat Crunch, 375 g", "Nosto", group="oat"),
    ProductWords("large", "Nosto Oat Crunch, 750 g", "Nosto", group="oat"),
    ProductWords("glow", "The Ordinary Glow Serum, 30 ml", "The Ordinary"),
    ProductWords("day", "Velxi Face Serum Day, 30 ml", "Velxi"),
    ProductWords("shirt", "Nordal T-Shirt Palms, size M", "Nordal", aliases=("Palm Beach Tee",)),
)
HAN_SHOP = (
    ProductWords("oat-honey", "蓝河蜂蜜燕麦片 375克", "蓝河", group="oat", price="29.90 CNY"),
    ProductWords("oat-cocoa", "蓝河可可燕麦片 375克", "蓝河", group="oat", price="29.90 CNY"),
    ProductWords("shampoo", "云朵迷迭香洗发水 400ml", "云朵", price="59 CNY"),
    ProductWords("nuts", "三只松鼠每日坚果 750g", "三只松鼠"),
    ProductWords("tea", "青山茉莉绿茶", "青山"),
)


@pytest.fixture
def shop() -> tuple[ProductWords, ...]:
    return SHOP


@pytest.fixture
def han_shop() -> tuple[ProductWords, ...]:
    return HAN_SHOP


@pytest.fixture
def said() -> Callable[..., list[Heard]]:
    """Words a third of a second apart; "|" is a pause of two seconds."""

    def make(text: str, start: float = 0.0, confidence: float = 1.0) -> list[Heard]:
        words, at = [], start
        for word in text.split():
            if word == "|":
                at += 2.0
                continue
            words.append(Heard(at, at + 0.3, word, confidence))
            at += 0.35
        return words

    return make
