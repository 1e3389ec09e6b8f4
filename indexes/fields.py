"""One record to one product: every field checked, every flaw named. Looks at the disk only for pictures by path."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indexes.product import BadRow, Product, Row, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexes.feeds import Record

MAX_ID = 255  # Google's limit is 50; shops that never sent a feed there have longer ones
MAX_TEXT = 5000  # Google's limit for a description; more is cut, it is never matched against
MAX_ALIASES, MAX_ALIAS = 20, 150  # 150 is Google's limit for a title; nobody calls anything by more
AVAILABILITY = ("in_stock", "out_of_stock", "preorder", "backorder")

_POINT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?\s*([A-Z]{3})")  # 12.90 EUR, 1,299.00 USD
_COMMA = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+),(\d{1,2})\s*([A-Z]{3})")  # 12,90 EUR, 1.299,00 EUR
_SPLIT_URLS = re.compile(r",\s*(?=https?://)", re.IGNORECASE)


def read_product(record: Record, folder: Path) -> Iterator[Row]:
    """Its flaws, then the product itself unless a flaw was fatal. `folder` is where picture paths begin."""
    fields = _Fields(record)
    product_id, title = _identity(fields), _title(fields)
    pictures = _pictures(fields, folder)
    product = Product(
        product_id=product_id,
        title=title,
        image_link=pictures[0] if pictures else "",
        additional_image_links=tuple(pictures[1:]),
        description=fields.text("description")[:MAX_TEXT],
        brand=fields.text("brand"),
        gtin=_gtin(fields),
        price=_price(fields),
        link=_link(fields),
        availability=_availability(fields),
        sku_group=fields.text("item_group_id"),
        shop_id=fields.text("shop_id"),
        aliases=_aliases(fields),
    )
    _encoding(fields, product)
    yield from fields.flaws
    if not any(flaw.dropped for flaw in fields.flaws):
        yield product


class _Fields:
    """A record's values as text, and what was found wrong with them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.flaws: list[BadRow] = []

    def value(self, name: str) -> object:
        return self._record.values.get(name)

    def text(self, name: str) -> str:
        return as_text(self.value(name))

    def flaw(self, name: str, value: str, why: str, cure: str, *, dropped: bool = False) -> str:
        self.flaws.append(BadRow(self._record.line, name, shown(value), why, cure, dropped))
        return ""


def as_text(value: object) -> str:
    """As a merchant would write it: whole floats without a point, nothing for null and not-a-number."""
    if value is None or (isinstance(value, (float, Decimal)) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def as_links(value: object) -> list[str]:
    """A list, or one text with commas. A comma inside a URL stays unless another URL follows it."""
    if isinstance(value, (list, tuple)):
        return [link for item in value for link in as_links(item)]
    text = as_text(value)
    parts = _SPLIT_URLS.split(text) if "://" in text else text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _identity(fields: _Fields) -> str:
    text = fields.text("id")
    if not text:
        return fields.flaw("id", "", "is missing", "give every product its own id", dropped=True)
    if len(text) > MAX_ID or not text.isprintable():
        why = f"is longer than {MAX_ID} characters" if len(text) > MAX_ID else "holds unprintable characters"
        return fields.flaw("id", text, why, "use a short plain id", dropped=True)
    return text


def _title(fields: _Fields) -> str:
    text = " ".join(fields.text("title").split())[:MAX_TEXT]
    return text or fields.flaw("title", "", "is missing", "give the product a title", dropped=True)


def _aliases(fields: _Fields) -> tuple[str, ...]:
    """A list, or one text with commas. The first ones of too many: they are listened for, not only kept."""
    value = fields.value("aliases")
    texts = map(as_text, value) if isinstance(value, (list, tuple)) else as_text(value).split(",")
    names = [name for name in dict.fromkeys(" ".join(text.split())[:MAX_ALIAS].strip() for text in texts) if name]
    if len(names) > MAX_ALIASES:
        fields.flaw("aliases", names[MAX_ALIASES], f"is beyond the {MAX_ALIASES} that count", "give the likeliest")
    return tuple(names[:MAX_ALIASES])


def _pictures(fields: _Fields, folder: Path) -> list[str]:
    """The links that can work, the main one first. None at all is fatal: nothing could be recognised."""
    main = fields.value("image_link")
    first = as_links(main) if isinstance(main, (list, tuple)) else [as_text(main)] if as_text(main) else []
    if not first:
        fields.flaw("image_link", "", "is missing", "give the product a picture", dropped=True)
        return []
    others = as_links(fields.value("additional_image_link"))
    asked = [("image_link", link) for link in first] + [("additional_image_link", link) for link in others]
    good: list[str] = []
    wrong = []
    for name, link in asked:
        if flaw := _picture_flaw(link, folder):
            wrong.append((name, link, *flaw))
        elif link not in good:
            good.append(link)
    for name, link, why, cure in wrong:
        fields.flaw(name, link, why, cure, dropped=not good)
    return good


def _picture_flaw(link: str, folder: Path) -> tuple[str, str] | None:
    if "://" in link or link.lower().startswith(("data:", "file:")):
        return None if is_web_url(link) else ("is no http(s) URL", "use http, https or a path beside the feed")
    path = PurePosixPath(link)
    if path.is_absolute() or ".." in path.parts or "\\" in link or not link.isprintable():
        return "leaves the feed's folder", "put the picture beside the feed and name it relative to it"
    try:
        return None if (folder / path).is_file() else ("is no file", f"put it into {folder}")
    except OSError as error:  # a name too long for the file system
        return f"is no file ({error.strerror})", "shorten the name"


def is_web_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _link(fields: _Fields) -> str:
    text = fields.text("link")
    if not text or (is_web_url(text) and text.isprintable() and " " not in text):
        return text
    return fields.flaw("link", text, "is no http(s) URL", "give the product page's full address")


def _price(fields: _Fields) -> str:
    value = fields.value("price")
    if isinstance(value, dict):  # the Merchant API's form
        value = f"{as_text(value.get('value'))} {as_text(value.get('currency'))}"
    text = as_text(value)
    if not text:
        return ""
    upper = text.upper()
    turned = f"{upper[3:]} {upper[:3]}" if upper[:3].isalpha() else upper  # EUR 12.90
    if match := _POINT.fullmatch(turned.strip()) or _COMMA.fullmatch(turned.strip()):
        whole, fraction, currency = match.groups()
        whole = re.sub(r"[.,]", "", whole)
        return f"{whole}.{fraction} {currency}" if fraction else f"{whole} {currency}"
    return fields.flaw("price", text, "is no price", 'write an amount and a currency: "12.90 EUR"')


def _gtin(fields: _Fields) -> str:
    text = re.sub(r"[\s-]", "", fields.text("gtin"))
    if not text or is_gtin(text):
        return text
    return fields.flaw(
        "gtin", text, "is no valid GTIN", "check its digits: 8, 12, 13 or 14, the last one a check digit"
    )


def is_gtin(text: str) -> bool:
    """GS1: from the right, digits weigh 1, 3, 1, 3, ... and add up to a multiple of ten."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        return False
    return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(text))) % 10 == 0


def _availability(fields: _Fields) -> str:
    text = fields.text("availability")
    name = "_".join(text.lower().split())
    if not name or name in AVAILABILITY:
        return name
    return fields.flaw("availability", text, "is unknown", f"use one of {', '.join(AVAILABILITY)}")


def _encoding(fields: _Fields, product: Product) -> None:
    """Bytes that are no text in the feed's encoding came through as surrogates: an overlay would show rubbish."""
    for name in Product.__slots__:
        value = getattr(product, name)
        if any("\ud800" <= c <= "\udfff" for c in "".join(value)):
            column = {"product_id": "id", "sku_group": "item_group_id"}.get(name, name)
            text = value if isinstance(value, str) else ", ".join(value)
            fields.flaw(column, text, "is not in the feed's encoding", "save the feed as UTF-8", dropped=True)
