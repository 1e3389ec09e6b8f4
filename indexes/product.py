"""A catalogue's product, and what is said of a row that is none. Data only: knows no file and no format."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

_URL = re.compile(r"[a-z][a-z0-9+.-]{0,15}://[^\s\"',;|]+", re.IGNORECASE)

READ = 2000  # characters of a value that are looked at: a bad one may be megabytes long
VALUE_SHOWN = 80  # characters of a bad value that are repeated: enough to find it, never a whole description


@dataclass(frozen=True, slots=True)
class Product:
    """One row of a product feed, cleaned. Whatever the feed did not say is an empty string."""

    product_id: str
    title: str
    image_link: str  # a path relative to the feed, or http(s)
    additional_image_links: tuple[str, ...] = ()
    description: str = ""
    brand: str = ""
    gtin: str = ""  # digits only, check digit verified
    price: str = ""  # "12.90 EUR"
    link: str = ""
    availability: str = ""
    sku_group: str = ""  # the feed's item_group_id: variants that may look the same
    shop_id: str = ""
    aliases: tuple[str, ...] = ()  # what hosts call it beside its title, perhaps in another language

    @property
    def image_links(self) -> tuple[str, ...]:
        return (self.image_link, *self.additional_image_links)

    def to_json(self) -> str:
        """One line, without what is empty."""
        return json.dumps({k: v for k, v in asdict(self).items() if v}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str | bytes) -> Product:
        fields = json.loads(line)
        for name in ("additional_image_links", "aliases"):
            fields[name] = tuple(fields.get(name, ()))
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class BadRow:
    """Something wrong with one row. `dropped`: the product is left out; else it is kept without that field."""

    line: int  # where the row begins: a line of a text file, a row of a Parquet file, counted from 1
    field: str  # empty where the row as a whole is wrong
    value: str
    why: str
    cure: str
    dropped: bool = True

    def __str__(self) -> str:
        what = f"{self.field} {self.value!r}" if self.field else f"{self.value!r}"
        return f"line {self.line}: {what} {self.why}: {self.cure}"


Row = Product | BadRow


def shown(value: str) -> str:
    """A value fit for a message: short, printable, and no URL's credentials or query."""
    text = value[:READ].encode("utf-8", "backslashreplace").decode("utf-8")
    text = _URL.sub(lambda match: redacted(match.group()), text)
    return text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + "…"


def redacted(url: str) -> str:
    """Scheme, host and path; a signed link's query and a password are nobody's business in a log."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://…"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" + ("?…" if parts.query else "")
