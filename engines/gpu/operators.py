"""Which graphs a GPU back end takes, told before minutes go into compiling. Needs the onnx package.

TensorRT's parser has a list of operators, and its own way of saying what is wrong with a graph, which names neither
the cure nor the bundle. So graphs are held to what image encoders consist of, all of it on that list.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import onnx
from google.protobuf.message import DecodeError
from onnx import shape_inference

from engines.errors import PlanError
from engines.graph import external_files
from engines.manifest import FRAME

if TYPE_CHECKING:
    from pathlib import Path

    from engines.manifest import Manifest

# On the list of the ONNX parser that comes with TensorRT (docs/operators.md of onnx-tensorrt, as of release 10.15; no
# later release is known to have taken one off) in fp32, fp16 and bf16, or in integers where they compute shapes.
_NAMES = """
Abs Add AveragePool BatchNormalization Cast Clip Concat Constant ConstantOfShape Conv Cos DepthToSpace Div Elu Equal
Erf Exp Expand Flatten Gather Gelu Gemm GlobalAveragePool GlobalMaxPool GreaterOrEqual GroupNormalization
HardSigmoid HardSwish Identity InstanceNormalization LayerNormalization LeakyRelu Less Log MatMul Max MaxPool Mean
Min Mul Neg PRelu Pad Pow Range Reciprocal ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape
Resize Shape Sigmoid Sin Slice Softmax Softplus Split Sqrt Squeeze Sub Sum Tanh Tile Transpose Unsqueeze Where
"""
TENSORRT = frozenset(_NAMES.split())
QUANTISED = TENSORRT | {"QuantizeLinear", "DequantizeLinear"}  # in a graph that was quantised here
OPSETS = range(9, 26)
FIXED_AXES = ("ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum")
PROTOBUF_LIMIT = (1 << 31) - 1  # bytes of one message; a graph goes to a parser as one
SAID = 6
FOR_PROCESSORS = "export the bundle again without --int8: its kind of int8 is for processors"


def load_graph(directory: Path, manifest: Manifest) -> onnx.ModelProto:
    """The graph with its weights in it. It may take weights from files of the bundle, and from nowhere else."""
    path = directory / FRAME
    strangers = external_files(path) - set(manifest.files)
    if strangers:
        raise PlanError(f"bundle {directory}: {FRAME} takes weights from {sorted(strangers)}: not part of the bundle")
    try:
        return onnx.load(str(path))
    except (OSError, ValueError, DecodeError, onnx.checker.ValidationError) as error:
        raise PlanError(f"bundle {directory}: {FRAME} cannot be read: {error}: export it again") from error


def check_graph(model: onnx.ModelProto, name: str, known: frozenset[str] = TENSORRT) -> None:
    """Valid ONNX, whole shapes, and operators of `known` alone."""
    _check_kind(model, name)
    kinds = Counter(node.op_type for node in model.graph.node if node.domain in {"", "ai.onnx"})
    kinds.update(f"{node.domain}.{node.op_type}" for node in model.graph.node if node.domain not in {"", "ai.onnx"})
    strange = [f"{kind} ({count} times)" for kind, count in kinds.most_common() if kind not in known]
    if strange:
        dynamic = {"MatMulInteger", "DynamicQuantizeLinear", "ConvInteger", "QLinearConv", "QLinearMatMul"} & set(
            kinds
        )
        cure = FOR_PROCESSORS if dynamic else "set engine to onnx-cpu in the config"
        raise PlanError(f"bundle {name}: operators that this GPU back end lacks: {', '.join(strange[:SAID])}: {cure}")
    _check_axes(model, name)
    try:
        onnx.checker.check_model(model, full_check=False)
        shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, shape_inference.InferenceError) as error:
        raise PlanError(f"bundle {name}: not valid ONNX: {str(error).strip()[:300]}: export it again") from error


def _check_kind(model: onnx.ModelProto, name: str) -> None:
    opset = max((each.version for each in model.opset_import if each.domain in {"", "ai.onnx"}), default=0)
    if opset not in OPSETS:
        raise PlanError(f"bundle {name}: opset {opset}, where {OPSETS[0]} to {OPSETS[-1]} are known: export it again")
    if model.ByteSize() > PROTOBUF_LIMIT:
        raise PlanError(
            f"bundle {name}: {model.ByteSize()} bytes of graph, {PROTOBUF_LIMIT} is the most: give a smaller model"
        )
    nested = any(
        each.type in {onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS}
        for node in model.graph.node
        for each in node.attribute
    )
    if nested or model.functions:
        raise PlanError(f"bundle {name}: branches, loops or functions in its graph: export it with `bundle export`")


def _check_axes(model: onnx.ModelProto, name: str) -> None:
    fixed = {each.name for each in model.graph.initializer}
    fixed |= {out for node in model.graph.node if node.op_type == "Constant" for out in node.output}
    for node in model.graph.node:
        if node.op_type in FIXED_AXES and any(each not in fixed for each in node.input[1:] if each):
            raise PlanError(f"bundle {name}: {node.op_type} {node.name} over axes that are computed: export it again")
