"""Keeps the C library from hoarding memory that connections have given back. Does nothing where it is not glibc.

Every connection of a livestream has a thread of its own, and glibc would give each its own arena, which keeps the
pictures of a connection long gone: four livestreams that reconnected twenty times held 70 MB more for it.
"""

from __future__ import annotations

import ctypes
import sys

M_ARENA_MAX = -8  # of mallopt(3)
ARENAS = 2


def few_arenas() -> None:
    """Call before threads start: arenas that are there stay."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Returns free pages to the system; takes some milliseconds, so not on the loop."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
