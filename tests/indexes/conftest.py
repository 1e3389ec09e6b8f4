"""A small shop on disk and an encoder that needs no model."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from indexes.build import BuildReport, build_gallery
from indexes.gallery import Gallery, open_gallery
from indexes.picture import Picture, PicturePatches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from indexes.build import BuildProgress
    from indexes.picture import Encoder, Image

BUNDLE = "ab" * 32


@dataclass
class ToyEncoder:
    """Coarse colours as embedding, noise seeded by the pixels as patches; dies when told to."""

    dies_after: int | None = None
    encoded: int = 0
    batches: list[int] = field(default_factory=list)

    def encode(self, images: Sequence[Image]) -> list[Picture]:
        if self.dies_after is not None and self.encoded + len(images) > self.dies_after:
            raise KeyboardInterrupt
        self.encoded += len(images)
        self.batches.append(len(images))
        return [toy(image) for image in images]


def toy(image: Image) -> Picture:
    coarse = cv2.resize(image, (4, 4), interpolation=cv2.INTER_AREA).astype(np.float32).ravel() - 127.3
    rng = np.random.default_rng(int(image.astype(np.int64).sum()))
    count = int(rng.integers(1, 9))
    vectors = rng.standard_normal((count, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Picture(
        embedding=coarse / np.linalg.norm(coarse),
        patches=PicturePatches(
            vectors=vectors.astype(np.float16),
            places=rng.random((count, 4)).astype(np.float32),
            thumb=image[:: 2 + count, ::3].copy(),
        ),
    )


@dataclass
class Shop:
    """A feed with pictures beside it, and its gallery."""

    folder: Path

    @property
    def feed(self) -> Path:
        return self.folder / "feed.csv"

    @property
    def out(self) -> Path:
        return self.folder / "gallery"

    def picture(self, name: str, seed: int) -> str:
        rng = np.random.default_rng(seed)
        image = cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (40, 30), interpolation=cv2.INTER_NEAREST)
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(self.folder / name), image)
        return name

    def write(self, products: int, *, pictures: int = 1, shops: int = 0, start: int = 0) -> Shop:
        with self.feed.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "title", "image_link", "additional_image_link", "shop_id"])
            for i in range(start, start + products):
                links = [self.picture(f"pictures/{i}-{j}.png", 100 * i + j) for j in range(pictures)]
                shop = f"shop{i % shops}" if shops else ""
                writer.writerow([f"sku{i}", f"Product {i}", links[0], ",".join(links[1:]), shop])
        return self

    def build(
        self,
        encoder: Encoder | None = None,
        *,
        bundle_hash: str = BUNDLE,
        votes: bool = True,
        fetch: Callable[[str], bytes] | None = None,
        progress: Callable[[BuildProgress], None] | None = None,
        now: float = 1_700_000_000.0,
        out: Path | None = None,
    ) -> BuildReport:
        return build_gallery(
            self.feed,
            encoder=encoder or ToyEncoder(),
            bundle_name="toy",
            bundle_hash=bundle_hash,
            out=out or self.out,
            votes=votes,
            fetch=fetch,
            progress=progress,
            now=lambda: now,
        )

    def open(self, *, verify: bool = True) -> Gallery:
        return open_gallery(self.out, bundle_hash=BUNDLE, verify=verify)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def encoder() -> ToyEncoder:
    return ToyEncoder()


@pytest.fixture
def dying_encoder() -> Callable[[int], ToyEncoder]:
    return lambda pictures: ToyEncoder(dies_after=pictures)
