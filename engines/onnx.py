"""Bundles on the processor, by ONNX Runtime. Arrays in, arrays out; needs neither torch nor the onnx package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as problems

from engines.base import Encoded, EncoderInfo, Patches
from engines.errors import BundleError, EngineError
from engines.graph import external_files
from engines.manifest import FRAME
from engines.preprocess import Preparer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engines.base import Image
    from engines.manifest import Manifest

Inputs = NDArray[np.float32]  # (batch, 3, size, size)
Vectors = NDArray[np.float32]  # (batch, dim), unit length
Tokens = NDArray[np.float32]  # (batch, patches, patch_dim), unit length

# On a processor a batch buys nothing (ViT-B/16 on 2 cores: 201 ms alone, 218 ms a picture in a batch of 8) and makes
# the first picture of it wait for the last. One at a time also makes a row exactly what it is alone.
MAX_BATCH = 1
NO_THUMB = np.zeros((0, 0, 3), np.uint8)

# ONNX Runtime's errors share no base class of their own.
TROUBLE = (
    problems.EPFail,
    problems.EngineError,
    problems.Fail,
    problems.InvalidArgument,
    problems.InvalidGraph,
    problems.InvalidProtobuf,
    problems.NoModel,
    problems.NoSuchFile,
    problems.NotImplemented,
    problems.RuntimeException,
)


def encoder_info(manifest: Manifest, max_batch: int = MAX_BATCH) -> EncoderInfo:
    return EncoderInfo(manifest.name, manifest.dim, manifest.patch_dim, manifest.preprocess.size, max_batch)


def open_session(directory: Path, manifest: Manifest, threads: int) -> ort.InferenceSession:
    """Checks the graph against the manifest. The session may be shared by threads; an encoder may not."""
    path = directory / FRAME
    strangers = external_files(path) - set(manifest.files)
    if strangers:
        raise BundleError(
            f"bundle {directory}: {FRAME} takes weights from {', '.join(sorted(map(repr, strangers)))}, which "
            "bundle.json does not name: not loaded; export the bundle again"
        )
    try:
        session = ort.InferenceSession(str(path), _options(threads), providers=["CPUExecutionProvider"])
    except TROUBLE as error:
        raise BundleError(
            f"bundle {directory}: ONNX Runtime {ort.__version__} cannot load {FRAME}: {_first_line(error)}; "
            "export it again, or update onnxruntime if the graph's opset is newer"
        ) from error
    _check_shapes(directory, manifest, session)
    return session


class OnnxEncoder:
    """One caller thread. Input memory is kept from call to call."""

    def __init__(self, session: ort.InferenceSession, manifest: Manifest, *, max_batch: int = MAX_BATCH) -> None:
        if max_batch < 1 or (max_batch > 1 and manifest.precision == "int8"):
            # Dynamic quantisation takes one scale from a whole batch: a row would depend on its neighbours.
            raise ValueError(
                f"max_batch {max_batch} of an {manifest.precision} bundle: an int8 one takes 1, others 1 up"
            )
        self._session = session
        self._manifest = manifest
        self._preparer = Preparer(manifest.preprocess)
        size = manifest.preprocess.size
        self._inputs: Inputs = np.empty((max_batch, 3, size, size), np.float32)
        self._info = encoder_info(manifest, max_batch)
        # The first run allocates, and shows whether the graph keeps its word: not on somebody's first frame.
        self._inputs[0] = np.random.default_rng(0).standard_normal((3, size, size), np.float32)
        self._run(1)

    @property
    def info(self) -> EncoderInfo:
        return self._info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        out: list[Encoded] = []
        for start in range(0, len(images), len(self._inputs)):
            out += self._encode(images[start : start + len(self._inputs)])
        return out

    def _encode(self, images: Sequence[Image]) -> list[Encoded]:
        for row, image in enumerate(images):
            self._preparer.prepare(image, self._inputs[row])
        vectors, tokens = self._run(len(images))
        # Copies of rows: a view would keep the whole batch alive for as long as one view of a window lives.
        return [
            Encoded(vectors[row].copy(), self._patches(image.shape, tokens[row])) for row, image in enumerate(images)
        ]

    def _patches(self, shape: tuple[int, ...], tokens: NDArray[np.float32]) -> Patches:
        places, inside = self._preparer.places(shape, self._manifest.patch_grid)
        return Patches(tokens[inside].astype(np.float16), places[inside], NO_THUMB)

    def _run(self, count: int) -> tuple[Vectors, Tokens]:
        try:
            vectors, tokens = self._session.run(["embedding", "patches"], {"image": self._inputs[:count]})
        except TROUBLE as error:
            raise EngineError(f"bundle {self._manifest.name}: the graph failed: {_first_line(error)}") from error
        self._check(vectors, tokens, count)
        return vectors, tokens

    def _check(self, vectors: Vectors, tokens: Tokens, count: int) -> None:
        """What shapes alone cannot promise. A vector of another length would silently spoil every probability."""
        manifest, patches = self._manifest, self._manifest.patch_grid[0] * self._manifest.patch_grid[1]
        expected = (count, manifest.dim), (count, patches, manifest.patch_dim)
        if (vectors.shape, tokens.shape) != expected:
            raise BundleError(
                f"bundle {manifest.name}: the graph gives {vectors.shape} and {tokens.shape}, "
                f"bundle.json says {expected[0]} and {expected[1]}: export it again"
            )
        check_unit(manifest.name, vectors)


def check_unit(name: str, vectors: Vectors) -> None:
    lengths = np.linalg.norm(vectors, axis=1)
    wrong = ~(np.abs(lengths - 1) < 1e-3)  # also where they are not numbers
    if np.any(wrong):
        raise BundleError(
            f"bundle {name}: the graph gives an embedding of length {lengths[wrong][0]:.4g} instead of 1: "
            "export it again, without --int8 if it had that"
        )


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3  # errors reach us as exceptions
    # Idle threads sleep: decoders and other livestreams need the cores between two frames.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _check_shapes(directory: Path, manifest: Manifest, session: ort.InferenceSession) -> None:
    size, patches = manifest.preprocess.size, manifest.patch_grid[0] * manifest.patch_grid[1]
    inputs = {each.name: each for each in session.get_inputs()}
    outputs = {each.name: each for each in session.get_outputs()}
    if set(inputs) != {"image"} or not {"embedding", "patches"} <= set(outputs):
        raise BundleError(
            f"bundle {directory}: {FRAME} has inputs {sorted(inputs)} and outputs {sorted(outputs)}; "
            "it needs the input image and the outputs embedding and patches: export it with `bundle export`"
        )
    _check_shape(directory, inputs["image"], (3, size, size))
    _check_shape(directory, outputs["embedding"], (manifest.dim,))
    _check_shape(directory, outputs["patches"], (patches, manifest.patch_dim))


def _check_shape(directory: Path, node: ort.NodeArg, expected: tuple[int, ...]) -> None:
    """`expected` is without the batch, which must be free; what the graph leaves open is seen on the first run."""
    shape = tuple(node.shape)
    agrees = len(shape) == len(expected) + 1 and all(
        not isinstance(have, int) or have == want for have, want in zip(shape[1:], expected, strict=True)
    )
    if node.type != "tensor(float)" or not agrees or isinstance(shape[0], int):
        want = ", ".join(map(str, expected))
        raise BundleError(
            f"bundle {directory}: {node.name} of {FRAME} is {node.type} {list(shape)}; bundle.json says "
            f"tensor(float) [batch, {want}] with a free batch: export it again"
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
