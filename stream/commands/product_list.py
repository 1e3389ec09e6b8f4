"""A file that names products: one id a line, or a JSON array of ids. Knows no gallery."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stream.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 << 20  # a million ids and more; a device or a wrong file must not fill the memory
WANTED = "give a text file with one id a line, or a JSON array of ids"


def read_product_list(path: Path) -> tuple[str, ...]:
    """Every id once, in the file's order. Empty lines and lines that begin with # are skipped."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"product list {path}: cannot be read: {error.strerror}: {WANTED}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"product list {path}: is not text: {WANTED}") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"product list {path}: is larger than {MAX_BYTES >> 20} MB: {WANTED}")
    ids = _from_json(path, text) if text.lstrip().startswith("[") else _from_lines(text)
    if not ids:
        raise UsageError(f"product list {path}: no product id in it: {WANTED}")
    return tuple(dict.fromkeys(ids))


def _from_lines(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _from_json(path: Path, text: str) -> list[str]:
    try:
        ids = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"product list {path}: begins like JSON and is none: {WANTED}") from error
    if not all(isinstance(each, str) for each in ids):
        raise UsageError(f"product list {path}: holds what is no text: {WANTED}")
    return list(ids)
