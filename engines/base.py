"""The engine contract: pixels in, vectors out. Synchronous, one caller thread each; knows no stream and no index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Image = NDArray[np.uint8]  # (height, width, 3), RGB
Embedding = NDArray[np.float32]  # (dim,), unit length
PatchVectors = NDArray[np.float16]  # (patches, patch_dim)
Places = NDArray[np.float32]  # (patches, 4): x, y in 0..1 of the image; size as a share of its longer side; angle


class Box(NamedTuple):
    """A rectangle in shares of the image, 0..1."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Patches:
    """What a picture is made of, for telling whether two pictures show the same thing."""

    vectors: PatchVectors
    places: Places
    thumb: Image  # a small copy for colour and pixel checks; (0, 0, 3) where the engine has no use for one
    picture: Image | None = None  # the frame itself, for an engine that looks at a place of it again; never stored


@dataclass(frozen=True, slots=True)
class Encoded:
    embedding: Embedding
    patches: Patches


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    name: str
    dim: int
    patch_dim: int
    image_size: int  # the longer side an image is brought to before encoding; larger input is scaled down
    max_batch: int


@dataclass(frozen=True, slots=True)
class Match:
    """How well one product explains a frame. `logit`: calibrated log-odds that the product is in view."""

    logit: float
    visual: float  # likeness of the whole picture, 0..1
    patches: float  # likeness after looking closely, 0..1
    box: Box | None = None


class FrameEncoder(Protocol):
    """One pass gives embedding and patches. A row in a batch equals the row alone."""

    @property
    def info(self) -> EncoderInfo: ...

    def encode(self, images: Sequence[Image]) -> list[Encoded]: ...


class Matcher(Protocol):
    """Looks closely. Candidates are judged together, so that look-alikes can be told apart by what differs."""

    def match(self, query: Encoded, candidates: Sequence[Sequence[Encoded]]) -> list[Match]:
        """One result per candidate product, in order; a candidate is all the pictures of one product."""
        ...

    def same_print(self, one: Encoded, two: Encoded) -> bool:
        """Whether two catalogue pictures show one thing, at most saved anew: no frame tells which of them it is."""
        ...
