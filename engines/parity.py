"""Whether a back end gives what the model gave where it was exported. Knows no torch: the answers lie in the bundle.

`golden.npz` holds a few pictures and what the original model, behind its original preprocessing, made of them. So
every machine can check every back end it has, the preprocessing included, with nothing but the bundle.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engines.bundle import OnnxBundle
from engines.errors import BundleError
from engines.manifest import GOLDEN
from engines.onnx import OnnxEncoder
from engines.preprocess import Preparer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engines.base import Encoded, FrameEncoder, Image
    from engines.bundle import Bundle
    from engines.gpu.plans import Precision

Vectors = NDArray[np.float32]  # (pictures, dim), unit length
Tokens = NDArray[np.float16]  # (pictures, patches, patch_dim), unit length
Patches = NDArray[np.float16]  # (patches, patch_dim), unit length

SHAPES = ((180, 320), (320, 180), (200, 200), (90, 400))  # wide, tall, square, a banner: every way to crop or pad
# Lowest cosine to the original. int8 loses a little by design; what matters is that it was measured and is known.
FLOOR = {"fp32": 0.999, "int8": 0.97}
GPU_FLOOR: dict[Precision, float] = {"fp32": 0.999, "fp16": 0.999, "bf16": 0.99, "int8": 0.97, "fp8": 0.97}
ALONE = 0.99999  # a row in a batch is the row alone, but for the order of additions


@dataclass(frozen=True, slots=True)
class Golden:
    images: tuple[Image, ...]
    embedding: Vectors
    patches: Tokens


@dataclass(frozen=True, slots=True)
class Parity:
    """One back end against the original. Cosines are the lowest of all pictures; of patches, a picture's mean."""

    backend: str
    ok: bool
    embedding: float
    patches: float
    batch: float
    floor: float
    image_s: float
    ranks: float | None = None  # see `engines.ranks`; where a back end is compared with another one

    def to_dict(self) -> dict[str, str | bool | float | None]:
        return asdict(self)


def sample_pictures(count: int = len(SHAPES)) -> tuple[Image, ...]:
    """Drawn, not photographed, so that they compress: ramps, discs and stripes with hard and soft edges."""
    return tuple(_picture(number, *SHAPES[number % len(SHAPES)]) for number in range(count))


def _picture(number: int, height: int, width: int) -> Image:
    random = np.random.default_rng(number)
    y, x = np.mgrid[0:height, 0:width]
    canvas = np.stack([255 * x / width, 255 * y / height, 127 + 120 * np.sin((x + y) / (9 + number))], axis=2)
    for _ in range(12):
        row, column, radius = random.uniform(0, height), random.uniform(0, width), random.uniform(8, 50)
        canvas[(x - column) ** 2 + (y - row) ** 2 < radius**2] = random.integers(0, 256, 3)
    canvas[(x // (5 + number)) % 9 == 0] *= 0.3
    return canvas.astype(np.uint8)


def check(bundle: Bundle) -> list[Parity]:
    """The processor's back end."""
    if isinstance(bundle, OnnxBundle):
        manifest = bundle.manifest
        golden, expected = golden_of(bundle)
        session = bundle.session(1)
        alone = OnnxEncoder(session, manifest, max_batch=1)
        # An int8 graph never gets more than one picture at a time (see OnnxEncoder); the others may be batched.
        together = OnnxEncoder(session, manifest, max_batch=1 if manifest.precision == "int8" else len(golden.images))
        return [_compare("onnx-cpu", alone, together, golden, expected, FLOOR[manifest.precision])]
    # Built-in engines are their own reference: what is left to check is that they repeat themselves.
    images = sample_pictures()
    first = bundle.encoder().encode(images)
    golden = Golden(images, np.stack([one.embedding for one in first]), np.zeros((0, 0, 0), np.float16))
    expected = [one.patches.vectors for one in first]
    return [_compare(bundle.name, bundle.encoder(), bundle.encoder(), golden, expected, FLOOR["fp32"])]


def compare_with_golden(bundle: OnnxBundle, backend: str, encoder: FrameEncoder, precision: Precision) -> Parity:
    """A back end on a GPU, at its own precision, whose batches go through other kernels than single pictures do."""
    golden, expected = golden_of(bundle)
    return _compare(backend, encoder, encoder, golden, expected, GPU_FLOOR[precision], GPU_FLOOR[precision])


def golden_of(bundle: OnnxBundle) -> tuple[Golden, list[Patches]]:
    """What lies in the bundle, and of each picture the patches that are inside it."""
    manifest = bundle.manifest
    golden = read_golden(bundle.directory / GOLDEN)
    count, patches = len(golden.images), manifest.patch_grid[0] * manifest.patch_grid[1]
    shapes = golden.embedding.shape, golden.patches.shape
    if shapes != ((count, manifest.dim), (count, patches, manifest.patch_dim)):
        raise BundleError(f"bundle {bundle.directory}: {GOLDEN} is of another model: export the bundle again")
    masks = [Preparer(manifest.preprocess).places(i.shape, manifest.patch_grid)[1] for i in golden.images]
    return golden, [tokens[mask] for tokens, mask in zip(golden.patches, masks, strict=True)]


def _compare(
    backend: str,
    alone: FrameEncoder,
    together: FrameEncoder,
    golden: Golden,
    patches: Sequence[NDArray[np.float16]],
    floor: float,
    alike: float = ALONE,
) -> Parity:
    started = time.perf_counter()
    single = [alone.encode([image])[0] for image in golden.images]
    seconds = (time.perf_counter() - started) / len(golden.images)
    batched = together.encode(golden.images)
    embedding = min(float(one.embedding @ want) for one, want in zip(single, golden.embedding, strict=True))
    tokens = min(_alike(one.patches.vectors, want) for one, want in zip(single, patches, strict=True))
    batch = min(_same(one, two) for one, two in zip(single, batched, strict=True))
    ok = embedding >= floor and tokens >= floor and batch >= alike
    return Parity(backend, ok, embedding, tokens, batch, floor, seconds)


def _same(one: Encoded, two: Encoded) -> float:
    return min(float(one.embedding @ two.embedding), _alike(one.patches.vectors, two.patches.vectors))


def _alike(one: NDArray[np.float16], two: NDArray[np.float16]) -> float:
    """Mean cosine; half precision holds unit vectors to 1e-3 of their length, so lengths are divided out."""
    if one.shape != two.shape:
        return -1.0
    if not one.size:
        return 1.0
    a, b = one.astype(np.float32), two.astype(np.float32)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.mean(np.sum(a * b, axis=1) / np.maximum(lengths, 1e-6)))


def write_golden(path: Path, golden: Golden) -> None:
    pictures = {f"image_{number}": image for number, image in enumerate(golden.images)}
    np.savez_compressed(path, embedding=golden.embedding, patches=golden.patches, **pictures)  # type: ignore[arg-type]


def read_golden(path: Path) -> Golden:
    try:
        # Opened here, because numpy leaves a file open that it does not understand.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            images = tuple(data[f"image_{number}"] for number in range(len(data.files) - 2))
            return Golden(images, data["embedding"], data["patches"])
    except FileNotFoundError as error:
        raise BundleError(
            f"{path}: missing, so there is nothing to check against: export the bundle again"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
        raise BundleError(f"{path}: not the reference of a bundle ({error}): export the bundle again") from error
