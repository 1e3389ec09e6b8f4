"""What two folder layouts say: which products there are and which photograph shows which. Opens no picture.

Sheets: `catalogue.csv` (a Google Merchant feed) and `natural.csv` (image, product_id, split), pictures beside them.
Grocery: the Grocery Store Dataset as downloaded (github.com/marcusklasson/GroceryStoreDataset): `classes.csv` with
the shop's own pictures, and the lists `train.txt`, `val.txt` and `test.txt` (path, fine id, coarse id). Its folder
may be the repository or the `dataset` in it.
"""

from __future__ import annotations

import csv
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.liveshop.errors import WorldError
from indexes.errors import CatalogueError
from indexes.feeds import Record, read_records
from indexes.product import BadRow, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEED, SHEET = "catalogue.csv", "natural.csv"
CLASSES = "classes.csv"
LISTS = ("train.txt", "val.txt", "test.txt")
NAME, FINE = "Class Name (str)", "Class ID (int)"
COARSE, ICON, TEXT = "Coarse Class Name (str)", "Iconic Image Path (str)", "Product Description Path (str)"


class Listed(NamedTuple):
    """A photograph as a list names it: its path below the root, the product, the split."""

    name: str
    product_id: str
    split: str


class Layout(NamedTuple):
    root: Path  # where all paths begin
    records: list[Record | BadRow]
    photos: list[Listed]


def read_layout(folder: Path) -> Layout:
    if (folder / FEED).is_file() and (folder / SHEET).is_file():
        return Layout(folder, feed_records(folder / FEED), list(_sheet(folder / SHEET)))
    for root in (folder, folder / "dataset"):
        if (root / CLASSES).is_file():
            return _grocery(root)
    raise WorldError(
        f"photos {folder}: {_missing(folder)}; needs {FEED} with {SHEET}, or {CLASSES} with {', '.join(LISTS)} "
        "(the Grocery Store Dataset as downloaded)"
    )


def feed_records(feed: Path) -> list[Record | BadRow]:
    try:
        return list(read_records(feed))
    except CatalogueError as error:
        raise WorldError(f"photos: {error}") from error


def _missing(folder: Path) -> str:
    if not folder.is_dir():
        return "is no folder"
    there = [name for name in (FEED, SHEET) if (folder / name).is_file()]
    return f"has {there[0]} alone" if there else "is in neither layout"


def _sheet(path: Path) -> Iterator[Listed]:
    for number, row in enumerate(_rows(path, ("image", "product_id")), 2):
        if not row["image"] or not row["product_id"]:
            raise WorldError(f"photos {path}: line {number} lacks its image or product_id; fetch or write it again")
        yield Listed(row["image"], row["product_id"], row.get("split") or "")


def _grocery(root: Path) -> Layout:
    rows = _rows(root / CLASSES, (NAME, FINE, COARSE, ICON, TEXT))
    names = {row[FINE].strip(): row[NAME] for row in rows}
    records: list[Record | BadRow] = [_class(root, number, row) for number, row in enumerate(rows, 2)]
    lists = [root / name for name in LISTS if (root / name).is_file()]
    if not lists:
        raise WorldError(f"photos {root}: has none of {', '.join(LISTS)}; fetch the dataset again")
    return Layout(root, records, [listed for path in lists for listed in _list(path, names)])


def _class(root: Path, number: int, row: dict[str, str]) -> Record:
    """A class as a merchant's feed would say it."""
    icon = row[ICON].strip().lstrip("/")
    parts = PurePosixPath(icon).parts
    text = root / row[TEXT].strip().lstrip("/")  # a few classes have none, or one by another name
    return Record(
        number,
        {
            "id": row[NAME].strip(),
            "title": row[NAME].strip().replace("-", " "),
            "description": text.read_text("utf-8", "replace").strip() if text.is_file() else "",
            "google_product_category": parts[1] if len(parts) > 2 else "",
            "product_type": row[COARSE].strip().replace("-", " "),
            "image_link": icon,
        },
    )


def _list(path: Path, names: dict[str, str]) -> Iterator[Listed]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != 3 or cells[1] not in names:
            raise WorldError(
                f'photos {path}: line {number} ({shown(line)}) is not "path, fine id, coarse id" of a class in '
                f"{CLASSES}; fetch the dataset again"
            )
        yield Listed(cells[0].lstrip("/"), names[cells[1]].strip(), path.stem)


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """A small sheet, whole. A row with too few cells has empty ones."""
    rows = csv.DictReader(_text(path).splitlines(), restval="")
    lacking = [name for name in columns if name not in (rows.fieldnames or ())]
    if lacking:
        raise WorldError(
            f"photos {path}: has no column {lacking[0]!r} (has {shown(str(rows.fieldnames))}); fetch it again"
        )
    try:
        return [{name: str(cell) for name, cell in row.items()} for row in rows]
    except csv.Error as error:
        raise WorldError(f"photos {path}: is no CSV ({error}); fetch it again") from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise WorldError(f"photos {path}: cannot be read as text ({error}); fetch it again") from error
