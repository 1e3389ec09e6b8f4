"""A graph of fp32 to one whose blocks multiply in eight bits, told by explicit Q/DQ pairs. Needs onnx; runs nothing.

TensorRT 11 computes in eight bits where a product's inputs come out of such pairs, and nowhere else. Quantised is
what a transformer spends its time on: products with fixed weights between the first norm and the last. Attention's
own products, norms, convolutions and the projection behind the last norm keep their digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter

from engines.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engines.gpu.plans import Eighth

NORM = "LayerNormalization"
OPSET = 19  # the first whose QuantizeLinear knows fp16 and float8
KINDS: dict[str, int] = {"int8": TensorProto.INT8, "fp8": TensorProto.FLOAT8E4M3FN}
LARGEST = {"int8": 127.0, "fp8": 448.0}  # int8 is symmetric: -128 is not used
SMALLEST_SCALE = 2.0**-20  # fp16 ends at 2**-24; finer steps than this nobody needs
HALF_LIMIT = 65504.0  # the largest fp16, which is what lies around the pairs


@dataclass(frozen=True, slots=True)
class Product:
    """One product with fixed weights: `activation` @ `weight`, whose outputs lie along `axis` of the weight."""

    node: str  # its first output, which no other node has
    activation: str
    weight: str
    axis: int


def modern(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """In an opset that has these pairs in half precision; the model itself if it is in one already."""
    if _opset(model) >= OPSET:
        return model
    try:
        return version_converter.convert_version(model, OPSET)
    except (RuntimeError, version_converter.ConvertError, onnx.checker.ValidationError) as error:
        raise PlanError(
            f"bundle {name}: opset {_opset(model)} cannot be raised to {OPSET}, which eight bits need "
            f"({str(error).strip()[:200]}): compile with --precision fp16"
        ) from error


def products(model: onnx.ModelProto, name: str) -> list[Product]:
    """What would be quantised. None at all is a PlanError: eight bits would change nothing but the plan's name."""
    graph = model.graph
    weights = {each.name: len(each.dims) for each in graph.initializer if each.data_type == TensorProto.FLOAT}
    behind, before = _behind_norms(graph), _before_norms(graph)
    found = [
        Product(node.output[0], node.input[0], node.input[1], _axis(node))
        for node in graph.node
        if _is_product(node, weights) and node.input[0] in behind and node.output[0] in before
    ]
    if not found:
        raise PlanError(
            f"bundle {name}: no product with fixed weights between two norms, so there is nothing to compute in "
            "eight bits: compile with --precision fp16"
        )
    return found


def quantised(
    model: onnx.ModelProto, found: list[Product], reach: Mapping[str, float], precision: Eighth
) -> onnx.ModelProto:
    """A new model, all of whose other values are fp32 still. `reach`: the largest magnitude of each activation."""
    return _Quantising(model, precision).run(found, reach)


class _Quantising:
    def __init__(self, model: onnx.ModelProto, precision: Eighth) -> None:
        self._model = onnx.ModelProto()
        self._model.CopyFrom(model)
        self._precision = precision
        self._weights = {each.name: each for each in model.graph.initializer}
        self._before: dict[str, list[onnx.NodeProto]] = {}  # by the product that needs them first
        self._made: dict[str, str] = {}  # one pair for each value, however many products use it

    def run(self, found: list[Product], reach: Mapping[str, float]) -> onnx.ModelProto:
        graph = self._model.graph
        wanted = {each.node: each for each in found}
        nodes: list[onnx.NodeProto] = []
        for node in list(graph.node):
            product = wanted.get(node.output[0])
            if product is not None:
                nodes += self._activation(product.activation, reach[product.activation])
                nodes += self._weight(product)
                node.input[0] = self._made[product.activation]
                node.input[1] = self._made[f"{product.weight} {product.axis}"]
            nodes.append(node)
        del graph.node[:]
        graph.node.extend(nodes)
        self._drop_unused()
        return self._model

    def _activation(self, name: str, reach: float) -> list[onnx.NodeProto]:
        """One scale for the whole value, fixed by calibration: a row does not depend on its neighbours."""
        if name in self._made:
            return []
        if reach > HALF_LIMIT:
            raise PlanError(
                f"{name} reaches {reach:.3g} on these pictures, which fp16 cannot hold: compile with --precision bf16"
            )
        self._made[name] = f"{name} dequantised"
        scale = _scales(np.array(reach, np.float32), LARGEST[self._precision])
        pair = self._pair(name, scale, [])
        return [
            helper.make_node("QuantizeLinear", [name, *pair], [f"{name} quantised"], name=f"quantise {name}"),
            helper.make_node(
                "DequantizeLinear", [f"{name} quantised", *pair], [self._made[name]], name=f"dequantise {name}"
            ),
        ]

    def _weight(self, product: Product) -> list[onnx.NodeProto]:
        """Kept in eight bits. int8 has a scale for each output; float8 reaches far enough with one."""
        key = f"{product.weight} {product.axis}"
        if key in self._made:
            return []
        self._made[key] = f"{key} dequantised"
        values = numpy_helper.to_array(self._weights[product.weight])
        largest = LARGEST[self._precision]
        if self._precision == "int8":
            scale = _scales(np.abs(values).max(axis=1 - product.axis), largest)
            steps = values / np.expand_dims(scale, 1 - product.axis)
            self._keep(key, np.clip(np.rint(steps), -largest, largest).astype(np.int8))
        else:
            scale = _scales(np.abs(values).max(), largest)
            self._keep(key, np.clip(values / scale, -largest, largest).astype(ml_dtypes.float8_e4m3fn))
        pair = self._pair(key, scale, list(scale.shape))
        axis = {"axis": product.axis} if scale.shape else {}
        return [
            helper.make_node("DequantizeLinear", [key, *pair], [self._made[key]], name=f"dequantise {key}", **axis)
        ]

    def _pair(self, name: str, scale: NDArray[np.float32], shape: list[int]) -> tuple[str, str]:
        """A scale, and the zero that says by its type which eight bits are meant."""
        names = f"{name} scale", f"{name} zero"
        zeros = bytes(int(np.prod(shape, initial=1)))
        self._keep(names[0], scale)
        self._model.graph.initializer.append(
            helper.make_tensor(names[1], KINDS[self._precision], shape, zeros, raw=True)
        )
        return names

    def _keep(self, name: str, values: NDArray[np.generic]) -> None:
        self._model.graph.initializer.append(numpy_helper.from_array(values, name))

    def _drop_unused(self) -> None:
        graph = self._model.graph
        used = {name for node in graph.node for name in node.input} | {each.name for each in graph.output}
        kept = [each for each in graph.initializer if each.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)


def _scales(reach: NDArray[np.float32], largest: float) -> NDArray[np.float32]:
    """Rounded up to what fp16 holds, which is what the graph will carry: weights are divided by the very same."""
    exact = np.maximum(reach / largest, SMALLEST_SCALE).astype(np.float32)
    near = exact.astype(np.float16)
    up: NDArray[np.float16] = np.where(near < exact, np.nextafter(near, np.float16(np.inf)), near)
    return up.astype(np.float32)


def _opset(model: onnx.ModelProto) -> int:
    return max(int(each.version) for each in model.opset_import if each.domain in {"", "ai.onnx"})


def _is_product(node: onnx.NodeProto, weights: Mapping[str, int]) -> bool:
    if node.op_type == "Gemm":
        turned = any(each.name == "transA" and each.i for each in node.attribute)
        return weights.get(node.input[1]) == 2 and not turned
    return node.op_type == "MatMul" and weights.get(node.input[1]) == 2


def _axis(node: onnx.NodeProto) -> int:
    """Where a weight's outputs lie: last, unless a Gemm turns it round."""
    return 0 if any(each.name == "transB" and each.i for each in node.attribute) else 1


def _behind_norms(graph: onnx.GraphProto) -> set[str]:
    found: set[str] = set()
    for node in graph.node:
        if node.op_type == NORM or any(name in found for name in node.input):
            found.update(node.output)
    return found


def _before_norms(graph: onnx.GraphProto) -> set[str]:
    found: set[str] = set()
    for node in reversed(graph.node):
        if node.op_type == NORM or any(name in found for name in node.output):
            found.update(node.input)
    return found
