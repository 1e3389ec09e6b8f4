"""Product feeds as files: bytes to records, one at a time, by content and not by suffix. Knows no product."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow
from pyarrow import parquet

from indexes.delimited import read_delimited
from indexes.errors import CatalogueError
from indexes.product import BadRow, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REQUIRED = ("id", "title", "image_link")
HEAD = 1 << 20  # bytes looked at to tell format and encoding
MAX_LINE = 1 << 20  # a JSON line longer than this is no product
PARQUET_ROWS = 512  # rows of a Parquet file held at once

FOREIGN = {
    b"PK\x03\x04": "is a spreadsheet or a zip archive",
    b"\x1f\x8b": "is compressed",
    b"<": "is XML",
    b"[": "is one JSON array",
}


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it stands in the file, by normalised column name."""

    line: int
    values: dict[str, object]


def read_records(path: Path) -> Iterator[Record | BadRow]:
    """Opens the feed now (CatalogueError if it is none) and reads it as it is asked for."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise CatalogueError(f"feed {path}: no such file: check the path") from error
    except IsADirectoryError as error:
        raise CatalogueError(f"feed {path}: is a directory: name the file in it") from error
    except OSError as error:
        raise CatalogueError(f"feed {path}: cannot be read: {error.strerror}: check its permissions") from error
    return _guarded(path, _reader(path, head)(path))


def _reader(path: Path, head: bytes) -> Callable[[Path], Iterator[Record | BadRow]]:
    if head.startswith(b"PAR1"):
        return _read_parquet
    encoding = _encoding(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise CatalogueError(f"feed {path}: is empty: export it again")
    for magic, why in FOREIGN.items():
        if head.startswith(magic) or text.startswith(magic.decode("latin-1")):
            raise CatalogueError(f"feed {path}: {why}: export it as CSV, TSV, JSON lines or Parquet")
    if "\0" in text:
        raise CatalogueError(f"feed {path}: is a binary file: export it as CSV, TSV, JSON lines or Parquet")
    if text.startswith("{"):
        return lambda p: _read_json_lines(p, encoding)
    return lambda p: _read_table(p, encoding)


def _guarded(path: Path, records: Iterator[Record | BadRow]) -> Iterator[Record | BadRow]:
    try:
        yield from records
    except OSError as error:
        raise CatalogueError(f"feed {path}: cannot be read any further: {error}: copy it anew") from error


def _encoding(head: bytes) -> str:
    """By byte order mark, else UTF-8 if that explains more bytes than it leaves over, else Windows' Latin."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 4 and not any(head[1:64:2]) and all(head[0:64:2]):
        return "utf-16-le"
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head)
    foreign = sum("\udc80" <= c <= "\udcff" for c in text) if not text.isascii() else 0
    explained = sum(c > "\x7f" for c in text) - foreign if foreign else 0
    return "cp1252" if foreign > explained else "utf-8"


def column_name(raw: str) -> str:
    """Google's own variants of one name: `g:image_link`, `image link`, `Image Link`."""
    name = raw.strip().strip("\ufeff\"'").strip().lower().removeprefix("g:")
    return "_".join(name.replace("-", " ").split())


def _require(path: Path, names: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        there = ", ".join(shown(name) for name in names[:12])
        raise CatalogueError(
            f"feed {path}: has no column {', '.join(missing)} (it has {there}): "
            "name the columns as Google Merchant product data does"
        )


def _read_table(path: Path, encoding: str) -> Iterator[Record | BadRow]:
    rows = read_delimited(path, encoding, wanted=lambda raw: column_name(raw) in REQUIRED)
    header = next(rows, None)
    names = [column_name(cell) for cell in header.cells] if header and not isinstance(header, BadRow) else []
    _require(path, names)
    for row in rows:
        if isinstance(row, BadRow):
            yield row
        elif len(row.cells) > len(names):
            why = f"has {len(row.cells)} cells where the header has {len(names)}"
            yield BadRow(row.line, "", shown(row.cells[0]), why, "put cells that hold the separator in quotes")
        elif any(cell.strip() for cell in row.cells):
            yield Record(row.line, _by_name(names, row.cells))


def _by_name(names: list[str], cells: list[str]) -> dict[str, object]:
    """Google allows additional_image_link to be repeated as columns: these become a list."""
    values: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        if name != "additional_image_link":
            values.setdefault(name, cell)
        elif cell.strip():
            known = values.get(name)
            values[name] = [*known, cell] if isinstance(known, list) else [cell]
    return values


def _read_json_lines(path: Path, encoding: str) -> Iterator[Record | BadRow]:
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with path.open(encoding=encoding, errors=errors, newline="\n") as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith("\n"):
                while (rest := file.readline(MAX_LINE)) and not rest.endswith("\n"):
                    pass
                yield BadRow(number, "", shown(line), f"is longer than {MAX_LINE} characters", "shorten it")
            elif line.strip():
                yield _json_record(number, line)


def _json_record(number: int, line: str) -> Record | BadRow:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = f"is not JSON ({getattr(error, 'msg', 'nested too deeply or a number too long')})"
        return BadRow(number, "", shown(line.strip()), why, "write one JSON object a line")
    if not isinstance(values, dict):
        return BadRow(number, "", shown(line.strip()), "is not a JSON object", "write one JSON object a line")
    return Record(number, {column_name(name): value for name, value in values.items()})


def _read_parquet(path: Path) -> Iterator[Record | BadRow]:
    try:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            raw = [str(name) for name in file.schema_arrow.names]
            _require(path, [column_name(name) for name in raw])
            number = 0
            for batch in file.iter_batches(batch_size=PARQUET_ROWS, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(number, {column_name(name): row[name] for name in raw})
    except pyarrow.ArrowException as error:
        first = str(error).splitlines()[0]
        raise CatalogueError(f"feed {path}: damaged Parquet: {first}: export it again") from error
