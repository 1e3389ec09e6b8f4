"""Feeds as merchants write them, in four formats, and everything that can be wrong with them."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from indexes.catalogue import BadRow, Product, read_catalogue
from indexes.errors import CatalogueError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

GOOD = {"id": "a", "title": "A tin", "image_link": "https://cdn.example/a.jpg"}


def rows_of(path: Path, content: str | bytes, name: str = "feed.csv") -> list[Product | BadRow]:
    (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_catalogue(path / name))


def products_of(path: Path, content: str | bytes, name: str = "feed.csv") -> list[Product]:
    rows = rows_of(path, content, name)
    assert not [str(row) for row in rows if isinstance(row, BadRow)]
    return [row for row in rows if isinstance(row, Product)]


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)
ids = words.map(str.strip).filter(lambda text: text != "" and text.isprintable())
titles = words.map(lambda text: " ".join(text.split())).filter(bool)
descriptions = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), max_size=60)


@st.composite
def product_lists(draw: st.DrawFn) -> list[Product]:
    names = draw(st.lists(ids, min_size=1, max_size=8, unique=True))
    return [
        Product(
            product_id=name,
            title=draw(titles),
            image_link=f"https://cdn.example/{i}.jpg",
            additional_image_links=tuple(f"http://cdn.example/{i}-{j}.png" for j in range(draw(st.integers(0, 3)))),
            description=draw(descriptions).strip(),
            price=draw(st.sampled_from(["", "12.90 EUR", "1299 JPY"])),
            gtin=draw(st.sampled_from(["", "4006381333931", "96385074"])),
            sku_group=draw(st.sampled_from(["", "group 1"])),
            shop_id=draw(st.sampled_from(["", "s1"])),
            aliases=draw(st.sampled_from([(), ("green tea",), ("green tea", "grüner Tee")])),
        )
        for i, name in enumerate(names)
    ]


def as_record(product: Product) -> dict[str, object]:
    return {
        "id": product.product_id,
        "title": product.title,
        "description": product.description,
        "image_link": product.image_link,
        "additional_image_link": list(product.additional_image_links),
        "price": product.price,
        "gtin": product.gtin,
        "item_group_id": product.sku_group,
        "shop_id": product.shop_id,
        "aliases": list(product.aliases),
    }


def as_table(products: list[Product], separator: str) -> bytes:
    text = io.StringIO(newline="")
    records = [
        as_record(p) | {"additional_image_link": ",".join(p.additional_image_links), "aliases": ",".join(p.aliases)}
        for p in products
    ]
    writer = csv.DictWriter(text, list(records[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def as_parquet(products: list[Product]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([as_record(p) for p in products]), file)
    return file.getvalue()


def as_json_lines(products: list[Product]) -> bytes:
    return "".join(json.dumps(as_record(p)) + "\n" for p in products).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(products=product_lists())
def test_a_feed_says_the_same_in_all_four_formats(tmp_path: Path, products: list[Product]) -> None:
    for content in (as_table(products, ","), as_table(products, "\t"), as_json_lines(products), as_parquet(products)):
        assert products_of(tmp_path, content) == products


@given(product=product_lists().map(lambda products: products[0]))
def test_a_product_survives_its_own_line_of_json(product: Product) -> None:
    assert Product.from_json(product.to_json()) == product


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_one_clear_error(tmp_path: Path, content: bytes) -> None:
    for head in (b"", b"id,title,image_link\n", b'{"id": "a"}\n', b"PAR1"):
        with contextlib.suppress(CatalogueError):
            assert all(isinstance(row, (Product, BadRow)) for row in rows_of(tmp_path, head + content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_told_by_content(tmp_path: Path, encoding: str, end: str) -> None:
    text = end.join(["id,title,image_link", "a,Café crème,https://x.example/a.jpg", ""])
    (product,) = products_of(tmp_path, text.encode(encoding))
    assert product.title == "Café crème"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_makes_sense_of_the_header(tmp_path: Path, separator: str) -> None:
    text = separator.join(["g:ID", "Title", "image link"]) + "\n" + separator.join(["a", "A", "http://x.example/a"])
    (product,) = products_of(tmp_path, text, "lying-suffix.parquet")
    assert product == Product(product_id="a", title="A", image_link="http://x.example/a")


def test_an_inch_mark_is_no_quote(tmp_path: Path) -> None:
    (product,) = products_of(tmp_path, 'id\ttitle\timage_link\na\t5" screen\thttp://x.example/a\n')
    assert product.title == '5" screen'


def test_quoted_cells_may_hold_newlines_and_lines_are_still_counted(tmp_path: Path) -> None:
    text = 'id,title,image_link,description\na,A,http://x.example/a,"two\nlines"\n,B,http://x.example/b,\n'
    product, bad = rows_of(tmp_path, text)
    assert isinstance(product, Product)
    assert product.description == "two\nlines"
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.field) == (4, "id")


def test_additional_pictures_come_as_list_commas_or_repeated_columns(tmp_path: Path) -> None:
    head = "id,title,image_link,additional_image_link,additional_image_link\n"
    one, two = "http://x.example/1,2.jpg", "http://x.example/3.jpg"
    (product,) = products_of(tmp_path, f'{head}a,A,http://x.example/0.jpg,"{one}, {two}",{two}\n')
    assert product.image_links == ("http://x.example/0.jpg", one, two)


def test_numbers_of_parquet_and_json_read_as_a_merchant_writes_them(tmp_path: Path) -> None:
    table = {
        "id": [17],
        "gtin": [4006381333931.0],
        "title": ["A"],
        "image_link": ["http://x.example/a"],
        "brand": [None],
    }
    file = io.BytesIO()
    parquet.write_table(pa.table(table), file)
    (product,) = products_of(tmp_path, file.getvalue())
    assert (product.product_id, product.gtin, product.brand) == ("17", "4006381333931", "")
    record = {**GOOD, "price": {"value": "3.50", "currency": "EUR"}}
    assert products_of(tmp_path, json.dumps(record))[0].price == "3.50 EUR"


def test_a_picture_by_path_is_relative_to_the_feed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (product,) = products_of(tmp_path, "id,title,image_link\na,A,a.jpg\n")
    assert product.image_link == "a.jpg"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("id", "", "is missing"),
        ("id", "x" * 300, "longer"),
        ("id", "a\x07b", "unprintable"),
        ("title", "  ", "is missing"),
        ("image_link", "", "is missing"),
        ("image_link", "ftp://x.example/a.jpg", "no http(s) URL"),
        ("image_link", "https://", "no http(s) URL"),
        ("image_link", "http://[::1/a.jpg", "no http(s) URL"),
        ("image_link", "data:image/png;base64,AAAA", "no http(s) URL"),
        ("image_link", "missing.jpg", "is no file"),
        ("image_link", "../outside.jpg", "leaves the feed's folder"),
        ("image_link", "/etc/hostname", "leaves the feed's folder"),
        ("image_link", "n" * 300 + ".jpg", "is no file"),
    ],
)
def test_a_fatal_flaw_leaves_one_product_out_and_no_other(tmp_path: Path, field: str, value: str, why: str) -> None:
    lines = [json.dumps({**GOOD, field: value}), json.dumps({**GOOD, "id": "next"})]
    bad, good = rows_of(tmp_path, "\n".join(lines))
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.field, bad.dropped) == (1, field, True)
    assert why in bad.why
    assert bad.cure
    assert isinstance(good, Product)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "12.90"),
        ("price", "cheap"),
        ("price", "EUR"),
        ("price", 12.9),
        ("gtin", "4006381333932"),
        ("gtin", "12345"),
        ("gtin", "４００６３８１３３３９３１"),
        ("link", "www.shop.example"),
        ("availability", "maybe"),
        ("additional_image_link", ["gopher://x.example/a"]),
    ],
)
def test_a_lesser_flaw_keeps_the_product_without_that_field(tmp_path: Path, field: str, value: object) -> None:
    bad, product = rows_of(tmp_path, json.dumps({**GOOD, field: value}))
    assert isinstance(bad, BadRow)
    assert (bad.field, bad.dropped) == (field, False)
    assert product == Product(product_id="a", title="A tin", image_link="https://cdn.example/a.jpg")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("green tea,  jasmine  tea ,green tea,", ("green tea", "jasmine tea")),
        (["green tea, loose", "", None], ("green tea, loose",)),
        (None, ()),
        (" , ", ()),
    ],
)
def test_what_hosts_call_it_is_a_list_or_a_text_with_commas(
    tmp_path: Path, written: object, read: tuple[str, ...]
) -> None:
    (product,) = products_of(tmp_path, json.dumps({**GOOD, "aliases": written}))
    assert product.aliases == read
    assert Product.from_json(product.to_json()) == product


def test_of_too_many_names_the_first_count(tmp_path: Path) -> None:
    bad, product = rows_of(tmp_path, json.dumps({**GOOD, "aliases": [f"name {n}" for n in range(30)]}))
    assert isinstance(bad, BadRow)
    assert (bad.field, bad.value, bad.dropped) == ("aliases", "name 20", False)
    assert isinstance(product, Product)
    assert len(product.aliases) == 20


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12.90 EUR", "12.90 EUR"),
        ("12,90 eur", "12.90 EUR"),
        ("EUR 12.90", "12.90 EUR"),
        ("1,299.00 USD", "1299.00 USD"),
        ("1.299,00 EUR", "1299.00 EUR"),
        ("1,299 JPY", "1299 JPY"),
        ("15USD", "15 USD"),
    ],
)
def test_prices_are_read_as_they_are_meant(tmp_path: Path, written: str, read: str) -> None:
    assert products_of(tmp_path, json.dumps({**GOOD, "price": written}))[0].price == read


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('b,"never closed,http://x.example/b', "never closed"),
        ("b,B,http://x.example/b,too,many", "cells where the header has"),
        ("b," + "x" * 200_000 + ",http://x.example/b", "cannot be split"),
        ("b," + "x" * 1_100_000 + ",http://x.example/b", "cannot be split"),
        ("a,again,http://x.example/b", "more than once"),
        ("b," + "x," * 600_000, "longer than"),
        ('b,"' + "a line\n" * 1200, "never closed"),
    ],
)
def test_a_broken_row_of_a_table_spoils_itself_alone(tmp_path: Path, row: str, why: str) -> None:
    text = f"id,title,image_link\na,A,http://x.example/a\n{row}\nc,C,http://x.example/c\n"
    rows = rows_of(tmp_path, text)
    bad = next(row for row in rows if isinstance(row, BadRow))
    assert bad.line == 3
    assert why in bad.why
    assert [row.product_id for row in rows if isinstance(row, Product)] == ["a", "c"]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert len(products_of(tmp_path, "\n\n,,\nid,title,image_link\n\n,,\na,A,http://x.example/a\n\n")) == 1


@pytest.mark.parametrize(
    "line", ['{"id": ', "[1]", "7", '{"id": ' + "9" * 5000 + "}", "[" * 100_000, "x" * 2_000_000]
)
def test_a_broken_line_of_json_spoils_itself_alone(tmp_path: Path, line: str) -> None:
    bad, good = rows_of(tmp_path, "\n".join(["{" + line, json.dumps(GOOD)]))
    assert isinstance(bad, BadRow)
    assert bad.line == 1
    assert isinstance(good, Product)


def test_bytes_in_a_foreign_encoding_spoil_their_row_alone(tmp_path: Path) -> None:
    good = "".join(f"é{i},Crème,http://x.example/{i}\n" for i in range(3)).encode()
    rows = rows_of(tmp_path, b"id,title,image_link\n" + good + b"x,Cr\xe8me,http://x.example/x\n")
    (bad,) = [row for row in rows if isinstance(row, BadRow)]
    assert (bad.line, bad.field) == (5, "title")
    assert "encoding" in bad.why
    str(bad).encode()


def test_no_message_repeats_a_password_or_a_signature(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, json.dumps({**GOOD, "image_link": "ftp://me:secret@x.example/a.jpg?sig=secret"}))
    assert "secret" not in str(rows[0])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"<?xml version='1.0'?><rss/>", "is XML"),
        (b"PK\x03\x04rest of a workbook", "spreadsheet"),
        (b"\x1f\x8b\x08rest", "compressed"),
        (b'[{"id": "a"}]', "JSON array"),
        (bytes(range(256)) * 20, "feed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary"),
        (b"name,url\na,b\n", "has no column id, title, image_link"),
        (b"id,title\na,b\n", "has no column image_link"),
        (b"PAR1 and nothing more", "damaged Parquet"),
        (as_parquet([Product("a", "A", "http://x.example/a")])[:-20], "damaged Parquet"),
        (b"id," + b"x" * 300_000 + b"\n", "has no column"),
    ],
)
def test_a_feed_that_is_none_gives_one_clear_error(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(CatalogueError, match=r"feed .*: .*: ") as caught:
        rows_of(tmp_path, content)
    assert why in str(caught.value)
    assert len(str(caught.value)) < 700


def test_a_parquet_file_of_something_else_names_the_columns_it_misses(tmp_path: Path) -> None:
    file = io.BytesIO()
    parquet.write_table(pa.table({"id": [1], "name": ["x"]}), file)
    with pytest.raises(CatalogueError, match="has no column title, image_link"):
        rows_of(tmp_path, file.getvalue())


def test_a_feed_that_is_missing_or_a_directory_says_so_at_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no such file"):
        read_catalogue(tmp_path / "none.csv")
    with pytest.raises(CatalogueError, match="is a directory"):
        read_catalogue(tmp_path)
