"""How far the values inside a graph reach, by running it on pictures. Needs onnx; knows nothing of quantising.

Only the reach of each value comes out of a run, and only the largest so far is kept: memory stays the same however
many pictures there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from engines.errors import PlanError
from engines.onnx import TROUBLE
from engines.preprocess import Preparer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Image
    from engines.manifest import Manifest
    from engines.onnx import Inputs

FEWEST = 10  # pictures; of fewer, one odd picture decides, or its lack does
REACH = " reach"  # follows a value's name where its largest magnitude comes out


def reaches(
    model: onnx.ModelProto, names: Sequence[str], pictures: Sequence[Image], manifest: Manifest
) -> dict[str, float]:
    """The largest magnitude of each named fp32 value over all pictures. Takes one pass a picture."""
    if len(pictures) < FEWEST:
        raise PlanError(
            f"bundle {manifest.name}: {len(pictures)} pictures to calibrate with, {FEWEST} are the least: "
            "give a folder of pictures of your own with --images"
        )
    session = _session(_watched(model, names), manifest.name)
    preparer, size = Preparer(manifest.preprocess), manifest.preprocess.size
    image = np.empty((1, 3, size, size), np.float32)
    largest = np.zeros(len(names), np.float64)
    for picture in pictures:
        preparer.prepare(picture, image[0])
        largest = np.maximum(largest, _run(session, names, image, manifest.name))  # keeps a NaN
    wrong = [name for name, value in zip(names, largest, strict=True) if not np.isfinite(value)]
    if wrong:
        raise PlanError(f"bundle {manifest.name}: {wrong[0]} is not finite on these pictures: export it again")
    return dict(zip(names, largest.tolist(), strict=True))


def _watched(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """The graph with one more output for each name: a single number, so that no activation is copied out."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    for name in names:
        watched.graph.node.append(helper.make_node("Abs", [name], [f"{name} magnitude"]))
        watched.graph.node.append(helper.make_node("ReduceMax", [f"{name} magnitude"], [name + REACH], keepdims=0))
        watched.graph.output.append(helper.make_tensor_value_info(name + REACH, TensorProto.FLOAT, []))
    return watched


def _session(model: onnx.ModelProto, name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3  # errors reach us as exceptions
    try:
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except TROUBLE as error:
        raise PlanError(f"bundle {name}: cannot be calibrated: {str(error)[:300]}: export it again") from error


def _run(session: ort.InferenceSession, names: Sequence[str], image: Inputs, of: str) -> list[float]:
    try:
        return [float(each) for each in session.run([name + REACH for name in names], {"image": image})]
    except TROUBLE as error:
        raise PlanError(f"bundle {of}: the graph failed on a picture: {str(error)[:300]}: export it again") from error
