"""Reads an ONNX file's skeleton: which other files it would have a runtime open. Runs nothing, needs no onnx package.

The serving path has no protobuf library, and a graph may name any path as the place of its weights; so the few fields
that can do so are walked by hand (onnx.proto3, protobuf wire format).
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from engines.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEEPEST = 64  # subgraphs within subgraphs; exporters reach three

# Which fields of a message hold which message, down to where a tensor says that its data lie elsewhere.
INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class _Damaged(ValueError):
    pass


def external_files(path: Path) -> set[str]:
    """The names, as written, of all files that hold weights of this graph."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # lives as long as the views into it
        return set(_locations(memoryview(data), "model", 0))
    except _Damaged as error:
        raise BundleError(f"{path}: not a whole ONNX file ({error}): copy or export it again") from error
    except (OSError, ValueError) as error:
        raise BundleError(f"{path}: cannot be read as ONNX: {error}") from error


def _locations(data: memoryview, kind: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise _Damaged(f"nested deeper than {DEEPEST}")
    for number, content in _fields(data):
        inner = INSIDE[kind].get(number)
        if inner == "entry":
            entry = dict(_fields(content))
            if bytes(entry.get(1, b"")) == b"location":
                yield bytes(entry.get(2, b"")).decode("utf-8", "replace")
        elif inner is not None:
            yield from _locations(content, inner, depth + 1)


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """A message's fields with bytes in them; numbers are stepped over."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        wire = key & 7
        if wire == VARINT:
            _, at = _varint(data, at)
            continue
        size, at = _size(data, at, wire)
        if at + size > end:
            raise _Damaged(f"cut off at byte {end} of {at + size}")
        if wire == BYTES:
            yield key >> 3, data[at : at + size]
        at += size


def _size(data: memoryview, at: int, wire: int) -> tuple[int, int]:
    if wire == BYTES:
        return _varint(data, at)
    if wire in {FIXED32, FIXED64}:
        return (4 if wire == FIXED32 else 8), at
    raise _Damaged(f"wire type {wire} at byte {at}")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _Damaged(f"cut off at byte {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Damaged(f"a number without end at byte {at}")
