"""How much memory a gallery's search takes, said before it is built or opened. Pure: counts in, bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexes.faiss_cpu import FLAT_UP_TO, cells_of
from indexes.voting import EXACT_BELOW, patch_cells_of

if TYPE_CHECKING:
    from indexes.manifest import Manifest

ID = 8  # bytes of a number that FAISS keeps beside what lies in a cell
OWNER = 4
FLOAT, HALF = 4, 2


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes. What is mapped is read from files as needed, and is shared by all processes of a machine."""

    likeness: int
    votes: int
    mapped: int

    @property
    def private(self) -> int:
        """Of every process that opens the gallery."""
        return self.likeness + self.votes


def footprint(*, pictures: int, dim: int, patches: int, patch_dim: int, voting: int, thumbs: int = 0) -> Footprint:
    """`voting`: patches that vote, 0 where a bundle does without; `thumbs`: bytes."""
    mapped = pictures * dim * FLOAT + patches * (patch_dim * HALF + 4 * FLOAT) + thumbs
    return Footprint(likeness(pictures, dim), votes(voting, patch_dim), mapped)


def footprint_of(manifest: Manifest) -> Footprint:
    """Of a gallery that is there: how many of its patches vote is told by its files."""
    size = {name: facts.bytes for name, facts in manifest.files.items()}
    mapped = sum(bytes_ for name, bytes_ in size.items() if name.endswith(".npy") and "/" not in name)
    voting = sum(bytes_ for name, bytes_ in size.items() if "/" in name)
    return Footprint(likeness(manifest.pictures, manifest.dim), voting, mapped)


def likeness(pictures: int, dim: int) -> int:
    """Of `faiss_cpu.FaissIndex`."""
    if pictures <= FLAT_UP_TO:
        return pictures * dim * FLOAT
    return pictures * (dim + ID) + cells_of(pictures) * dim * FLOAT


def votes(patches: int, dim: int) -> int:
    """Of `voting.PatchIndex`."""
    if patches < EXACT_BELOW:
        return patches * (dim * FLOAT + OWNER)
    return patches * (dim * HALF + ID + OWNER) + patch_cells_of(patches) * dim * FLOAT


def on_gpu(pictures: int, dim: int, *, half: bool) -> int:
    """Of `faiss_gpu.GpuIndex`: every number of every picture; each row has its length beside it while searching."""
    return pictures * (dim * (HALF if half else FLOAT) + FLOAT)


def in_words(bytes_: int) -> str:
    size = float(bytes_)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
