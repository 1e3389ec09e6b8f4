"""The little that was learnt: a projection of descriptors and a few visual words. Knows no picture and no product."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import PatchVectors
    from engines.classic.points import RootSift

DATA = files("engines.classic") / "vocabulary.npz"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    mean: NDArray[np.float32]  # (128,)
    projection: NDArray[np.float32]  # (128, dim)
    words: NDArray[np.float32]  # (words, dim)

    def project(self, descriptors: RootSift) -> PatchVectors:
        """Shorter descriptors of unit length: their dot product is the likeness of two patches."""
        short = (descriptors - self.mean) @ self.projection
        short /= np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-6)
        return short.astype(np.float16)

    def summarise(self, vectors: PatchVectors) -> NDArray[np.float32]:  # (words * dim,)
        """VLAD: what is left of every patch beside its nearest word, per word of unit length, then as a whole."""
        patches = vectors.astype(np.float32)
        nearest = np.argmax(patches @ self.words.T - 0.5 * np.sum(self.words**2, axis=1), axis=1)
        member = (nearest[:, None] == np.arange(len(self.words))).astype(np.float32)
        rest = member.T @ patches - member.sum(axis=0)[:, None] * self.words
        rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-6)
        total = rest.ravel() / max(float(np.linalg.norm(rest)), 1e-6)
        return np.asarray(total, dtype=np.float32)


@cache
def vocabulary() -> Vocabulary:
    with DATA.open("rb") as file, np.load(file, allow_pickle=False) as data:
        return Vocabulary(*(data[name].astype(np.float32) for name in ("mean", "projection", "words")))


@cache
def vocabulary_hash() -> str:
    return hashlib.sha256(DATA.read_bytes()).hexdigest()
