"""Where a gallery may be written, and what to say where it cannot. Knows nothing of what is in it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from indexes.errors import GalleryError
from indexes.manifest import NAME

if TYPE_CHECKING:
    from pathlib import Path


def check_target(out: Path) -> None:
    """Never replaces what is no gallery."""
    try:
        os.fsencode(out).decode()
    except UnicodeDecodeError:
        name = os.fsencode(out).decode(errors="backslashreplace")
        raise GalleryError(f"gallery {name}: FAISS takes names in UTF-8 only: choose another directory") from None
    try:
        empty = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    except OSError as error:
        raise cannot_write(out, error) from error
    if not empty and not (out / NAME).is_file():
        raise GalleryError(f"gallery {out}: something that is no gallery is there: choose another directory")


def cannot_write(out: Path, error: OSError) -> GalleryError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    cure = (
        "make room and start again; what was encoded is kept" if full else "check the directory and its permissions"
    )
    return GalleryError(f"gallery {out}: cannot be written: {error.strerror or error}: {cure}")
