"""A real ONNX bundle of random weights, about 10 ms a picture on one core, for measuring what surrounds an engine.

    python -m benchmarks.small_bundle --out DIR

Convolutions and a projection: it tells pictures apart by colour and coarse texture, and recognises nothing. Needs the
onnx package (extra `models`) to write the graph; running it does not.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engines.bundle import OnnxBundle
from engines.export import write_manifest
from engines.manifest import FRAME, GOLDEN, Calibration, Manifest, sha256_of
from engines.parity import Golden, sample_pictures, write_golden
from engines.preprocess import Preparer, Preprocess

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18
STRIDES = (4, 2, 2, 1, 1)  # together 16 pixels a patch


def make_small_bundle(
    out: Path,
    *,
    name: str = "small",
    dim: int = 128,
    patch_dim: int = 64,
    size: int = 224,
    width: int = 512,
    seed: int = 0,
    resize: str = "longest",
    blocks: int = 0,
) -> Path:
    """`width`: channels of the widest layer; 512 gives about 10 ms on one core at 2.5 GHz.

    `blocks`: as many of a transformer's, attention left out, between the convolutions and what comes out.
    """
    out.mkdir(parents=True)
    onnx.save(_model(dim, patch_dim, size, width, blocks, np.random.default_rng(seed)), str(out / FRAME))
    how = Preprocess.model_validate(
        {"size": size, "resize": resize, "interpolation": "bilinear", "mean": (0.5,) * 3, "std": (0.25,) * 3}
    )
    manifest = Manifest(
        name=name,
        made_from=f"random weights, seed {seed}",
        dim=dim,
        patch_dim=patch_dim,
        patch_grid=(size // 16, size // 16),
        preprocess=how,
        calibration=Calibration(),
        files={FRAME: sha256_of(out / FRAME)},
    )
    write_manifest(out, manifest)
    _add_golden(out, manifest)
    return out


def _add_golden(out: Path, manifest: Manifest) -> None:
    """No original speaks for random weights: the first answers are kept, so that a change shows."""
    pictures = sample_pictures()
    answers = OnnxBundle(out).encoder().encode(pictures)
    rows, columns = manifest.patch_grid
    tokens = np.zeros((len(pictures), rows * columns, manifest.patch_dim), np.float16)
    preparer = Preparer(manifest.preprocess)
    for row, (picture, answer) in enumerate(zip(pictures, answers, strict=True)):
        _, inside = preparer.places(picture.shape, manifest.patch_grid)
        tokens[row, inside] = answer.patches.vectors
    write_golden(out / GOLDEN, Golden(pictures, np.stack([each.embedding for each in answers]), tokens))
    files = manifest.files | {GOLDEN: sha256_of(out / GOLDEN)}
    write_manifest(out, manifest.model_copy(update={"files": files}))


def _model(
    dim: int, patch_dim: int, size: int, width: int, blocks: int, random: np.random.Generator
) -> onnx.ModelProto:
    graph = _Graph(random)
    at, channels = "image", 3
    for number, stride in enumerate(STRIDES):
        last = number == len(STRIDES) - 1
        wide = patch_dim if last else max(8, width >> (2 - min(number, 2)))
        at, channels = graph.convolve(at, channels, wide, stride, relu=not last), wide
    flat = graph.add("Reshape", [at, graph.keep(np.array([0, patch_dim, -1]))])
    tokens = graph.add("Transpose", [flat], perm=[0, 2, 1])
    if blocks:
        tokens = graph.transform(tokens, patch_dim, blocks)
        turned = graph.add("Transpose", [tokens], perm=[0, 2, 1])
        at = graph.add("Reshape", [turned, graph.keep(np.array([0, patch_dim, size // 16, size // 16]))])
    graph.unit(tokens, "patches")
    pooled = graph.add("AveragePool", [at], kernel_shape=[3, 3], strides=[3, 3], ceil_mode=0)
    vector = graph.add("Flatten", [pooled])
    cells = ((size // 16 - 3) // 3 + 1) ** 2 * patch_dim
    graph.unit(graph.add("MatMul", [vector, graph.weights(cells, dim)]), "embedding")
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, size, size])]
    outputs = [
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", dim]),
        helper.make_tensor_value_info("patches", TensorProto.FLOAT, ["batch", (size // 16) ** 2, patch_dim]),
    ]
    body = helper.make_graph(graph.nodes, "small", inputs, outputs, graph.kept)
    # An old IR version is read by every runtime that reads the opset.
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


class _Graph:
    """Nodes and weights in the order they were added."""

    def __init__(self, random: np.random.Generator) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.kept: list[onnx.TensorProto] = []
        self._random = random

    def add(self, kind: str, inputs: list[str], out: str = "", **settings: list[int] | float) -> str:
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], **settings))
        return out

    def keep(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self.kept.append(numpy_helper.from_array(values, f"w{len(self.kept)}"))
        return f"w{len(self.kept) - 1}"

    def weights(self, *shape: int) -> str:
        spread = (2 / np.prod(shape[1:] if len(shape) == 4 else shape[:1])) ** 0.5
        return self.keep((self._random.standard_normal(shape) * spread).astype(np.float32))

    def convolve(self, at: str, channels: int, wide: int, stride: int, *, relu: bool) -> str:
        side = 7 if stride == 4 else 3
        pads = [side // 2] * 4
        weights = self.weights(wide, channels, side, side)
        out = self.add("Conv", [at, weights], kernel_shape=[side] * 2, strides=[stride] * 2, pads=pads)
        return self.add("Relu", [out]) if relu else out

    def transform(self, at: str, wide: int, blocks: int) -> str:
        """What a transformer does to each token by itself, and the norm behind its last block."""
        for _ in range(blocks):
            hidden = self.add("Relu", [self.add("MatMul", [self.norm(at, wide), self.weights(wide, 4 * wide)])])
            at = self.add("Add", [at, self.add("MatMul", [hidden, self.weights(4 * wide, wide)])])
        return self.norm(at, wide)

    def norm(self, at: str, wide: int) -> str:
        scale, offset = np.ones(wide, np.float32), np.zeros(wide, np.float32)
        return self.add("LayerNormalization", [at, self.keep(scale), self.keep(offset)], axis=-1)

    def unit(self, at: str, out: str) -> None:
        """Unit length along the last axis; what is all zero stays so."""
        axis = self.keep(np.array([-1]))
        length = self.add("ReduceL2", [at, axis], keepdims=1)
        least = self.keep(np.array(1e-12, np.float32))
        self.add("Div", [at, self.add("Max", [length, least])], out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=512)
    given = parser.parse_args()
    print(make_small_bundle(given.out, width=given.width))


if __name__ == "__main__":
    main()
