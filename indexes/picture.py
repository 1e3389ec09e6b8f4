"""What an engine makes of a catalogue picture, as this room sees it. Data only: knows no engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Embedding = NDArray[np.float32]  # (dim,), unit length
Vectors = NDArray[np.float32]  # (n, dim), unit length
PatchVectors = NDArray[np.float16]  # (patches, patch_dim)
Places = NDArray[np.float32]  # (patches, 4)
Image = NDArray[np.uint8]  # (height, width, 3), RGB


@dataclass(frozen=True, slots=True)
class PicturePatches:
    vectors: PatchVectors
    places: Places
    thumb: Image
    picture: None = None  # a catalogue picture is not kept whole: nobody can look at a place of it again


@dataclass(frozen=True, slots=True)
class Picture:
    """One catalogue picture, encoded. Its arrays are views of a gallery's files: read only, never copied."""

    embedding: Embedding
    patches: PicturePatches


class PatchesLike(Protocol):
    @property
    def vectors(self) -> PatchVectors: ...
    @property
    def places(self) -> Places: ...
    @property
    def thumb(self) -> Image: ...


class EncodedLike(Protocol):
    @property
    def embedding(self) -> Embedding: ...
    @property
    def patches(self) -> PatchesLike: ...


class Encoder(Protocol):
    """Whatever turns pictures into vectors; one call at a time."""

    def encode(self, images: Sequence[Image]) -> Sequence[EncodedLike]: ...
