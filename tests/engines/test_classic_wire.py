"""A graph written by hand is what ONNX's own package reads, and computes what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from engines.classic.wire import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.models


def small() -> bytes:
    graph = Graph()
    kernel = graph.constant(np.arange(2 * 3 * 3 * 3, dtype=np.float32).reshape(2, 3, 3, 3) / np.float32(50))
    bias = graph.constant(np.array([0.5, -300], np.float32))
    shape: dict[str, int | Sequence[int]] = {
        "kernel_shape": (3, 3),
        "pads": (0, 0, 1, 1),
        "strides": (2, 2),
        "group": 1,
    }
    out = graph.add("Conv", ("print", kernel, bias), shape)
    bounds = [graph.constant(np.array(bound, np.float32)) for bound in (0, 6)]
    return graph.model({"print": ("batch", 3, 200, 200)}, {graph.add("Clip", (out, *bounds)): 4, out: 4})


def test_onnx_itself_finds_nothing_wrong_with_it() -> None:
    model = onnx.load_model_from_string(small())
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Conv", "Clip"]
    assert [onnx.helper.get_attribute_value(one) for one in model.graph.node[0].attribute][1] == [0, 0, 1, 1]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert model.graph.input[0].type.tensor_type.shape.dim[3].dim_value == 200  # more than fits into seven bits


def test_it_computes_what_it_says() -> None:
    pixels = np.ones((2, 3, 200, 200), np.float32)
    bounded, free = ort.InferenceSession(small(), providers=["CPUExecutionProvider"]).run(None, {"print": pixels})
    assert free.shape == (2, 2, 100, 100)
    assert free[0, 0, 0, 0] == pytest.approx(sum(range(27)) / 50 + 0.5, rel=1e-5)
    assert bounded[1, 0, 5, 5] == 6
    assert bounded[1, 1, 5, 5] == 0
