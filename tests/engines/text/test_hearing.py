"""Sentences, and which products they name: this one, a past, a coming, another, a rival."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.text import Heard, Hearing, Kind, ProductWords

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from engines.text import Mention

    Said = Callable[..., list[Heard]]

pytestmark = pytest.mark.unit

THIS, PAST, NEXT, NOT_THIS, RIVAL = Kind.THIS, Kind.PAST, Kind.NEXT, Kind.NOT_THIS, Kind.RIVAL
ENGLISH: tuple[tuple[str, dict[str, Kind]], ...] = (
    ("This is the Bravo soap", {"soap": THIS}),
    ("Look at the fjondo oil everybody", {"oil": THIS}),
    ("Next up is the Quissa tea, ginger", {"tea-ginger": THIS}),
    ("And now something from Quissa.", {"tea-mint": THIS, "tea-ginger": THIS}),
    ("The green tea in mint", {"tea-mint": THIS}),
    ("The one in ginger, finally back in stock.", {"tea-ginger": THIS}),
    ("the Nosto oat crunch", {"small": THIS, "large": THIS}),
    ("Nosto oat crunch, seven hundred fifty grams", {"large": THIS}),
    ("0.375 kilos of Nosto", {"small": THIS}),
    ("palm beach tee", {"shirt": THIS}),
    ("tee shirt with palms", {"shirt": THIS}),
    ("the ordinary serum", {"glow": THIS}),
    ("the olive oils", {"oil": THIS}),
    ("this oliveoil is great", {"oil": THIS}),
    ("the fee on do olive oil", {"oil": THIS}),
    ("the kissa green tea ginger", {"tea-ginger": THIS}),
    ("Velksi face serum", {"day": THIS}),
    ("that means the world to me", {}),
    ("Unlike the Bravo soap this one lasts for weeks", {"soap": RIVAL}),
    ("This is so much better than the Fjondo olive oil", {"oil": RIVAL}),
    ("It is cheaper than the Bravo soap and the Fjondo oil", {"soap": RIVAL, "oil": RIVAL}),
    ("instead of Bravo soap take Fjondo oil", {"soap": RIVAL, "oil": THIS}),
    ("more than just a Bravo soap", {"soap": THIS}),
    ("That was the Bravo soap, and here is the Fjondo oil", {"soap": PAST, "oil": THIS}),
    ("We just had the Quissa green tea with ginger", {"tea-ginger": PAST}),
    ("the Bravo soap is sold out", {"soap": PAST}),
    ("Next I will show you the Fjondo olive oil", {"oil": NEXT}),
    ("We will come to the Bravo soap", {"soap": NEXT}),
    ("Now we come to the Bravo soap", {"soap": THIS}),
    ("The Bravo soap comes later", {"soap": NEXT}),
    ("This is not the Bravo soap but the Fjondo oil", {"soap": NOT_THIS, "oil": THIS}),
    ("Not this one. The Bravo rosemary soap", {"soap": THIS}),
    ("Later. | This Bravo soap", {"soap": THIS}),
    ("The Bravo soap and the Fjondo oil together", {"soap": THIS, "oil": THIS}),
    ("I use it every single day at home", {}),
    ("you can order ordinary things any day", {}),
    ("Thank you for all the hearts, you are great.", {}),
    ("Here I have the Notta Natural Serum for you.", {}),
    ("Look at this, green tea from Jorin, in Cherry.", {}),
    ("", {}),
    ("...", {}),
)
CHINESE: tuple[tuple[str, dict[str, Kind]], ...] = (
    ("大家看看 这款 蓝河 蜂蜜 燕麦片", {"oat-honey": THIS}),
    ("蓝河燕麦片 今天有优惠", {"oat-honey": THIS, "oat-cocoa": THIS}),
    ("接下来给大家介绍云朵洗发水", {"shampoo": NEXT}),
    ("这个比三只松鼠好吃", {"nuts": RIVAL}),
    ("刚才那款是青山绿茶", {"tea": PAST}),
    ("不是云朵洗发水 是青山绿茶", {"shampoo": NOT_THIS, "tea": THIS}),
    ("青山绿茶 和 云朵洗发水", {"tea": THIS, "shampoo": THIS}),
    ("三只松鼠 七百五十克", {"nuts": THIS}),
    ("欢迎宝宝们来到直播间 喜欢的可以点赞", {}),
)


def kinds(mentions: Sequence[Mention], least: float = 0.4) -> dict[str, Kind]:
    return {mention.product_id: mention.kind for mention in mentions if mention.weight >= least}


def weight(mentions: Sequence[Mention], product_id: str) -> float:
    return max((mention.weight for mention in mentions if mention.product_id == product_id), default=0.0)


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_an_english_sentence_names(
    shop: tuple[ProductWords, ...], said: Said, text: str, expected: dict[str, Kind]
) -> None:
    assert kinds(Hearing(shop).mentions(said(text))) == expected


@pytest.mark.parametrize(("text", "expected"), CHINESE)
def test_a_chinese_sentence_names(
    han_shop: tuple[ProductWords, ...], said: Said, text: str, expected: dict[str, Kind]
) -> None:
    assert kinds(Hearing(han_shop).mentions(said(text))) == expected


def test_a_mention_says_when_and_what_was_heard(shop: tuple[ProductWords, ...], said: Said) -> None:
    (mention,) = Hearing(shop).mentions(said("so look at the Fjondo olive oil, my friends", start=10.0))
    assert mention.text == "Fjondo olive oil,"
    assert (round(mention.start, 2), round(mention.end, 2)) == (11.4, 12.4)


def test_chinese_text_is_only_the_name_however_long_the_recogniser_s_words_are(
    han_shop: tuple[ProductWords, ...], said: Said
) -> None:
    (mention,) = Hearing(han_shop).mentions(said("接下来给大家介绍云朵洗发水"))
    assert mention.text == "云朵洗发水"


def test_everyday_words_are_a_name_only_where_they_sound_the_very_same(said: Said) -> None:
    hearing = Hearing([ProductWords("balm", "Soforme Balm", "Soforme"), ProductWords("gel", "Meno Gel", "Meno")])
    assert kinds(hearing.mentions(said("the so for me balm"))) == {"balm": THIS}
    assert kinds(hearing.mentions(said("is so for her"))) == {}
    assert kinds(hearing.mentions(said("tell me no"))) == {}  # too short to be more than talk


def test_a_misheard_name_beside_its_next_word_is_one_mention(shop: tuple[ProductWords, ...], said: Said) -> None:
    (mention,) = Hearing(shop).mentions(said("look at the Nardal T-Shirt"))
    assert (mention.product_id, mention.text) == ("shirt", "Nardal T-Shirt")


def test_sizes_and_prices_belong_to_the_name_before_them(shop: tuple[ProductWords, ...], said: Said) -> None:
    text = "The Bravo soap, 100 g for 4.90 euros, and 500 ml of Fjondo oil for twelve ninety five"
    bound = {mention.product_id: mention.quantities for mention in Hearing(shop).mentions(said(text))}
    assert bound == {"soap": ("100 g", "4.9 eur"), "oil": ("500 ml", "12.95")}


def test_a_live_price_that_no_catalogue_has_is_bound_too(shop: tuple[ProductWords, ...], said: Said) -> None:
    (mention,) = Hearing(shop).mentions(said("only today 9.99 euros for Fjondo oil"))
    assert mention.quantities == ("9.99 eur",)


def test_what_only_describes_weighs_less_than_a_brand(shop: tuple[ProductWords, ...], said: Said) -> None:
    hearing = Hearing(shop)
    assert weight(hearing.mentions(said("this olive oil")), "oil") < 0.7
    assert weight(hearing.mentions(said("this Fjondo")), "oil") > 0.8


def test_a_brand_decides_however_much_is_described(said: Said) -> None:
    described = "深海胶原蛋白保湿补水紧致抗皱修护精华面膜礼盒装"
    hearing = Hearing([ProductWords("mask", f"云朵{described}", "云朵")])
    assert weight(hearing.mentions(said(f"云朵{described}")), "mask") > 0.9
    assert weight(hearing.mentions(said(described)), "mask") < 0.7


def test_another_maker_s_name_speaks_against_a_description(shop: tuple[ProductWords, ...], said: Said) -> None:
    hearing = Hearing(shop)
    alone = weight(hearing.mentions(said("Look at this olive oil")), "oil")
    assert weight(hearing.mentions(said("Look at this Kratos olive oil")), "oil") < alone / 2
    assert weight(hearing.mentions(said("look at this wonderful olive oil")), "oil") == alone


def test_words_the_recogniser_doubts_weigh_less(shop: tuple[ProductWords, ...], said: Said) -> None:
    hearing = Hearing(shop)
    sure, doubtful = (weight(hearing.mentions(said("Bravo", confidence=c)), "soap") for c in (1.0, 0.1))
    assert doubtful < sure


def test_a_word_said_by_everybody_still_tells_look_alikes_apart(said: Said) -> None:
    day = ProductWords("day", "Velxi Serum Day", "Velxi", group="velxi")
    night = ProductWords("night", "Velxi Serum Night", "Velxi", group="velxi")
    hearing = Hearing([day, night])
    assert kinds(hearing.mentions(said("the Velxi serum for the night"))) == {"night": THIS}
    assert kinds(hearing.mentions(said("good night"))) == {}


def test_a_word_that_every_product_shares_finds_none_of_them(said: Said) -> None:
    shop = [ProductWords(f"p{i}", f"Shampoo {chr(97 + i % 26)}{chr(97 + i // 26)}xu") for i in range(200)]
    assert Hearing(shop).mentions(said("a shampoo")) == []
    assert weight(Hearing(shop).mentions(said("the shampoo baxu")), "p1") > 0.5


def test_without_products_nobody_is_named(said: Said) -> None:
    assert Hearing([]).mentions(said("the Bravo soap")) == []


def test_a_memory_that_is_full_starts_anew(
    shop: tuple[ProductWords, ...], said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.text.lexicon.REMEMBERED", 2)
    hearing = Hearing(shop)
    before = hearing.mentions(said("brabo soap fyondo oil kwissa tea"))
    assert hearing.mentions(said("brabo soap fyondo oil kwissa tea")) == before


SHOP = (
    ProductWords("soap", "Bravo Rosemary Soap, 100 g", "Bravo", price="4.90 EUR"),
    ProductWords("oil", "Fjondo Olive Oil, 500 ml", "Fjondo", price="12.95 EUR"),
    ProductWords("tea-mint", "Quissa Green Tea Mint, 20 bags", "Quissa", group="tea"),
    ProductWords("tea-ginger", "Quissa Green Tea Ginger, 20 bags", "Quissa", group="tea"),
    ProductWords("day", "Velxi Face Serum Day, 30 ml", "Velxi"),
)
HEARING = Hearing(SHOP)
WORDS = st.sampled_from(
    [
        "the",
        "Bravo",
        "soap",
        "Fjondo",
        "oil",
        "green",
        "tea",
        "mint",
        "ginger",
        "unlike",
        "this",
        ".",
        "later",
        "500",
        "ml",
        "day",
        "brabo",
        "not",
        "Kratos",
        "12.95",
        "euros",
    ]
)
SHOP_WORDS = st.lists(WORDS, max_size=14)


@given(SHOP_WORDS, st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_changes_nothing(words: list[str], random: Random) -> None:
    shuffled = list(SHOP)
    random.shuffle(shuffled)
    spoken = _spoken(words)
    assert Hearing(SHOP).mentions(spoken) == Hearing(shuffled).mentions(spoken)


@given(SHOP_WORDS)
def test_weights_are_shares_and_times_are_those_of_the_words(words: list[str]) -> None:
    spoken = _spoken(words)
    mentions = HEARING.mentions(spoken)
    for mention in mentions:
        assert 0 < mention.weight <= 1
        assert 0 <= mention.start <= mention.end <= spoken[-1].end
        assert mention.text
    groups = {product.product_id: product.group or product.product_id for product in SHOP}
    for start in {mention.start for mention in mentions}:
        shares = {groups[m.product_id]: m.weight for m in mentions if m.start == start}
        assert sum(shares.values()) <= 1 + 1e-9


@given(st.sampled_from(["soap", "oil", "tea-mint", "day"]), st.data())
def test_more_of_its_name_never_lowers_a_weight(product_id: str, data: st.DataObject) -> None:
    product = next(product for product in SHOP if product.product_id == product_id)
    title = product.title.split(",")[0].split()
    some = data.draw(st.sets(st.sampled_from(range(len(title)))))
    more = some | data.draw(st.sets(st.sampled_from(range(len(title)))))
    less, greater = ([title[i] for i in sorted(chosen)] for chosen in (some, more))
    heard = [weight(HEARING.mentions(_spoken(words)), product_id) for words in (less, greater)]
    assert heard[0] <= heard[1] + 1e-9


@given(st.text(max_size=60))
def test_any_text_at_all_can_be_listened_to(text: str) -> None:
    HEARING.mentions(_spoken(text.split()))


def _spoken(words: Sequence[str]) -> list[Heard]:
    return [Heard(i * 0.35, i * 0.35 + 0.3, word) for i, word in enumerate(words)]
