"""Keeps the C library from hoarding memory that connections have given back. Does nothing where it is not glibc.

Every connection of a livestream has a thread of its own, and glibc would give each its own arena, which keeps the
pictures of a connection long gone: four livestreams that reconnected twenty times held 70 MB more for it.
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_ARENA_MAX = -8  # of mallopt(3)
ARENAS = 2


def few_arenas() -> None:
    """Call before threads start: arenas that are there stay."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_ARENA_MAX, ARENAS)


def settle() -> None:
    """Call when all that stays is loaded: later collections need not look at it and take few milliseconds."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Frees what old connections left in reference cycles, and returns free pages to the system. Not on the loop."""
    gc.collect()
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
