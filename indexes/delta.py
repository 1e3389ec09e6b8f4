"""What changed since a gallery was built: one small file beside it that names the rest. Knows no array, no search.

gallery/                    the base: manifest.json and its files, never changed
gallery/delta.json          what was taken out, and the folder with what was added or replaced
gallery/delta-7/            that: a gallery of its own, of few products, written whole for each change

`delta.json` is replaced in one step, after everything that it names is on the disk: a change is there or it is not.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from indexes.errors import GalleryError
from indexes.manifest import Count, Manifest, first_of, read_manifest
from indexes.publish import fsync, fsync_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
NAME = "delta.json"
FOLDER = "delta-"
REPLACED = 3  # tries, if the gallery is replaced while it is being read


class Delta(BaseModel):
    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    base: str  # the version of the gallery that it changes
    version: str  # of the gallery as changed
    number: Count = 0  # of the change, counted from the base
    folder: str = ""  # of what was added or replaced; empty: nothing
    removed: tuple[str, ...] = ()  # ids


def read_delta(gallery: Path, base: str) -> Delta | None:
    """Raises GalleryError for a damaged one, and for one of another base."""
    path = gallery / NAME
    try:
        delta = Delta.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        what = first_of(error) if isinstance(error, ValidationError) else str(error)
        raise GalleryError(f"gallery {gallery}: {NAME} cannot be read: {what}: build the gallery again") from error
    if delta.format != FORMAT:
        raise GalleryError(
            f"gallery {gallery}: {NAME} has format {delta.format}, this program reads {FORMAT}: build it again"
        )
    if delta.base != base:
        raise GalleryError(
            f"gallery {gallery}: {NAME} changes version {delta.base}, here is {base}: "
            f"remove {NAME}, or build the gallery again"
        )
    if delta.folder and not _is_ours(delta.folder):
        raise GalleryError(f"gallery {gallery}: {NAME} names {delta.folder!r}: build the gallery again")
    return delta


def write_delta(gallery: Path, delta: Delta) -> None:
    """The folder it names must be on the disk. What no reader is led to any more is removed."""
    new = gallery / f".{NAME}.new"
    new.write_text(delta.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fsync(new)
    os.replace(new, gallery / NAME)  # noqa: PTH105  one step, as rename(2) has it
    fsync(gallery)
    sweep(gallery, delta.number)


def sweep(gallery: Path, number: int) -> None:
    """Folders of earlier changes, and of one that was killed. Whoever has them open can still read them.

    The last but one stays: somebody may have read its name, and be about to open it.
    """
    keep = {f"{FOLDER}{number}", f"{FOLDER}{number - 1}"}
    for path in gallery.glob(FOLDER + "*"):
        if path.name not in keep and _is_ours(path.name):
            shutil.rmtree(path, ignore_errors=True)


def fresh_folder(gallery: Path, number: int) -> Path:
    """Empty: what a killed change left there under the same number is not read by anybody."""
    folder = gallery / f"{FOLDER}{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def settle(folder: Path) -> None:
    fsync_all(folder)
    fsync(folder.parent)


def read_both(gallery: Path) -> tuple[Manifest, Delta | None]:
    """The base and what changed since, as they belong together: either may be replaced at any moment."""
    for _ in range(REPLACED):
        manifest = read_manifest(gallery)
        try:
            delta = read_delta(gallery, manifest.version)
        except GalleryError:
            if read_manifest(gallery).version == manifest.version:
                raise
        else:
            if read_manifest(gallery).version == manifest.version:
                return manifest, delta
    raise replaced_again(gallery)


def current_version(gallery: Path) -> str:
    """Of what lies there now, without opening it. Raises GalleryError."""
    manifest, delta = read_both(gallery)
    return manifest.version if delta is None else delta.version


def replaced_again(gallery: Path) -> GalleryError:
    return GalleryError(f"gallery {gallery}: is being replaced again and again: try later")


@contextmanager
def one_writer(folder: Path, *, make: bool = False) -> Iterator[None]:
    """Whoever writes in `folder` or puts another in its place waits for the others. Readers do not wait.

    The folder itself is the lock, so that none is left behind; `make`: it is made where it is not there.
    """
    while True:
        if make:
            folder.mkdir(exist_ok=True)
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            if make:
                continue  # whoever held it has just removed it
            raise
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still(descriptor, folder):
                yield
                return
        finally:
            os.close(descriptor)


def _is_still(descriptor: int, folder: Path) -> bool:
    """Whoever held it may have removed it, or have put another in its place."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    return False


def _is_ours(name: str) -> bool:
    return name.startswith(FOLDER) and name.removeprefix(FOLDER).isdigit()
