"""What a build has encoded so far, kept on disk so that a killed build loses one batch. Knows no product, no gallery.

`pictures.bin` grows by whole batches; a batch counts once `journal.jsonl`, written after it, names its pictures.
Keyed by the hash of a picture's bytes; the folder itself is keyed by the bundle's hash.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np

from indexes.errors import GalleryError
from indexes.picture import Picture, PicturePatches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from indexes.picture import EncodedLike

FRESH_S = 24 * 3600.0  # a web picture fetched longer ago than this is fetched again: it may have changed


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one picture's arrays lie in pictures.bin, and their shapes."""

    at: int
    dim: int
    patches: int
    patch_dim: int
    height: int
    width: int

    @property
    def size(self) -> int:
        return 4 * self.dim + 2 * self.patches * self.patch_dim + 16 * self.patches + 3 * self.height * self.width


class Work:
    """One build at a time; `find` may be asked from other threads."""

    def __init__(self, folder: Path, *, lock: Path) -> None:
        """Takes up whatever is whole in `folder`; raises GalleryError while another build holds `lock`."""
        self.folder = folder
        self.entries: list[Entry] = []
        self._numbers: dict[str, int] = {}
        self._links: dict[str, tuple[str, float]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            _hold(stack.enter_context(lock.open("w")).fileno(), folder)
            self._data = stack.enter_context((folder / "pictures.bin").open("a+b"))
            self._journal = stack.enter_context((folder / "journal.jsonl").open("a+b"))
            self._take_up()
            self._files = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def find(self, digest: str) -> int | None:
        """The number of a picture that was encoded before."""
        return self._numbers.get(digest)

    def find_link(self, link: str, now: float) -> str | None:
        """The digest of what was lately found under a web link, if it was encoded."""
        digest, when = self._links.get(_link_key(link), ("", 0.0))
        return digest if digest in self._numbers and 0 <= now - when <= FRESH_S else None

    def add(self, pictures: Sequence[tuple[str, EncodedLike]], links: Sequence[tuple[str, str]], now: float) -> None:
        """A batch of (digest, encoded), and (link, digest) of what came from the web."""
        at = self._data.seek(0, os.SEEK_END)
        lines: list[dict[str, object]] = []
        for digest, encoded in pictures:
            entry, blob = _packed(encoded, at)
            self._data.write(blob)
            at += entry.size
            lines.append({"picture": digest, "entry": _shape(entry)})
        lines += [{"link": _link_key(link), "picture": digest, "when": now} for link, digest in links]
        _sync(self._data)
        for line in lines:
            self._journal.write(json.dumps(line).encode() + b"\n")
        _sync(self._journal)
        for line in lines:
            self._remember(line)

    def read(self, number: int) -> Picture:
        """A copy in memory of one picture."""
        entry = self.entries[number]
        self._data.seek(entry.at)
        blob = self._data.read(entry.size)
        if len(blob) < entry.size:
            raise GalleryError(f"work file {self._data.name}: is shorter than its journal says: remove its folder")
        return _unpacked(entry, blob)

    def _take_up(self) -> None:
        """Reads the journal as far as it is whole; cuts off what was being written when the last build died."""
        size = self._data.seek(0, os.SEEK_END)
        self._journal.seek(0)
        good = 0
        for raw in self._journal:
            line = _journal_line(raw)
            if line is None or not self._remember(line, size):
                break
            good += len(raw)
        self._journal.truncate(good)
        self._data.truncate(max((entry.at + entry.size for entry in self.entries), default=0))

    def _remember(self, line: dict[str, object], size: int | None = None) -> bool:
        picture, shape = str(line["picture"]), line.get("entry")
        if isinstance(shape, list):
            entry = Entry(*shape)
            if size is not None and entry.at + entry.size > size:
                return False
            self._numbers[picture] = len(self.entries)
            self.entries.append(entry)
        else:
            self._links[str(line["link"])] = (picture, float(str(line["when"])))
        return True


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _hold(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise GalleryError(f"work folder {folder}: another build of this gallery is running: wait for it") from error


def _journal_line(raw: bytes) -> dict[str, object] | None:
    if not raw.endswith(b"\n"):
        return None
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "picture" in line and ("entry" in line or "link" in line) else None


def _link_key(link: str) -> str:
    """Links may be signed: the journal keeps no secret."""
    return hashlib.sha256(link.encode("utf-8", "surrogatepass")).hexdigest()


def _shape(entry: Entry) -> list[int]:
    return [entry.at, entry.dim, entry.patches, entry.patch_dim, entry.height, entry.width]


def _packed(encoded: EncodedLike, at: int) -> tuple[Entry, bytes]:
    patches = encoded.patches
    count, patch_dim = patches.vectors.shape
    height, width = patches.thumb.shape[:2]
    entry = Entry(at, len(encoded.embedding), count, patch_dim, height, width)
    arrays = (
        np.ascontiguousarray(encoded.embedding, np.float32),
        np.ascontiguousarray(patches.vectors, np.float16),
        np.ascontiguousarray(patches.places, np.float32),
        np.ascontiguousarray(patches.thumb, np.uint8),
    )
    return entry, b"".join(array.tobytes() for array in arrays)


def _unpacked(entry: Entry, blob: bytes) -> Picture:
    ends = np.cumsum([4 * entry.dim, 2 * entry.patches * entry.patch_dim, 16 * entry.patches]).tolist()
    embedding = np.frombuffer(blob[: ends[0]], np.float32)
    vectors = np.frombuffer(blob[ends[0] : ends[1]], np.float16).reshape(entry.patches, entry.patch_dim)
    places = np.frombuffer(blob[ends[1] : ends[2]], np.float32).reshape(entry.patches, 4)
    thumb = np.frombuffer(blob[ends[2] :], np.uint8).reshape(entry.height, entry.width, 3)
    return Picture(embedding, PicturePatches(vectors, places, thumb))
