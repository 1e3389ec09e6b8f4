"""What the C library does with memory that was freed: hoards little, but not too little. Does nothing without glibc.

Every connection of a livestream has a thread of its own, and glibc would give each its own arena, which keeps the
pictures of a connection long gone: four livestreams that reconnected twenty times held 70 MB more for it.

What every frame needs and frees, some thirty megabytes of pictures, glibc would hand back to the system each time,
which hands it out again page by page, cleared: that was a third of what finding a frame's patches took.
"""

from __future__ import annotations

import ctypes
import gc
import sys

M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -8, -3, -1  # of mallopt(3)
ARENAS = 2
LARGE = 32 << 20  # bytes: the most that glibc keeps for itself
KEPT = 256 << 20  # bytes of free memory that wait for the next frame; `give_back` lets them go


def few_arenas() -> None:
    """Call before threads start: arenas that are there stay."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_ARENA_MAX, ARENAS)


def keep_pages() -> None:
    """Freed memory waits for its next use, until the next `give_back`."""
    if (libc := _glibc()) is not None:
        libc.mallopt(M_MMAP_THRESHOLD, LARGE)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT)


def settle() -> None:
    """Call when all that stays is loaded: later collections need not look at it and take few milliseconds.

    What an earlier worker of this process left is given back first. Not on the loop.
    """
    gc.unfreeze()
    give_back()
    gc.freeze()


def unsettle() -> None:
    """What was to stay is over. Left settled, its reference cycles, and all they hold, would never be freed."""
    gc.unfreeze()


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
