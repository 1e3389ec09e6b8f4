"""Engines for tests and benchmarks: tiny, deterministic, scripted. Ships with the package, recognises nothing real.

A picture says what it shows: `picture_of(7)` shows product 7, a black one shows nothing. So a script of numbers is a
script of frames, and what a test expects can be read off it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.base import Box, Encoded, EncoderInfo, Match, Patches
from engines.errors import EngineError
from engines.presence import SINGLE
from engines.shows import THEORY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.base import FrameEncoder, Image, Matcher

Vectors = NDArray[np.float32]  # (..., dim)

DIM, PATCHES, PATCH_DIM = 64, 4, 8
TAG = 16  # pixels of a picture's side that carry its number: large enough to survive video compression
LEVELS = 8  # steps of brightness a channel: three octal digits survive 4:2:0 at low bitrate
LARGEST = LEVELS**3 - 1
SAME = 0.99  # likeness from which on two pictures are of one number
SURE = 6.0  # log-odds of a product that is there; its negative of one that is not


def picture_of(number: int, *, height: int = 90, width: int = 160) -> Image:
    """A picture that shows product `number`; 0 shows nothing."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"number {number}: give 0 to {LARGEST}")
    digits = [number >> 6 & 7, number >> 3 & 7, number & 7]
    image = np.zeros((height, width, 3), np.uint8)
    image[:TAG, :TAG] = np.array(digits, np.uint8) * (255 // (LEVELS - 1))
    return image


def number_in(image: Image) -> int:
    """The inverse of `picture_of`, forgiving what a video codec does to a flat square."""
    tag = image[2 : TAG - 2, 2 : TAG - 2]
    if tag.size == 0:
        raise EngineError(f"image of shape {image.shape}: too small to carry a number")
    digits = np.rint(tag.reshape(-1, 3).mean(axis=0) * (LEVELS - 1) / 255).astype(int)
    return int(digits[0] << 6 | digits[1] << 3 | digits[2])


def encoded_of(number: int) -> Encoded:
    """What the fake encoder makes of a picture of `number`: random directions, the same every time."""
    random = np.random.default_rng(number)
    embedding = random.standard_normal(DIM).astype(np.float32)
    vectors = random.standard_normal((PATCHES, PATCH_DIM)).astype(np.float32)
    places = np.array([(x, y, 0.25, 0.0) for y in (0.25, 0.75) for x in (0.25, 0.75)], np.float32)
    patches = Patches(_unit(vectors).astype(np.float16), places, np.zeros((0, 0, 3), np.uint8))
    return Encoded(_unit(embedding), patches)


class FakeEncoder:
    """`broken`: the number in a picture that it fails on, as a real engine fails on a bad one."""

    def __init__(self, *, max_batch: int = 8, broken: int | None = None) -> None:
        self._info = EncoderInfo("fake", DIM, PATCH_DIM, 640, max_batch)
        self._broken = broken
        self.batches: list[int] = []

    @property
    def info(self) -> EncoderInfo:
        return self._info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        self.batches.append(len(images))
        numbers = [number_in(image) for image in images]
        if self._broken in numbers:
            raise EngineError(f"fake engine: told to fail on a picture of {self._broken}")
        return [encoded_of(number) for number in numbers]


class FakeMatcher:
    """A product is there if one of its pictures has the query's embedding; nothing ever matches the empty picture."""

    def match(self, query: Encoded, candidates: Sequence[Sequence[Encoded]]) -> list[Match]:
        empty = bool(np.array_equal(query.embedding, encoded_of(0).embedding))
        return [self._one(query, pictures, empty=empty) for pictures in candidates]

    def same_print(self, one: Encoded, two: Encoded) -> bool:
        return float(one.embedding @ two.embedding) >= SAME

    def _one(self, query: Encoded, pictures: Sequence[Encoded], *, empty: bool) -> Match:
        likeness = max((float(query.embedding @ picture.embedding) for picture in pictures), default=0.0)
        if empty or likeness < SAME:
            return Match(-SURE, max(likeness, 0.0), 0.0)
        return Match(SURE, likeness, 1.0, Box(0.25, 0.25, 0.5, 0.5))


class SleepingEncoder:
    """A device that takes `fixed_s` a batch and `each_s` a picture, for measuring what surrounds it.

    `sleep`: how it passes the time; a benchmark that wants the core busy passes its own.
    """

    def __init__(
        self,
        *,
        fixed_s: float = 0.01,
        each_s: float = 0.0,
        max_batch: int = 8,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._info = EncoderInfo("sleeping", DIM, PATCH_DIM, 640, max_batch)
        self._fixed_s, self._each_s, self._sleep = fixed_s, each_s, sleep
        self._answer = encoded_of(0)

    @property
    def info(self) -> EncoderInfo:
        return self._info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        self._sleep(self._fixed_s + self._each_s * len(images))
        return [self._answer] * len(images)


class FakeBundle:
    """The fake engines as a bundle."""

    name = "fake"
    hash = "fa4e" * 16
    votes = False
    false_shows = THEORY
    presence = SINGLE

    @property
    def info(self) -> EncoderInfo:
        return FakeEncoder().info

    def encoder(self, threads: int = 1) -> FrameEncoder:
        del threads
        return FakeEncoder()

    def matcher(self) -> Matcher:
        return FakeMatcher()


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)
