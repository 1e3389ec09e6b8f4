"""Writes a small network down as ONNX Runtime reads it: sums, products and bounds, no more. Knows no weights.

ONNX's own package would do it, too; a graph of three operators needs no more than these lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

FLOAT, HALF = 1, 10  # of ONNX: element types
INTS, INT = 7, 2  # and attribute types
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

    def model(
        self, given: Mapping[str, Sequence[int | str]], wanted: Mapping[str, int], halves: Collection[str] = ()
    ) -> bytes:
        """`given`: each input's shape; a word stands for any number. `wanted`: how many sides each outcome has.

        `halves`: which inputs are of half precision.
        """
        types = {name: HALF if name in halves else FLOAT for name in given}
        ends = b"".join(_field(11, _tensor(name, map(_side, shape), types[name])) for name, shape in given.items())
        ends += b"".join(_field(12, _tensor(name, [UNKNOWN] * sides)) for name, sides in wanted.items())
        graph = b"".join(self._body) + _text(2, "eye") + b"".join(self._arrays) + ends
        return _number(1, IR) + _field(7, graph) + _field(8, _number(2, OPSET))

    def _name(self) -> str:
        self._names += 1
        return f"n{self._names}"


def opened(model: bytes) -> ort.InferenceSession:
    """Runs in the calling thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _side(side: int | str) -> bytes:
    return _field(1, _text(2, side) if isinstance(side, str) else _number(1, side))


def _tensor(name: str, sides: Iterable[bytes], kind: int = FLOAT) -> bytes:
    return _text(1, name) + _field(2, _field(1, _number(1, kind) + _field(2, b"".join(sides))))


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
