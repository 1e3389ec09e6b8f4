"""What this machine can do at all: multiply matrices, copy memory. Knows nobody who takes part.

One thread, the best of a few goes: a roof is what was reached, not what is usual on a busy machine. Times are of
the cores, so that others on the machine do not lower it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 1536  # of matrices: large enough for a steady rate, small enough for the caches' blocks
COPIED = 256 << 20  # bytes, far beyond any cache
GOES = 5


def best_s(act: Callable[[], object], goes: int = GOES) -> float:
    """Seconds of this thread's core."""
    act()
    taken = []
    for _ in range(goes):
        began = time.thread_time()
        act()
        taken.append(time.thread_time() - began)
    return min(taken)


def gemm_gflops() -> float:
    """Single precision, one thread."""
    dice = np.random.default_rng(1)
    a, b = (dice.standard_normal((SIDE, SIDE), np.float32) for _ in range(2))
    out = np.empty_like(a)
    with threadpool_limits(1):
        return 2 * SIDE**3 / best_s(lambda: np.matmul(a, b, out=out)) / 1e9


def read_gb_per_s() -> float:
    """A big copy reads each byte and writes it: a scan that only reads may take half of the copy's time."""
    source = np.ones(COPIED // 8)
    out = np.empty_like(source)
    return 2 * COPIED / best_s(lambda: np.copyto(out, source)) / 1e9


def vit_gflop(*, width: int, depth: int, tokens: int, patch: int, dim: int) -> float:
    """One picture through a vision transformer: its matrix products, two operations each multiply-add."""
    linear = 12 * width * width * tokens  # query, key, value, projection, and four widths there and back
    attention = 2 * tokens * tokens * width
    ends = (tokens - 1) * 3 * patch * patch * width + width * dim
    return 2 * (depth * (linear + attention) + ends) / 1e9


def scan_ms(pictures: int, dim: int, gb_per_s: float) -> float:
    """Reading every embedding once, in single precision."""
    return pictures * dim * 4 / gb_per_s / 1e6
