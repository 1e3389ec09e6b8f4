"""Graphs for a GPU: which are taken, and what half precision leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs the onnx package (extra `gpu` or `models`)")

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from engines.errors import BundleError, PlanError
from engines.gpu.lowering import lowered
from engines.gpu.operators import check_graph, load_graph
from engines.manifest import FRAME, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.gpu.plans import Real

pytestmark = pytest.mark.unit

Weights = dict[str, "NDArray[np.float32] | NDArray[np.int64]"]


def model(nodes: list[onnx.NodeProto], weights: Weights, opset: int = 18) -> onnx.ModelProto:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [value("image", TensorProto.FLOAT, ["batch", 4])],
        [value("out", TensorProto.FLOAT, ["batch", "width"])],
        [numpy_helper.from_array(each, name) for name, each in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def run(of: onnx.ModelProto, image: NDArray[np.float32]) -> NDArray[np.float32]:
    session = ort.InferenceSession(of.SerializeToString(), providers=["CPUExecutionProvider"])
    out: NDArray[np.float32] = session.run(None, {"image": image})[0]
    return out


def types(of: onnx.ModelProto) -> dict[str, int]:
    graph = onnx.shape_inference.infer_shapes(of, strict_mode=True).graph
    return {each.name: each.type.tensor_type.elem_type for each in (*graph.value_info, *graph.output)}


def unit(scale: float = 1.0, epsilon: float = 1e-12) -> onnx.ModelProto:
    """A product, a norm to unit length: what every bundle ends with."""
    weights: Weights = {
        "w": (np.random.default_rng(0).standard_normal((4, 3)) * scale).astype(np.float32),
        "axis": np.array([-1]),
        "least": np.array(epsilon, np.float32),
    }
    nodes = [
        helper.make_node("MatMul", ["image", "w"], ["product"]),
        helper.make_node("Relu", ["product"], ["positive"]),
        helper.make_node("ReduceL2", ["positive", "axis"], ["length"], keepdims=1),
        helper.make_node("Max", ["length", "least"], ["safe"]),
        helper.make_node("Div", ["positive", "safe"], ["out"]),
    ]
    return model(nodes, weights)


@pytest.mark.parametrize(("precision", "low"), [("fp16", TensorProto.FLOAT16), ("bf16", TensorProto.BFLOAT16)])
def test_products_are_lowered_and_unit_length_is_not(precision: Real, low: int) -> None:
    found = types(lowered(unit(), precision))
    assert found["product"] == found["positive"] == low
    assert found["length"] == found["safe"] == found["out"] == TensorProto.FLOAT


def test_what_goes_in_and_out_stays_fp32_even_where_a_lowered_node_is_last() -> None:
    weights: Weights = {"w": np.ones((4, 3), np.float32)}
    nodes = [
        helper.make_node("MatMul", ["image", "w"], ["out"]),
    ]
    low = lowered(model(nodes, weights), "fp16")
    check_graph(low, "g")
    assert types(low)["out"] == TensorProto.FLOAT
    image = np.arange(8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_array_equal(run(low, image), image @ weights["w"])


def test_the_original_is_left_as_it_was() -> None:
    original = unit()
    before = original.SerializeToString()
    lowered(original, "fp16")
    assert original.SerializeToString() == before
    assert lowered(original, "fp32") is original


def test_a_constant_that_half_precision_would_lose_keeps_its_node_in_fp32() -> None:
    weights: Weights = {"tiny": np.array(1e-9, np.float32), "huge": np.array(1e9, np.float32)}
    nodes = [
        helper.make_node("Mul", ["image", "tiny"], ["small"]),
        helper.make_node("Mul", ["small", "huge"], ["out"]),
    ]
    low = lowered(model(nodes, weights), "fp16")
    np.testing.assert_allclose(run(low, np.ones((1, 4), np.float32)), 1.0, rtol=1e-6)


def test_a_weight_that_fp16_cannot_hold_is_refused_with_the_cure() -> None:
    with pytest.raises(PlanError, match=r"weight w reaches .*which fp16 cannot hold: compile with --precision bf16"):
        lowered(big(), "fp16")
    assert types(lowered(big(), "bf16"))["out"] == TensorProto.FLOAT


def big() -> onnx.ModelProto:
    weights: Weights = {"w": np.full((4, 8), 1e6, np.float32)}
    return model([helper.make_node("MatMul", ["image", "w"], ["out"])], weights)


def test_a_small_bundles_graph_is_taken_in_every_precision(small_bundle: Path) -> None:
    graph = load_graph(small_bundle, read_manifest(small_bundle))
    image = np.random.default_rng(1).standard_normal((2, 3, 64, 64)).astype(np.float32)
    check_graph(graph, "small")
    expected = run(graph, image)
    low = lowered(graph, "fp16")
    check_graph(low, "small")
    assert float(np.min(np.sum(run(low, image) * expected, axis=1))) > 0.999
    check_graph(lowered(graph, "bf16"), "small")


def test_an_operator_outside_the_list_is_named_and_counted() -> None:
    nodes = [helper.make_node("NonZero", ["image"], ["a"]), helper.make_node("Cast", ["a"], ["out"], to=1)]
    with pytest.raises(PlanError, match=r"lacks: NonZero \(1 times\): set engine to onnx-cpu in the config"):
        check_graph(model(nodes, {}), "b")


def test_int8_of_a_processors_kind_says_to_export_again() -> None:
    nodes = [helper.make_node("DynamicQuantizeLinear", ["image"], ["q", "scale", "out"])]
    with pytest.raises(PlanError, match="without --int8"):
        check_graph(model(nodes, {}), "b")


def test_a_foreign_domain_or_opset_is_refused() -> None:
    foreign = [helper.make_node("Gelu", ["image"], ["out"], domain="com.microsoft")]
    with pytest.raises(PlanError, match=r"com\.microsoft\.Gelu"):
        check_graph(model(foreign, {}), "b")
    with pytest.raises(PlanError, match="opset 8"):
        check_graph(model([helper.make_node("Relu", ["image"], ["out"])], {}, opset=8), "b")


def test_a_graph_that_contradicts_itself_is_refused() -> None:
    weights: Weights = {"w": np.ones((5, 3), np.float32)}
    with pytest.raises(PlanError, match="not valid ONNX"):
        check_graph(model([helper.make_node("MatMul", ["image", "w"], ["out"])], weights), "b")


def test_axes_that_are_computed_are_refused() -> None:
    nodes = [
        helper.make_node("Shape", ["image"], ["axes"], start=1),
        helper.make_node("ReduceMean", ["image", "axes"], ["out"]),
    ]
    with pytest.raises(PlanError, match="axes that are computed"):
        check_graph(model(nodes, {}), "b")


def test_weights_from_elsewhere_and_damaged_files_are_refused(small_bundle: Path) -> None:
    manifest = read_manifest(small_bundle)
    (small_bundle / FRAME).write_bytes(b"\x3a\x05abc")
    with pytest.raises((BundleError, PlanError), match=r"frame\.onnx"):
        load_graph(small_bundle, manifest)
