"""Eight bits: what is quantised and what is left, that the very graph gives what it should, and bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

pytest.importorskip("onnx", reason="needs the onnx package (extra `gpu` or `models`)")

import ml_dtypes
import onnx
from onnx import TensorProto, helper, numpy_helper

from engines.bundle import OnnxBundle
from engines.errors import DeviceError, PlanError
from engines.gpu.calibrate import reaches
from engines.gpu.device import Gpu
from engines.gpu.eighths import eighths_graph, need_arithmetic, rehearsal
from engines.gpu.lowering import lowered
from engines.gpu.operators import load_graph
from engines.gpu.quantise import modern, products, quantised
from engines.manifest import FRAME, read_manifest
from engines.parity import compare_with_golden, sample_pictures

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.gpu.plans import Eighth

pytestmark = pytest.mark.unit

PICTURES = sample_pictures(24)
EIGHT_BITS = {"int8": TensorProto.INT8, "fp8": TensorProto.FLOAT8E4M3FN}


def kinds(model: onnx.ModelProto, kind: str) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type == kind]


def types(model: onnx.ModelProto) -> dict[str, int]:
    graph = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph
    found = {each.name: each.type.tensor_type.elem_type for each in (*graph.value_info, *graph.output)}
    return found | {each.name: each.data_type for each in graph.initializer}


@pytest.mark.parametrize("precision", ["int8", "fp8"])
def test_products_between_the_first_norm_and_the_last_take_eight_bits(
    small_transformer: Path, precision: Eighth
) -> None:
    graph = eighths_graph(small_transformer, read_manifest(small_transformer), precision, PICTURES)
    found, made = types(graph), {out: node for node in graph.graph.node for out in node.output}
    eight = [node for node in kinds(graph, "MatMul") if made.get(node.input[1], node).op_type == "DequantizeLinear"]
    assert (len(eight), len(kinds(graph, "MatMul"))) == (4, 5)  # two in each block; the projection keeps its digits
    for node in eight:
        activation, weight = made[node.input[0]], made[node.input[1]]
        assert found[weight.input[0]] == found[activation.input[0]] == EIGHT_BITS[precision]
        assert found[node.output[0]] == found[weight.input[1]] == TensorProto.FLOAT16  # around them half precision
    norms = kinds(graph, "LayerNormalization")
    assert all(found[out] == TensorProto.FLOAT for node in norms for out in node.output)
    assert found["embedding"] == found["patches"] == TensorProto.FLOAT


@pytest.mark.parametrize("precision", ["int8", "fp8"])
def test_every_zero_point_is_zero_and_int8_weights_have_a_scale_for_each_output(
    small_transformer: Path, precision: Eighth
) -> None:
    graph = eighths_graph(small_transformer, read_manifest(small_transformer), precision, PICTURES)
    kept = {each.name: numpy_helper.to_array(each) for each in graph.graph.initializer}
    for node in kinds(graph, "QuantizeLinear"):
        assert kept[node.input[1]].shape == kept[node.input[2]].shape == ()
    for node in kinds(graph, "DequantizeLinear"):
        assert not kept[node.input[2]].astype(np.float32).any()
        if node.input[0] in kept:
            outputs = kept[node.input[0]].shape[1:]
            assert kept[node.input[1]].shape == (outputs if precision == "int8" else ())


@pytest.mark.parametrize("precision", ["int8", "fp8"])
def test_the_very_graph_gives_nearly_what_the_original_gives(small_transformer: Path, precision: Eighth) -> None:
    bundle = OnnxBundle(small_transformer)
    graph = eighths_graph(small_transformer, bundle.manifest, precision, PICTURES)
    encoder, fresh = rehearsal(graph, bundle.manifest), sample_pictures(30)[24:]  # never calibrated on
    cosines = [
        float(one.embedding @ two.embedding)
        for one, two in zip(encoder.encode(fresh), bundle.encoder().encode(fresh), strict=True)
    ]
    assert 0.99 < min(cosines) < 0.9999999  # not the same: eight bits were really computed with


def test_a_row_does_not_depend_on_its_neighbours(small_transformer: Path) -> None:
    manifest = read_manifest(small_transformer)
    encoder = rehearsal(eighths_graph(small_transformer, manifest, "int8", PICTURES), manifest)
    alone = [encoder.encode([each])[0].embedding for each in PICTURES[:4]]
    for one, two in zip(alone, encoder.encode(PICTURES[:4]), strict=True):
        np.testing.assert_allclose(one, two.embedding, atol=1e-3)


@pytest.mark.parametrize(("reach", "ok"), [(20.0, True), (0.1, False)])
def test_scales_that_clip_what_is_there_are_seen_by_the_comparison(
    small_transformer: Path, reach: float, *, ok: bool
) -> None:
    bundle = OnnxBundle(small_transformer)
    model = modern(load_graph(small_transformer, bundle.manifest), "b")
    found = products(model, "b")
    graph = lowered(quantised(model, found, {each.activation: reach for each in found}, "int8"), "fp16")
    parity = compare_with_golden(bundle, "here", rehearsal(graph, bundle.manifest), "int8")
    assert parity.ok is ok  # also where ONNX Runtime is asked to be fast: the pairs are still in what it runs


def test_an_activation_that_two_products_share_is_quantised_once() -> None:
    model = norm_and([("MatMul", ["n", "w"], {}), ("MatMul", ["n", "v"], {})])
    graph = quantised(model, products(model, "b"), {"n": 3.0}, "int8")
    assert len(kinds(graph, "QuantizeLinear")) == 1
    assert len(kinds(graph, "DequantizeLinear")) == 3


def test_a_gemm_that_turns_its_weight_has_its_scales_along_the_first_axis() -> None:
    model = norm_and([("Gemm", ["n", "w"], {"transB": 1})])
    [product] = products(model, "b")
    assert (product.weight, product.axis) == ("w", 0)
    graph = quantised(model, [product], {"n": 1.0}, "int8")
    [weight] = [node for node in kinds(graph, "DequantizeLinear") if node.input[0] != "n quantised"]
    assert onnx.helper.get_node_attr_value(weight, "axis") == 0
    onnx.checker.check_model(graph, full_check=True)


def norm_and(nodes: list[tuple[str, list[str], dict[str, int]]]) -> onnx.ModelProto:
    """A norm, products of what it gives, and a norm of each of theirs."""
    value = helper.make_tensor_value_info
    made = [helper.make_node("LayerNormalization", ["image", "one"], ["n"])]
    outputs = []
    for number, (kind, inputs, settings) in enumerate(nodes):
        made.append(helper.make_node(kind, inputs, [f"p{number}"], **settings))
        made.append(helper.make_node("LayerNormalization", [f"p{number}", "one"], [f"out{number}"]))
        outputs.append(value(f"out{number}", TensorProto.FLOAT, ["batch", 4]))
    square = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)
    weights = {"one": np.ones(4, np.float32), "w": square, "v": -square}
    graph = helper.make_graph(
        made,
        "g",
        [value("image", TensorProto.FLOAT, ["batch", 4])],
        outputs,
        [numpy_helper.from_array(each, name) for name, each in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)


@given(arrays.arrays(np.float32, (4, 4), elements=st.floats(-(2.0**10), 2.0**10, width=32)))
def test_no_weight_is_off_by_more_than_half_a_step_and_none_is_clipped(weights: NDArray[np.float32]) -> None:
    model = norm_and([("MatMul", ["n", "w"], {})])
    [kept] = [each for each in model.graph.initializer if each.name == "w"]
    kept.CopyFrom(numpy_helper.from_array(weights, "w"))
    graph = quantised(model, products(model, "b"), {"n": 1.0}, "int8")
    values = {each.name: numpy_helper.to_array(each) for each in graph.graph.initializer}
    back = values["w 1"].astype(np.float32) * values["w 1 scale"]
    assert np.all(np.abs(back - weights) <= values["w 1 scale"] / 2 * 1.0001)


@given(st.floats(1e-6, 6e4))
def test_what_calibration_saw_fits_into_float8(reach: float) -> None:
    model = norm_and([("MatMul", ["n", "w"], {})])
    graph = quantised(model, products(model, "b"), {"n": reach}, "fp8")
    [scale] = [numpy_helper.to_array(each) for each in graph.graph.initializer if each.name == "n scale"]
    assert np.isfinite(np.array(reach / scale, np.float32).astype(ml_dtypes.float8_e4m3fn).astype(np.float32))
    assert scale == np.float16(scale)


def test_calibration_finds_the_largest_magnitude_of_all_pictures(small_transformer: Path) -> None:
    manifest = read_manifest(small_transformer)
    model = modern(load_graph(small_transformer, manifest), manifest.name)
    name = products(model, manifest.name)[0].activation
    each = [reaches(model, [name], [picture] * 10, manifest)[name] for picture in PICTURES[:3]]
    assert reaches(model, [name], [*PICTURES[:3]] * 4, manifest)[name] == pytest.approx(max(each))


def test_without_pictures_or_with_too_few_the_cure_is_named(small_transformer: Path) -> None:
    manifest = read_manifest(small_transformer)
    with pytest.raises(PlanError, match=r"int8 needs calibration: give a folder of pictures.*--images"):
        eighths_graph(small_transformer, manifest, "int8", None)
    with pytest.raises(PlanError, match="9 pictures to calibrate with, 10 are the least"):
        eighths_graph(small_transformer, manifest, "int8", PICTURES[:18])


def test_an_encoder_with_nothing_to_quantise_is_refused(small_bundle: Path) -> None:
    with pytest.raises(PlanError, match=r"nothing to compute in eight bits: compile with --precision fp16"):
        eighths_graph(small_bundle, read_manifest(small_bundle), "fp8", PICTURES)


def test_an_opset_is_raised_only_where_it_must_be_and_one_that_cannot_be_is_refused() -> None:
    new = norm_and([("MatMul", ["n", "w"], {})])
    assert modern(new, "b") is new
    old = norm_and([("MatMul", ["n", "w"], {})])
    old.opset_import[0].version = 17
    assert modern(old, "b").opset_import[0].version == 19
    old.graph.node[0].op_type = "Unheard"
    with pytest.raises(PlanError, match=r"opset 17 cannot be raised to 19.*compile with --precision fp16"):
        modern(old, "b")


def test_a_value_that_is_not_finite_or_too_large_is_refused(small_transformer: Path) -> None:
    manifest = read_manifest(small_transformer)
    with pytest.raises(PlanError, match="is not finite on these pictures"):
        eighths_graph(spoiled(small_transformer, np.nan), manifest, "int8", PICTURES)
    model = norm_and([("MatMul", ["n", "w"], {})])
    with pytest.raises(PlanError, match=r"n reaches 7e\+04 .*which fp16 cannot hold: compile with --precision bf16"):
        quantised(model, products(model, "b"), {"n": 7e4}, "int8")


def spoiled(bundle: Path, by: float) -> Path:
    """Its first norm multiplies by something else."""
    model = onnx.load(str(bundle / FRAME))
    norm = kinds(model, "LayerNormalization")[0]
    [scale] = [each for each in model.graph.initializer if each.name == norm.input[1]]
    scale.CopyFrom(numpy_helper.from_array(np.full(scale.dims, by, np.float32), scale.name))
    onnx.save(model, str(bundle / FRAME))
    return bundle


def test_fp8_on_a_gpu_without_its_arithmetic_names_the_gpu_and_the_cure() -> None:
    old = Gpu("NVIDIA A10", (8, 6), 24 << 30, (13, 2))
    with pytest.raises(
        DeviceError, match=r"NVIDIA A10 has compute capability 8\.6, fp8 needs 8\.9: use int8 or fp16"
    ):
        need_arithmetic(old, "fp8")
    need_arithmetic(old, "int8")
    need_arithmetic(Gpu("NVIDIA L4", (8, 9), 24 << 30, (13, 2)), "fp8")


def test_the_original_is_left_as_it_was() -> None:
    model = norm_and([("MatMul", ["n", "w"], {})])
    before = model.SerializeToString()
    quantised(model, products(model, "b"), {"n": 1.0}, "int8")
    assert model.SerializeToString() == before
