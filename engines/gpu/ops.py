"""ONNX operators in torch, as far as image encoders use them. Needs torch; knows no graph and no device.

Whole numbers (shapes, axes, indices) are numpy arrays and stay on the processor, so that a pass with one batch size
can be recorded as a CUDA graph. An operator gets its attributes and its inputs; one that is left out is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engines.errors import PlanError

Integers = NDArray[np.int64]
Value: TypeAlias = Tensor  # or integers, or None for an input that is left out
Setting: TypeAlias = int | float | str | tuple[int, ...] | tuple[float, ...]

DTYPES = {1: torch.float32, 10: torch.float16, 16: torch.bfloat16}
INT64, INT32 = 7, 6
END = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Settings:
    """A node's attributes."""

    values: dict[str, Setting]

    def whole(self, name: str, default: int) -> int:
        value = self.values.get(name, default)
        assert isinstance(value, int)
        return value

    def real(self, name: str, default: float) -> float:
        value = self.values.get(name, default)
        assert isinstance(value, int | float)
        return float(value)

    def text(self, name: str, default: str) -> str:
        value = self.values.get(name, default)
        assert isinstance(value, str)
        return value

    def list(self, name: str, default: Sequence[int]) -> tuple[int, ...]:
        value = self.values.get(name, tuple(default))
        assert isinstance(value, tuple)
        return tuple(int(each) for each in value)


Operator = Callable[[Settings, list[Value]], Value | tuple[Value, ...]]


def _numbers(value: Value) -> list[int]:
    if not isinstance(value, np.ndarray):
        raise PlanError(
            "a shape or an axis of this graph is computed from pixels: set engine to onnx-cpu in the config"
        )
    return [int(each) for each in value.reshape(-1)]


def _conv(how: Settings, inputs: list[Value]) -> Tensor:
    image, weight, bias = (*inputs, None)[:3]
    spatial = weight.ndim - 2
    if how.text("auto_pad", "NOTSET") != "NOTSET" or spatial != 2:
        raise PlanError("a convolution that is not plainly two-dimensional: set engine to onnx-cpu in the config")
    top, left, bottom, right = how.list("pads", (0,) * 4)
    if (top, left) != (bottom, right):
        image, top, left = functional.pad(image, (left, right, top, bottom)), 0, 0
    strides, dilations = how.list("strides", (1, 1)), how.list("dilations", (1, 1))
    return functional.conv2d(image, weight, bias, strides, (top, left), dilations, how.whole("group", 1))


def _average_pool(how: Settings, inputs: list[Value]) -> Tensor:
    top, left, bottom, right = how.list("pads", (0,) * 4)
    if (top, left) != (bottom, right) or how.text("auto_pad", "NOTSET") != "NOTSET":
        raise PlanError("a pooling with uneven edges: set engine to onnx-cpu in the config")
    size = how.list("kernel_shape", ())
    strides, ceil = how.list("strides", (1, 1)), bool(how.whole("ceil_mode", 0))
    inside = bool(how.whole("count_include_pad", 0))
    return functional.avg_pool2d(inputs[0], size, strides, (top, left), ceil, inside)


def _max_pool(how: Settings, inputs: list[Value]) -> Tensor:
    top, left, bottom, right = how.list("pads", (0,) * 4)
    if (top, left) != (bottom, right):
        raise PlanError("a pooling with uneven edges: set engine to onnx-cpu in the config")
    strides, ceil = how.list("strides", (1, 1)), bool(how.whole("ceil_mode", 0))
    return functional.max_pool2d(inputs[0], how.list("kernel_shape", ()), strides, (top, left), ceil_mode=ceil)


def _gemm(how: Settings, inputs: list[Value]) -> Tensor:
    left = inputs[0].T if how.whole("transA", 0) else inputs[0]
    right = inputs[1].T if how.whole("transB", 0) else inputs[1]
    out = left @ right
    alpha, beta = how.real("alpha", 1.0), how.real("beta", 1.0)
    out = out if alpha == 1 else out * alpha
    if len(inputs) < 3 or inputs[2] is None:
        return out
    return out + (inputs[2] if beta == 1 else inputs[2] * beta)


def _layer_norm(how: Settings, inputs: list[Value]) -> Tensor:
    x, weight, bias = (*inputs, None)[:3]
    axis = how.whole("axis", -1)
    return functional.layer_norm(x, x.shape[axis:], weight, bias, how.real("epsilon", 1e-5))


def _batch_norm(how: Settings, inputs: list[Value]) -> Tensor:
    x, weight, bias, mean, variance = inputs
    return functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=how.real("epsilon", 1e-5))


def _reshape(how: Settings, inputs: list[Value]) -> Value:
    x, wanted = inputs[0], _numbers(inputs[1])
    if not how.whole("allowzero", 0):
        wanted = [x.shape[at] if each == 0 else each for at, each in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(how: Settings, inputs: list[Value]) -> Value:
    x, axis = inputs[0], how.whole("axis", 1)
    return x.reshape(int(np.prod(x.shape[:axis], initial=1)), -1)


def _transpose(how: Settings, inputs: list[Value]) -> Value:
    x = inputs[0]
    order = how.list("perm", tuple(reversed(range(x.ndim))))
    return x.transpose(order) if isinstance(x, np.ndarray) else x.permute(order)


def _squeeze(_: Settings, inputs: list[Value]) -> Value:
    x = inputs[0]
    axes = _numbers(inputs[1]) if len(inputs) > 1 else [at for at, size in enumerate(x.shape) if size == 1]
    return np.squeeze(x, tuple(axes)) if isinstance(x, np.ndarray) else torch.squeeze(x, axes)


def _unsqueeze(_: Settings, inputs: list[Value]) -> Value:
    x, axes = inputs[0], _numbers(inputs[1])
    if isinstance(x, np.ndarray):
        return np.expand_dims(x, tuple(axes))
    dims = x.ndim + len(axes)
    for axis in sorted(each % dims for each in axes):
        x = x.unsqueeze(axis)
    return x


def _concat(how: Settings, inputs: list[Value]) -> Value:
    axis = how.whole("axis", 0)
    if all(isinstance(each, np.ndarray) for each in inputs):
        return np.concatenate(inputs, axis)
    return torch.cat(inputs, axis)


def _gather(how: Settings, inputs: list[Value]) -> Value:
    x, indices, *there = inputs  # `there`: the same indices on the device, where the graph has them as a constant
    axis = how.whole("axis", 0)
    if isinstance(x, np.ndarray):
        return np.asarray(np.take(x, indices, axis))
    if indices.ndim == 0:
        return x.select(axis, int(indices))
    flat = torch.index_select(x, axis, there[0] if there else torch.as_tensor(indices.reshape(-1), device=x.device))
    return flat.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis:][1:])


def _slice(_: Settings, inputs: list[Value]) -> Value:
    x, starts, ends, axes, steps = (*inputs, None, None)[:5]
    first, last = _numbers(starts), _numbers(ends)
    which = range(len(first)) if axes is None else _numbers(axes)
    stride = [1] * len(first) if steps is None else _numbers(steps)
    where = [slice(None)] * x.ndim
    for axis, begin, end, step in zip(which, first, last, stride, strict=True):
        if step < 1 and not isinstance(x, np.ndarray):
            raise PlanError("a slice that runs backwards: set engine to onnx-cpu in the config")
        where[axis] = slice(begin, None if end >= END else end, step)
    return x[tuple(where)]


def _split(how: Settings, inputs: list[Value]) -> tuple[Value, ...]:
    x, axis = inputs[0], how.whole("axis", 0)
    if len(inputs) > 1 and inputs[1] is not None:
        return tuple(torch.split(x, _numbers(inputs[1]), axis))
    return tuple(torch.chunk(x, how.whole("num_outputs", 2), axis))


def _expand(_: Settings, inputs: list[Value]) -> Value:
    x = inputs[0]
    shape = np.broadcast_shapes(tuple(x.shape), tuple(_numbers(inputs[1])))
    return np.broadcast_to(x, shape) if isinstance(x, np.ndarray) else x.expand(shape)


def _cast(how: Settings, inputs: list[Value]) -> Value:
    x, to = inputs[0], how.whole("to", 1)
    if isinstance(x, np.ndarray):
        if to in {INT64, INT32}:
            return x.astype(np.int64)
        return torch.as_tensor(x, dtype=DTYPES[to])
    if to not in DTYPES:
        raise PlanError(f"a cast of pixels to ONNX type {to}: set engine to onnx-cpu in the config")
    return x.to(DTYPES[to])


def _clip(_: Settings, inputs: list[Value]) -> Tensor:
    x, low, high = (*inputs, None, None)[:3]
    return torch.clamp(x, low, high)


def _axes(how: Settings, inputs: list[Value]) -> list[int]:
    if len(inputs) > 1 and inputs[1] is not None:
        return _numbers(inputs[1])
    return list(how.list("axes", range(inputs[0].ndim)))


def _l2(how: Settings, inputs: list[Value]) -> Tensor:
    return torch.linalg.vector_norm(inputs[0], 2, _axes(how, inputs), keepdim=bool(how.whole("keepdims", 1)))


def _mean(how: Settings, inputs: list[Value]) -> Tensor:
    return torch.mean(inputs[0], _axes(how, inputs), keepdim=bool(how.whole("keepdims", 1)))


def _shape(how: Settings, inputs: list[Value]) -> Integers:
    whole = np.array(inputs[0].shape, np.int64)
    return whole[how.whole("start", 0) : how.whole("end", len(whole))]


def _plain(function: Callable[..., Value]) -> Operator:
    """An operator without attributes: torch for pictures, numpy for shapes."""
    return lambda _, inputs: function(*inputs)


def _pair(of_torch: Callable[..., Tensor], of_numpy: Callable[..., Integers]) -> Operator:
    def both(_: Settings, inputs: list[Value]) -> Value:
        if all(isinstance(each, np.ndarray) for each in inputs):
            return np.asarray(of_numpy(*inputs))
        like = next(each for each in inputs if isinstance(each, Tensor))
        same = [
            torch.as_tensor(each, device=like.device) if isinstance(each, np.ndarray) else each for each in inputs
        ]
        return of_torch(*same)

    return both


OPERATORS: dict[str, Operator] = {
    "Add": _pair(torch.add, np.add),
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _conv,
    "Div": _pair(torch.div, np.floor_divide),
    "Erf": _plain(torch.erf),
    "Exp": _plain(torch.exp),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": lambda how, inputs: functional.gelu(inputs[0], approximate=how.text("approximate", "none")),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda _, inputs: torch.mean(inputs[0], (2, 3), keepdim=True),
    "HardSigmoid": lambda how, inputs: torch.clamp(
        inputs[0] * how.real("alpha", 0.2) + how.real("beta", 0.5), 0.0, 1.0
    ),
    "HardSwish": _plain(functional.hardswish),
    "Identity": lambda _, inputs: inputs[0],
    "LayerNormalization": _layer_norm,
    "MatMul": _plain(torch.matmul),
    "Max": lambda _, inputs: reduce(torch.maximum, inputs),
    "MaxPool": _max_pool,
    "Min": lambda _, inputs: reduce(torch.minimum, inputs),
    "Mul": _pair(torch.mul, np.multiply),
    "Neg": _pair(torch.neg, np.negative),
    "Pow": _pair(torch.pow, np.power),
    "ReduceL2": _l2,
    "ReduceMean": _mean,
    "Relu": _plain(torch.relu),
    "Reshape": _reshape,
    "Shape": _shape,
    "Sigmoid": _plain(torch.sigmoid),
    "Slice": _slice,
    "Softmax": lambda how, inputs: torch.softmax(inputs[0], how.whole("axis", -1)),
    "Split": _split,
    "Sqrt": _plain(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _pair(torch.sub, np.subtract),
    "Tanh": _plain(torch.tanh),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
