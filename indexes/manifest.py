"""A gallery's manifest: what it is, of which bundle, and every file's size and hash. Knows no array's meaning."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexes.errors import GalleryError
from indexes.publish import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
NAME = "manifest.json"

Count = Annotated[int, Field(ge=0)]


class FileFacts(BaseModel):
    model_config = ConfigDict(frozen=True)

    bytes: Count
    sha256: str


class Manifest(BaseModel):
    model_config = ConfigDict(frozen=True)

    format: int
    version: str
    built_at: str
    bundle_name: str
    bundle_hash: str
    products: Count
    pictures: Count
    patches: Count
    dim: Count
    patch_dim: Count
    votes: bool
    bad_rows: Count = 0  # rows of the feed with something wrong
    left_out: Count = 0  # products without a usable picture
    withdrawn: tuple[str, ...] = ()  # ids of products that were taken out live, before all was written anew
    files: dict[str, FileFacts]


def files_of(folder: Path) -> dict[str, FileFacts]:
    """Every file in the folder by its relative name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return {
        path.relative_to(folder).as_posix(): FileFacts(bytes=path.stat().st_size, sha256=sha256_of(path))
        for path in paths
    }


def read_manifest(folder: Path) -> Manifest:
    """Raises GalleryError unless this is a gallery of this program's format."""
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        what = "is not a gallery (no manifest.json)" if folder.exists() else "no such directory"
        raise GalleryError(f"gallery {folder}: {what}: build it with `nowshowing gallery build`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise GalleryError(f"gallery {folder}: {NAME} cannot be read: {error}: build it again") from error
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise GalleryError(f"gallery {folder}: damaged {NAME}: {first_of(error)}: build the gallery again") from error
    if manifest.format != FORMAT:
        raise GalleryError(
            f"gallery {folder}: format {manifest.format}, this program reads {FORMAT}: build the gallery again"
        )
    return manifest


def first_of(error: ValidationError) -> str:
    """The first thing that is wrong with a file, in a few words."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "the file"
    return f"{where}: {first['msg']}"


def check_files(folder: Path, manifest: Manifest, *, verify: bool) -> None:
    """Every file is there in its full size; with `verify` also bit by bit."""
    for name, facts in manifest.files.items():
        path = folder / name
        if ".." in PurePath(name).parts or not path.is_file():
            raise GalleryError(f"gallery {folder}: {name} is missing: build the gallery again")
        size = path.stat().st_size
        if size != facts.bytes:
            raise GalleryError(
                f"gallery {folder}: {name} has {size} bytes instead of {facts.bytes}: build the gallery again"
            )
        if verify and sha256_of(path) != facts.sha256:
            raise GalleryError(f"gallery {folder}: {name} is damaged (sha256 differs): build the gallery again")
