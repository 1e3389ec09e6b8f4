"""A bundle to a graph in eight bits, calibrated on pictures, and that very graph run here. Needs onnx, and no GPU.

What TensorRT will be given can be looked at before minutes go into compiling it, on any machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime as ort

from engines.errors import DeviceError, PlanError
from engines.gpu.calibrate import reaches
from engines.gpu.lowering import lowered
from engines.gpu.operators import QUANTISED, check_graph, load_graph
from engines.gpu.quantise import modern, products, quantised
from engines.onnx import TROUBLE, OnnxEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import onnx

    from engines.base import Image
    from engines.gpu.device import Gpu
    from engines.gpu.plans import Eighth, Precision
    from engines.manifest import Manifest

FP8_CAPABILITY = (8, 9)  # Ada and Hopper brought its arithmetic
NO_PICTURES = "give a folder of pictures of your own with --images: their scales are taken from them"


def need_arithmetic(gpu: Gpu, precision: Precision) -> None:
    if precision == "fp8" and gpu.capability < FP8_CAPABILITY:
        have, least = (".".join(map(str, each)) for each in (gpu.capability, FP8_CAPABILITY))
        raise DeviceError(
            f"{gpu.name} has compute capability {have}, fp8 needs {least}: use int8 or fp16 (--precision, or "
            "engine_precision in the config)"
        )


def eighths_graph(
    directory: Path, manifest: Manifest, precision: Eighth, pictures: Sequence[Image] | None
) -> onnx.ModelProto:
    """Scales come from every other picture, so that half of what it is compared on was never seen before."""
    if pictures is None:
        raise PlanError(f"bundle {manifest.name}: {precision} needs calibration: {NO_PICTURES}")
    model = load_graph(directory, manifest)
    check_graph(model, manifest.name)
    model = modern(model, manifest.name)
    found = products(model, manifest.name)
    names = list(dict.fromkeys(each.activation for each in found))
    reach = reaches(model, names, pictures[::2], manifest)
    graph = lowered(quantised(model, found, reach, precision), "fp16")
    check_graph(graph, manifest.name, QUANTISED)
    return graph


def rehearsal(graph: onnx.ModelProto, manifest: Manifest) -> OnnxEncoder:
    """The graph for a GPU on the processor: its rounding is what a GPU's will be, its speed is not."""
    options = ort.SessionOptions()
    options.log_severity_level = 3  # errors reach us as exceptions
    # More would fuse: kernels that have no float8, and others that compute otherwise than the graph says. Pairs are
    # taken node by node, so that weights are made from their eight bits once and not for every picture.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        session = ort.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except TROUBLE as error:
        raise PlanError(
            f"bundle {manifest.name}: ONNX Runtime {ort.__version__} cannot run this graph: {str(error)[:300]}: "
            "compile with --precision fp16"
        ) from error
    return OnnxEncoder(session, manifest, max_batch=4)
