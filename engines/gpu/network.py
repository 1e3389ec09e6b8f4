"""A bundle's graph as a torch module, so that a GPU without TensorRT can run what was exported. Needs torch and onnx.

The graph, not the original model, is what a bundle is; so nothing else has to be shipped, and what torch computes
here is what every other back end computes, node by node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

from engines.errors import PlanError
from engines.gpu.ops import DTYPES, OPERATORS, Settings

if TYPE_CHECKING:
    import onnx

    from engines.gpu.ops import Setting, Value

KNOWN = frozenset(OPERATORS) | {"Constant"}
WHOLE = (TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL)


class Network(nn.Module):  # type: ignore[misc]
    """`image` in, `embedding` and `patches` out; weights as the graph has them."""

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        self._fixed: dict[str, Value] = {}  # whole numbers; what is real is a buffer and moves to the device
        self._buffers_of: dict[str, str] = {}
        for each in model.graph.initializer:
            self._keep(each.name, each)
        self._steps: list[tuple[str, Settings, list[str], list[str]]] = []
        for node in model.graph.node:
            self._add(node)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        values: dict[str, Value] = {"image": image, "": None, **self._fixed}
        values |= {name: getattr(self, buffer) for name, buffer in self._buffers_of.items()}
        for kind, settings, inputs, outputs in self._steps:
            made = OPERATORS[kind](settings, [values[name] for name in inputs])
            for name, value in zip(outputs, made if isinstance(made, tuple) else (made,), strict=False):
                values[name] = value
        return values["embedding"], values["patches"]

    def _add(self, node: onnx.NodeProto) -> None:
        if node.op_type == "Constant":
            given = [each for each in node.attribute if each.name == "value"]
            if not given:
                raise PlanError(f"constant {node.name} is not a tensor: export the bundle again")
            self._keep(node.output[0], given[0].t)
            return
        settings = Settings({each.name: _setting(each) for each in node.attribute})
        inputs = list(node.input)
        if node.op_type == "Gather" and inputs[1] in self._fixed and self._fixed[inputs[1]].ndim:
            inputs.append(self._on_device(inputs[1]))
        self._steps.append((node.op_type, settings, inputs, list(node.output)))

    def _on_device(self, name: str) -> str:
        """Indices that move with the weights: a recorded pass may not bring anything up from the processor."""
        there = f"{name} on the device"
        if there not in self._buffers_of:
            self._buffer(there, torch.from_numpy(self._fixed[name].reshape(-1).copy()))
        return there

    def _buffer(self, name: str, values: Tensor) -> None:
        self._buffers_of[name] = f"weight_{len(self._buffers_of)}"
        self.register_buffer(self._buffers_of[name], values)

    def _keep(self, name: str, tensor: TensorProto) -> None:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type in WHOLE:
            self._fixed[name] = values.astype(np.int64)
        elif tensor.data_type in DTYPES:
            # By way of fp32, because numpy has no bf16 that torch knows.
            self._buffer(name, torch.from_numpy(values.astype(np.float32)).to(DTYPES[tensor.data_type]))
        else:
            kind = helper.tensor_dtype_to_string(tensor.data_type)
            raise PlanError(f"weight {name} of type {kind}: set engine to onnx-cpu in the config")


def _setting(given: AttributeProto) -> Setting:
    value = helper.get_attribute_value(given)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | float):
        return value
    if given.type in {AttributeProto.INTS, AttributeProto.FLOATS}:
        return tuple(value)
    raise PlanError(f"attribute {given.name} of a kind that no encoder has: set engine to onnx-cpu in the config")
