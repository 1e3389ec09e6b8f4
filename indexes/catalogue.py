"""Google Merchant product data in CSV, TSV, JSON lines or Parquet, row by row. Knows no pixels and no gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.feeds import read_records
from indexes.fields import read_product
from indexes.product import BadRow, Product, Row, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from indexes.feeds import Record

__all__ = ["BadRow", "Product", "Row", "read_catalogue"]


def read_catalogue(feed: Path) -> Iterator[Row]:
    """Raises CatalogueError at once if the feed cannot be read at all. Keeps nothing but the ids it has seen."""
    return _rows(read_records(feed), feed.parent)


def _rows(records: Iterator[Record | BadRow], folder: Path) -> Iterator[Row]:
    seen: set[str] = set()
    for record in records:
        if isinstance(record, BadRow):
            yield record
            continue
        for row in read_product(record, folder):
            if isinstance(row, Product) and row.product_id in seen:
                yield BadRow(
                    record.line,
                    "id",
                    shown(row.product_id),
                    "is given more than once",
                    "give every product its own id",
                )
                continue
            if isinstance(row, Product):
                seen.add(row.product_id)
            yield row
