"""The encoder on a GPU: pictures up, one recorded pass, vectors down. Knows no model. Needs torch."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import torch

from engines.base import Encoded, EncoderInfo, Patches
from engines.gpu.plans import split
from engines.gpu.prepare import DevicePreparer
from engines.gpu.programs import Batch, device_errors, recorded
from engines.onnx import NO_THUMB, check_unit
from engines.preprocess import Preparer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engines.base import Image
    from engines.gpu.programs import Program
    from engines.manifest import Manifest


class GpuEncoder:
    """One caller thread. Memory for the largest batch is taken at the start; smaller batches are its first rows."""

    def __init__(self, program: Program, manifest: Manifest, buckets: Sequence[int], device: torch.device) -> None:
        self._manifest = manifest
        self._buckets = tuple(buckets)
        self._device = device
        self._preparer = DevicePreparer(manifest.preprocess, device)
        self._places = Preparer(manifest.preprocess)
        self._info = EncoderInfo(
            manifest.name, manifest.dim, manifest.patch_dim, manifest.preprocess.size, self._buckets[-1]
        )
        with torch.inference_mode(), device_errors(manifest.name, f"making room for batches of {self._buckets[-1]}"):
            self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
            self._batch = _room(manifest, self._buckets[-1], device)
            # Patches come down in half precision, which is how views keep them.
            self._half = self._batch.patches.to(torch.float16)
            pinned = device.type == "cuda"
            self._vectors = torch.empty(self._batch.embedding.shape, pin_memory=pinned)
            self._tokens = torch.empty(self._half.shape, dtype=torch.float16, pin_memory=pinned)
            with self._queue():
                pool = torch.cuda.graph_pool_handle() if device.type == "cuda" else None
                self._steps = {
                    bucket: recorded(program.step(number, _first(self._batch, bucket)), device, pool)
                    for number, bucket in enumerate(self._buckets)
                }
        self.how = program.how
        self.encode([np.zeros((32, 32, 3), np.uint8)])  # shows whether the model keeps its word, not on a first frame

    @property
    def info(self) -> EncoderInfo:
        return self._info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        out: list[Encoded] = []
        for bucket, taken in split(len(images), self._buckets):
            out += self._encode(images[len(out) : len(out) + taken], bucket)
        return out

    def run_again(self, bucket: int) -> None:
        """The recorded pass alone, on what is there already; returns when it is over. For measuring."""
        with torch.inference_mode(), device_errors(self._manifest.name, "encoding"), self._queue():
            self._steps[bucket]()
            self._catch_up()

    def _catch_up(self) -> None:
        if self._stream is not None:
            self._stream.synchronize()

    def _encode(self, images: Sequence[Image], bucket: int) -> list[Encoded]:
        count = len(images)
        with torch.inference_mode(), device_errors(self._manifest.name, "encoding"), self._queue():
            self._preparer.prepare(images, self._batch.image[:count])
            self._steps[bucket]()
            self._half[:count].copy_(self._batch.patches[:count])
            self._vectors[:count].copy_(self._batch.embedding[:count], non_blocking=True)
            self._tokens[:count].copy_(self._half[:count], non_blocking=True)
            self._catch_up()
        vectors: NDArray[np.float32] = self._vectors[:count].numpy()
        tokens: NDArray[np.float16] = self._tokens[:count].numpy()
        check_unit(self._manifest.name, vectors)
        return [self._encoded(image, vectors[row], tokens[row]) for row, image in enumerate(images)]

    def _encoded(self, image: Image, vector: NDArray[np.float32], tokens: NDArray[np.float16]) -> Encoded:
        """Copies: the memory that vectors come down to is written again with the next batch."""
        places, inside = self._places.places(image.shape, self._manifest.patch_grid)
        return Encoded(vector.copy(), Patches(tokens[inside], places[inside], NO_THUMB))

    @contextlib.contextmanager
    def _queue(self) -> Iterator[None]:
        """Work goes to a stream of our own: the default one would wait for whatever else this process does there."""
        with contextlib.nullcontext() if self._stream is None else torch.cuda.stream(self._stream):
            yield


def _room(manifest: Manifest, largest: int, device: torch.device) -> Batch:
    size, patches = manifest.preprocess.size, manifest.patch_grid[0] * manifest.patch_grid[1]
    return Batch(
        torch.zeros((largest, 3, size, size), device=device),
        torch.zeros((largest, manifest.dim), device=device),
        torch.zeros((largest, patches, manifest.patch_dim), device=device),
    )


def _first(batch: Batch, rows: int) -> Batch:
    return Batch(*(each[:rows] for each in batch))
