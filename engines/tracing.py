"""A torch module to an ONNX file, and what the original says of the sample pictures. Needs the extra `models`."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from open_clip.transform import image_transform
from PIL import Image

from engines.parity import Golden, sample_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from engines.preprocess import Preprocess
    from engines.towers import Tower

OPSET = 18  # what the exporter writes natively, and old enough for every runtime we name
GRAPH_LIMIT = (
    1_900_000_000  # bytes; protobuf ends at 2 GiB, and the graph itself needs room: above, weights go beside
)
LARGEST_BATCH = 256


def write_graph(tower: Tower, size: int, path: Path) -> None:
    weights = sum(each.numel() * each.element_size() for each in tower.parameters())
    # Two pictures: a batch of one would be taken for a constant.
    example = torch.zeros(2, 3, size, size)
    batch = torch.export.Dim("batch", min=1, max=LARGEST_BATCH)
    with _quiet():
        torch.onnx.export(
            tower,
            (example,),
            str(path),
            input_names=["image"],
            output_names=["embedding", "patches"],
            dynamic_shapes={"image": {0: batch}},
            dynamo=True,
            opset_version=OPSET,
            external_data=weights > GRAPH_LIMIT,
            verbose=False,
        )


def to_int8(path: Path) -> None:
    """Weights of matrix products to int8, a scale for each output; activations are scaled as they come.

    Twice as fast for transformers on a processor with VNNI, and no gain for convolutions, which stay as they are.
    """
    graph = onnx.load(str(path))
    # The exporter's own notes on shapes contradict what quantising infers, which then refuses the graph.
    del graph.graph.value_info[:]
    whole = path.with_suffix(".fp32.onnx")
    beside = whole.with_name(whole.name + ".data")
    onnx.save(graph, str(whole), save_as_external_data=graph.ByteSize() > GRAPH_LIMIT, location=beside.name)
    with _quiet():
        quantize_dynamic(
            str(whole),
            str(path),
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
    for old in (whole, beside, path.with_name(path.name + ".data")):
        old.unlink(missing_ok=True)


def embed(model: nn.Module, how: Preprocess) -> NDArray[np.float32]:  # (pictures, dim), unit length
    """What open_clip itself says of the sample pictures."""
    with torch.inference_mode():
        return np.stack([model.encode_image(each, normalize=True)[0].numpy() for each in _inputs(how)])


def golden_of(tower: Tower, how: Preprocess, embedding: NDArray[np.float32]) -> Golden:
    with torch.inference_mode():
        patches = [tower(each)[1][0].numpy().astype(np.float16) for each in _inputs(how)]
    return Golden(sample_pictures(), embedding, np.stack(patches))


def _inputs(how: Preprocess) -> list[Tensor]:
    """The sample pictures behind open_clip's own transform."""
    transform = image_transform(
        how.size,
        is_train=False,
        mean=how.mean,
        std=how.std,
        resize_mode=how.resize,
        interpolation=how.interpolation,
        fill_color=how.fill,
    )
    return [transform(Image.fromarray(picture))[None] for picture in sample_pictures()]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print to stdout, which is ours for results, and warn about themselves."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
