"""From encoded pictures to a gallery's files, in catalogue order. Knows no feed, no encoder.

products.jsonl product_ends id_keys id_order product_shops shops.json      see products.py
owners         the product of each picture, rising
embeddings     one row a picture
vectors places one row a patch; patch_ends: where each picture's patches end
thumbs         bytes; thumb_ends, thumb_sizes (height, width) a picture
votes/ cells.faiss                                                         search, made from the above
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexes.errors import GalleryError
from indexes.faiss_cpu import FLAT_UP_TO, FaissIndex
from indexes.manifest import FORMAT, NAME, Manifest, files_of
from indexes.products import load_array, save_array, write_products
from indexes.publish import ArrayFile
from indexes.segment import CELLS, VOTES
from indexes.voting import PatchIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from indexes.manifest import FileFacts
    from indexes.picture import Picture
    from indexes.product import Product
    from indexes.work import Entry

VOTING = 500  # patches of a picture that vote; they come strongest first, and weak ones are paper grain
TELL_EVERY = 1000  # pictures between two words of progress
NO_CONTENT = ("problems.jsonl", CELLS, VOTES + "/")  # not what a gallery holds: left out of its version


@dataclass(frozen=True, slots=True)
class Facts:
    """What the manifest says and the arrays do not."""

    built_at: float
    bundle_name: str
    bundle_hash: str
    bad_rows: int
    left_out: int
    withdrawn: tuple[str, ...] = ()


class Store(Protocol):
    """Pictures that were encoded before, by number."""

    @property
    def entries(self) -> Sequence[Entry]: ...
    def read(self, number: int) -> Picture: ...


@dataclass(frozen=True, slots=True)
class _Sizes:
    dim: int
    patch_dim: int
    patches: NDArray[np.int64]  # per picture
    thumbs: NDArray[np.int64]  # (pictures, 2): height, width


def assemble(
    folder: Path,
    products: Iterable[Product],
    owners: NDArray[np.int32],
    numbers: NDArray[np.int64],
    store: Store,
    *,
    votes: bool,
    facts: Facts,
    tell: Callable[[int], None],
) -> Manifest:
    """Writes every file of the gallery into `folder`, the manifest last.

    `numbers`: each picture's in the store; `tell` hears how many of them are written.
    """
    write_products(folder, products)
    sizes = _sizes(numbers, store)
    save_array(folder, "owners", owners)
    save_array(folder, "patch_ends", np.cumsum(sizes.patches))
    save_array(folder, "thumb_ends", np.cumsum(3 * sizes.thumbs.prod(axis=1)))
    save_array(folder, "thumb_sizes", sizes.thumbs.astype(np.int32))
    _write_pictures(folder, numbers, store, sizes, tell)
    _write_indexes(folder, owners, sizes, votes=votes)
    manifest = _manifest(files_of(folder), owners, sizes, votes=votes, facts=facts)
    (folder / NAME).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def _manifest(
    files: dict[str, FileFacts], owners: NDArray[np.int32], sizes: _Sizes, *, votes: bool, facts: Facts
) -> Manifest:
    moment = datetime.fromtimestamp(facts.built_at, UTC)
    return Manifest(
        format=FORMAT,
        version=f"{moment:%Y%m%dT%H%M%SZ}-{_content(files)[:12]}",
        built_at=moment.isoformat(),
        bundle_name=facts.bundle_name,
        bundle_hash=facts.bundle_hash,
        products=int(owners[-1]) + 1,
        pictures=len(owners),
        patches=int(sizes.patches.sum()),
        dim=sizes.dim,
        patch_dim=sizes.patch_dim,
        votes=votes,
        bad_rows=facts.bad_rows,
        left_out=facts.left_out,
        withdrawn=facts.withdrawn,
        files=files,
    )


def _sizes(numbers: NDArray[np.int64], store: Store) -> _Sizes:
    entries = [store.entries[number] for number in numbers.tolist()]
    patch_dims = {entry.patch_dim for entry in entries if entry.patches} or {0}
    if len(patch_dims) > 1:
        raise GalleryError(f"encoder gave patch vectors of lengths {sorted(patch_dims)}: check the bundle")
    return _Sizes(
        dim=entries[0].dim,
        patch_dim=patch_dims.pop(),
        patches=np.array([entry.patches for entry in entries], np.int64),
        thumbs=np.array([(entry.height, entry.width) for entry in entries], np.int64),
    )


def _write_pictures(
    folder: Path, numbers: NDArray[np.int64], store: Store, sizes: _Sizes, tell: Callable[[int], None]
) -> None:
    """One picture in memory at a time."""
    patches, count = int(sizes.patches.sum()), len(numbers)
    thumbs = int((3 * sizes.thumbs.prod(axis=1)).sum())
    with ExitStack() as stack:
        embeddings = stack.enter_context(ArrayFile(folder / "embeddings.npy", np.float32, (count, sizes.dim)))
        vectors = stack.enter_context(ArrayFile(folder / "vectors.npy", np.float16, (patches, sizes.patch_dim)))
        places = stack.enter_context(ArrayFile(folder / "places.npy", np.float32, (patches, 4)))
        bytes_ = stack.enter_context(ArrayFile(folder / "thumbs.npy", np.uint8, (thumbs,)))
        for done, number in enumerate(numbers.tolist()):
            if done % TELL_EVERY == 0:
                tell(done)
            picture = store.read(number)
            embeddings.write(picture.embedding)
            vectors.write(picture.patches.vectors)
            places.write(picture.patches.places)
            bytes_.write(picture.patches.thumb)
    tell(count)


def _write_indexes(folder: Path, owners: NDArray[np.int32], sizes: _Sizes, *, votes: bool) -> None:
    if len(owners) > FLAT_UP_TO:
        FaissIndex.build(load_array(folder, "embeddings", np.float32, 2), owners).save(folder / CELLS)
    if not votes:
        return
    counts = np.asarray(sizes.patches)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)  # of a patch in its picture
    voting = place < VOTING
    vectors = load_array(folder, "vectors", np.float16, 2)[voting]
    try:
        PatchIndex.build(vectors, np.repeat(owners, counts)[voting]).save(folder / VOTES)
    except RuntimeError as error:  # FAISS' word for a file that cannot be written
        raise GalleryError(f"gallery: the patch index cannot be written: {error}: is the disk full?") from error


def _content(files: dict[str, FileFacts]) -> str:
    """Equal content gives equal hashes; cells are filled by several threads and may differ from run to run."""
    named = (f"{name} {facts.sha256}\n" for name, facts in files.items() if not name.startswith(NO_CONTENT))
    return hashlib.sha256("".join(named).encode()).hexdigest()
