"""How alike all patches of one picture are to all of another. Knows arrays only.

By the runtime that the trained eye needs anyway: it picks the kernels for this very processor by itself, where
numpy's BLAS is as quick as it was told or built to be, and may fall back to those of a processor ten years older.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.classic.wire import FLOAT, Graph, opened

if TYPE_CHECKING:
    import onnxruntime as ort

Vectors = NDArray[np.float16] | NDArray[np.float32]  # (patches, sides)


def likeness(one: Vectors, two: Vectors) -> NDArray[np.float32]:  # (patches of one, patches of two)
    """Cosines. Half-precision vectors are read as they are stored. Any thread."""
    if not len(one) or not len(two):
        return np.zeros((len(one), len(two)), np.float32)
    halves = tuple(name for name, given in (("one", one), ("two", two)) if given.dtype == np.float16)
    (told,) = _product(halves).run(None, {"one": one, "two": two})
    return np.asarray(told, np.float32)


@cache
def _product(halves: tuple[str, ...]) -> ort.InferenceSession:
    """Half precision is widened here, too: numpy does that number by number."""
    graph = Graph()
    inputs = [graph.add("Cast", (name,), {"to": FLOAT}) if name in halves else name for name in ("one", "two")]
    out = graph.add("Gemm", inputs, {"transB": 1})
    return opened(graph.model({"one": ("ones", "sides"), "two": ("twos", "sides")}, {out: 2}, halves))
