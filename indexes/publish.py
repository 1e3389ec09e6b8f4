"""Folders that appear whole or not at all, and arrays written row by row. Knows no gallery."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux: swaps two names in one step, so that a reader never finds neither


class ArrayFile:
    """A .npy file of a known shape. Written, not mapped: on a full disk a write raises, a mapping kills."""

    def __init__(self, path: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> None:
        self._dtype = np.dtype(dtype)
        self._file: BinaryIO = path.open("wb")
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, rows: NDArray[np.generic]) -> None:
        self._file.write(np.ascontiguousarray(rows, self._dtype).tobytes())


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish(new: Path, out: Path) -> None:
    """`new`, a sibling of `out`, takes its name in one step; what was there before is removed."""
    fsync_all(new)
    if not out.exists():
        new.rename(out)
    elif not _exchange(new, out):
        _move_over(new, out)
    fsync(out.parent)
    shutil.rmtree(new, ignore_errors=True)  # the old one, if there was one; the next build removes what stays


def fsync_all(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        fsync(path)


def fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(new: Path, out: Path) -> bool:
    """False where the system or the file system cannot swap names."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(out), _RENAME_EXCHANGE) == 0:
        return True
    if ctypes.get_errno() in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(out))


def _move_over(new: Path, out: Path) -> None:
    """Two renames: for a moment there is no `out`, but never half of one; undone if the second fails."""
    aside = new.with_name(new.name + ".old")
    shutil.rmtree(aside, ignore_errors=True)
    out.rename(aside)
    try:
        new.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)
