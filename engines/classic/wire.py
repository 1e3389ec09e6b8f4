"""Writes a small network down as ONNX Runtime reads it: convolutions, bounds and sums, no more. Knows no weights.

ONNX's own package would do it, too; a graph of three operators needs no more than these lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

FLOAT, INTS, INT = 1, 7, 2  # of ONNX: an element type and two attribute types
IR, OPSET = 8, 13
UNKNOWN = b"\n\x00"  # one side of a shape


class Graph:
    """Collects operators in the order in which they run."""

    def __init__(self) -> None:
        self._body: list[bytes] = []
        self._arrays: list[bytes] = []
        self._names = 0

    def constant(self, values: NDArray[np.float32]) -> str:
        name = self._name()
        dims = b"".join(_number(1, side) for side in values.shape)
        data = _field(9, np.ascontiguousarray(values, "<f4").tobytes())
        self._arrays.append(_field(5, dims + _number(2, FLOAT) + _text(8, name) + data))
        return name

    def add(self, kind: str, inputs: Sequence[str], ints: Mapping[str, int | Sequence[int]] | None = None) -> str:
        name = self._name()
        wired = b"".join(_text(1, one) for one in inputs) + _text(2, name) + _text(4, kind)
        self._body.append(_field(1, wired + b"".join(_attribute(*one) for one in (ints or {}).items())))
        return name

    def model(self, given: tuple[str, Sequence[int | str]], wanted: Iterable[str]) -> bytes:
        """`given`: the input's name and shape; a word stands for any number."""
        name, shape = given
        dims = b"".join(_field(1, _text(2, side) if isinstance(side, str) else _number(1, side)) for side in shape)
        tensor = _field(1, _number(1, FLOAT) + _field(2, dims))
        ends = _field(11, _text(1, name) + _field(2, tensor))
        ends += b"".join(
            _field(12, _text(1, one) + _field(2, _field(1, _number(1, FLOAT) + _field(2, UNKNOWN * 4))))
            for one in wanted
        )
        graph = b"".join(self._body) + _text(2, "eye") + b"".join(self._arrays) + ends
        return _number(1, IR) + _field(7, graph) + _field(8, _number(2, OPSET))

    def _name(self) -> str:
        self._names += 1
        return f"n{self._names}"


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _field(5, _text(1, name) + _number(3, value) + _number(20, INT))
    return _field(5, _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, INTS))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _field(field, value.encode())
