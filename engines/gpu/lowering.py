"""A graph of fp32 to one of half precision, save where that costs digits. Needs the onnx package; runs nothing.

TensorRT 11 computes what the graph says and nothing less, so precision is decided here, in the open: matrix products,
convolutions and what lies between them are lowered, norms are not, nor is anything behind the last one (the unit
vectors that go out), nor whatever has a constant that half precision cannot hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from engines.errors import PlanError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from engines.gpu.plans import Real

FULL = TensorProto.FLOAT
LOW: dict[str, int] = {"fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
DTYPES: dict[str, DTypeLike] = {"fp16": np.float16, "bf16": ml_dtypes.bfloat16}
NORMS = {"LayerNormalization", "GroupNormalization", "InstanceNormalization", "ReduceL2", "Resize", "Range"}
UNIT = "ReduceL2"  # what makes unit length: whatever uses it stays as it is
SMALL = 16  # elements: an epsilon, a bound, a scale, but no weights


def lowered(model: onnx.ModelProto, precision: Real) -> onnx.ModelProto:
    """A new model; inputs and outputs stay fp32. For fp32 it is the model itself."""
    if precision == "fp32":
        return model
    return _Lowering(model, precision).run()


class _Lowering:
    def __init__(self, model: onnx.ModelProto, precision: Real) -> None:
        self._model = onnx.ModelProto()
        self._model.CopyFrom(model)
        self._low, self._dtype = LOW[precision], np.dtype(DTYPES[precision])
        self._precision = precision
        self._opset = max(each.version for each in model.opset_import if each.domain in {"", "ai.onnx"})
        graph = self._model.graph
        self._after_unit = _downstream(graph, UNIT)
        self._weights = {each.name: each for each in graph.initializer}
        self._floats = _floats(self._model)
        self._high = {out for node in graph.node if self._stays(node) for out in node.output}
        self._outputs = {each.name for each in graph.output}
        self._made: dict[tuple[str, int], str] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._type: dict[str, int] = dict.fromkeys(self._floats, FULL)  # of each float value, as things are now

    def run(self) -> onnx.ModelProto:
        graph = self._model.graph
        for node in list(graph.node):
            self._add(node)
        del graph.node[:]
        graph.node.extend(self._nodes)
        used = {name for node in self._nodes for name in node.input} | self._outputs
        kept = [each for each in self._weights.values() if each.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        del graph.value_info[:]  # the types in it are no longer true
        return self._model

    def _stays(self, node: onnx.NodeProto) -> bool:
        if node.op_type in NORMS or not self._takes(node):
            return True
        return any(name in self._after_unit or not self._fits(name) for name in node.input)

    def _takes(self, node: onnx.NodeProto) -> bool:
        """Whether this operator knows the type in this opset: Conv, for one, learned bf16 in opset 22."""
        schema = onnx.defs.get_schema(node.op_type, self._opset, "")
        wanted = f"tensor({'float16' if self._precision == 'fp16' else 'bfloat16'})"
        return any(wanted in each.allowed_type_strs for each in schema.type_constraints)

    def _fits(self, name: str) -> bool:
        """Whether a small constant survives; one that does not keeps its node in fp32."""
        weight = self._weights.get(name)
        if weight is None or weight.data_type != FULL or int(np.prod(weight.dims, initial=1)) > SMALL:
            return True
        values = numpy_helper.to_array(weight)
        low = _cast(values, self._dtype)
        return bool(np.all(np.isfinite(low) == np.isfinite(values)) and np.all((low == 0) == (values == 0)))

    def _add(self, node: onnx.NodeProto) -> None:
        floats = [name for name in (*node.input, *node.output) if name in self._floats]
        want = FULL if not floats or set(node.output) & self._high else self._low
        for index, name in enumerate(node.input):
            if name in self._floats:
                node.input[index] = self._as(name, want)
        self._retype(node, want)
        self._nodes.append(node)
        for index, name in enumerate(node.output):
            if name in self._floats:
                self._type[name] = want
                if name in self._outputs and want != FULL:
                    node.output[index] = f"{name}__{self._precision}"
                    self._cast_node(node.output[index], name, FULL)
                    self._type[name] = FULL

    def _as(self, name: str, want: int) -> str:
        """The value in the wanted type: itself, a weight cast once and for all, or through a Cast node."""
        if self._type[name] == want:
            return name
        if (name, want) not in self._made:
            other = f"{name}__{self._precision if want == self._low else 'fp32'}"
            if name in self._weights:
                self._weights[other] = self._lower(self._weights[name], other)
            else:
                self._cast_node(name, other, want)
            self._made[name, want] = other
        return self._made[name, want]

    def _lower(self, weight: TensorProto, name: str) -> TensorProto:
        values = numpy_helper.to_array(weight)
        low = _cast(values, self._dtype)
        if not np.all(np.isfinite(low)):
            raise PlanError(
                f"weight {weight.name} reaches {np.abs(values).max():.3g}, which {self._precision} cannot hold: "
                "compile with --precision bf16 or fp32"
            )
        return numpy_helper.from_array(low, name)

    def _cast_node(self, name: str, out: str, to: int) -> None:
        self._nodes.append(helper.make_node("Cast", [name], [out], name=f"cast {out}", to=to))

    def _retype(self, node: onnx.NodeProto, want: int) -> None:
        """Attributes that name a type or carry a tensor follow their node."""
        for each in node.attribute:
            if node.op_type == "Cast" and each.name == "to" and each.i == FULL:
                each.i = want
            elif each.type == onnx.AttributeProto.TENSOR and each.t.data_type == FULL and want != FULL:
                each.t.CopyFrom(self._lower(each.t, each.t.name))


def _cast(values: NDArray[np.float32], to: np.dtype[np.generic]) -> NDArray[np.float32]:
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(to)


def _floats(model: onnx.ModelProto) -> set[str]:
    """Every value that is fp32 in the original."""
    graph = shape_inference.infer_shapes(model).graph
    values = (*graph.input, *graph.output, *graph.value_info)
    found = {each.name for each in values if each.type.tensor_type.elem_type == FULL}
    return found | {each.name for each in graph.initializer if each.data_type == FULL}


def _downstream(graph: onnx.GraphProto, kind: str) -> set[str]:
    """What is computed from what nodes of one kind give, in the order of the graph."""
    found: set[str] = set()
    for node in graph.node:
        if node.op_type == kind or any(name in found for name in node.input):
            found.update(node.output)
    return found
