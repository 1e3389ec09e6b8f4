"""What makes one compiled plan differ from another, and which batches it is compiled for. Pure: no file, no GPU."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.manifest import Manifest

Real = Literal["fp16", "bf16", "fp32"]
Eighth = Literal["int8", "fp8"]  # with scales from calibration; what is around the products is fp16
Precision = Literal["fp16", "bf16", "fp32", "int8", "fp8"]

# Each bucket is one shape, one choice of kernels and one CUDA graph. Powers of two leave less than half of a batch
# empty, and only of the last one: one pass of 16 for 13 pictures costs less than three of 8, 4 and 1.
BUCKETS = (1, 2, 4, 8, 16, 32, 64)
RECIPE = 1  # grows when what we do to a graph before or while compiling changes; old plans are then not found


@dataclass(frozen=True, slots=True)
class PlanKey:
    """A plan runs where all of this is the same, and nowhere else."""

    graph: str  # SHA-256 over the graph and its weights
    tensorrt: str
    gpu: str
    capability: tuple[int, int]
    precision: Precision
    buckets: tuple[int, ...]
    flags: tuple[str, ...]
    recipe: int = RECIPE

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def graph_digest(manifest: Manifest, golden: str) -> str:
    """Over every file that the graph consists of; `golden` is the one that only checks it."""
    files = {name: digest for name, digest in manifest.files.items() if name != golden}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def buckets_up_to(largest: int) -> tuple[int, ...]:
    """The buckets that batches of up to `largest` need; the last one holds the largest batch."""
    if largest < 1:
        raise ValueError(f"largest batch {largest}: 1 is the least")
    return (*(each for each in BUCKETS if each < largest), largest)


def split(count: int, buckets: Sequence[int]) -> list[tuple[int, int]]:
    """Batches for `count` pictures as (bucket, pictures in it): only the last has empty rows. `buckets` ascend."""
    largest = buckets[-1]
    batches = [(largest, largest)] * (count // largest)
    rest = count % largest
    if rest:
        batches.append((next(each for each in buckets if each >= rest), rest))
    return batches
