"""Nearest products by FAISS on a GPU, beside the processor's index. One thread at a time. Knows no gallery.

All pictures lie there at half precision and are looked at one by one; where they do not fit, the processor's cells
are copied instead. What is found is looked at again in the embeddings themselves, so that scores are the processor's.
Most builds of FAISS ignore selectors on a GPU: then more is asked for and what a scope forbids is left out, and where
too little would remain the processor answers. It also answers from the first error of the GPU on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from indexes.errors import GpuError
from indexes.faiss_cpu import AGAIN, PROBES, again, widening
from indexes.footprint import in_words, likeness, on_gpu
from indexes.gpu_apart import Apart
from indexes.gpu_copy import FAISS, TEMPORARY
from indexes.gpu_memory import bytes_per_s, check_driver, free_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from indexes.exact import Owners, Ranked
    from indexes.faiss_cpu import Bitmap, FaissIndex, Found
    from indexes.gpu_copy import Copy, Faiss, Kind, Place
    from indexes.picture import Embedding, Vectors

LEAST = 10_000  # pictures: fewer are looked at one by one in 0.6 ms on the processor
MOST = 2048  # pictures that FAISS finds at once on a GPU
CONTEXT = 512 << 20  # bytes that CUDA and its libraries take for a process of their own
SOON_S = 0.01  # reading all pictures may take so long; cells then find 99.6% in a fraction of it
MARGIN = 1.5  # times as many are asked for as would do if a scope's pictures lay like all others


@dataclass(frozen=True, slots=True)
class Room:
    """What was decided, before anything is copied."""

    kind: Kind
    bytes: int  # held for as long as the index lives
    peak: int  # while it is built: an array that grows is there twice


def plan_room(pictures: int, dim: int, *, has_cells: bool, free: int, speed: float = math.inf) -> Room:
    """Flat if that fits and is soon enough, else cells; raises GpuError with what is needed and what is there.

    `speed`: bytes that the GPU reads in a second. A flat search reads all of them for one query. Not yet measured.
    """
    flat, cells = on_gpu(pictures, dim, half=True), likeness(pictures, dim)
    beside = TEMPORARY + CONTEXT
    rooms = [Room("flat", flat + beside, 2 * flat + beside)]
    if has_cells:
        rooms.append(Room("cells", cells + beside, 2 * cells + beside))
    fits = [room for room in rooms if room.peak <= free]
    if fits:
        return fits[-1] if flat / speed > SOON_S else fits[0]
    least = min(room.peak for room in rooms)
    raise GpuError(
        f"{pictures} pictures of {dim} numbers need {in_words(least)} on the GPU while they are copied, "
        f"{in_words(free)} are free: free some, use a larger GPU, or search on the processor"
    )


def usable(api: Faiss, driver: Callable[[], None] = check_driver) -> None:
    """Raises GpuError where this build or this machine has nothing to search on."""
    if not hasattr(api, "StandardGpuResources"):
        raise GpuError("this build of faiss knows no GPU: install faiss-gpu in place of faiss-cpu", expected=True)
    driver()


def open_on_gpu(
    cpu: FaissIndex,
    embeddings: Vectors,
    owners: Owners,
    *,
    on_lost: Callable[[str], None],
    api: Faiss = FAISS,
    driver: Callable[[], None] = check_driver,
    free: Callable[[], int] = free_bytes,
    speed: Callable[[], float] = bytes_per_s,
    place: Place = Apart,
) -> GpuIndex:
    """Raises GpuError with the reason where `cpu` is to answer alone. `on_lost` hears once why the GPU went."""
    usable(api, driver)
    pictures, dim = embeddings.shape
    if pictures < LEAST:
        few = f"{pictures} pictures: the processor looks at fewer than {LEAST} as soon as a GPU would"
        raise GpuError(few, expected=True)
    room = plan_room(pictures, dim, has_cells=cpu.cells is not None, free=free(), speed=speed())
    try:
        copy = place(room.kind, cpu.cells if room.kind == "cells" else None, embeddings)
    except RuntimeError as error:  # FAISS' word for whatever CUDA says
        raise GpuError(f"the GPU cannot hold {pictures} pictures: {_first_line(error)}") from error
    return GpuIndex(copy, room, cpu, embeddings, owners, on_lost=on_lost)


class GpuIndex:
    """Immutable, as `FaissIndex` is, and asked like it. Threads take turns: its copy serves one at a time."""

    def __init__(
        self,
        copy: Copy,
        room: Room,
        cpu: FaissIndex,
        embeddings: Vectors,
        owners: Owners,
        *,
        on_lost: Callable[[str], None],
    ) -> None:
        self.room, self.selects = room, copy.selects
        self._copy: Copy | None = copy
        self._cpu, self._embeddings, self._owners = cpu, embeddings, owners
        self._on_lost = on_lost
        self._lock = Lock()

    def __str__(self) -> str:
        if self._copy is None:
            return f"{self._cpu}, in place of a GPU that was lost"
        how = "selectors are kept to" if self.selects else "selectors are ignored: what they forbid is left out"
        return f"GPU, {self.room.kind}, {in_words(self.room.bytes)}, {how}"

    def nearest(
        self, query: Embedding, k: int, *, bitmap: Bitmap | None = None, pictures: int | None = None
    ) -> Ranked:
        """As `FaissIndex.nearest`. What the GPU cannot answer whole is the processor's to answer."""
        there = len(self._owners) if pictures is None else pictures
        try:
            return widening(lambda ask: self._search(query, ask, bitmap, there), self._owners, k, there)
        except _TooFew:
            return self._cpu.nearest(query, k, bitmap=bitmap, pictures=pictures)

    def _search(self, query: Embedding, ask: int, bitmap: Bitmap | None, there: int) -> Found:
        want = min(AGAIN * ask, there)
        if bitmap is not None and not self.selects:
            want = math.ceil(MARGIN * want * len(self._owners) / there)
        want = min(want, MOST, len(self._owners))
        rows = self._found(query, want, bitmap)
        rows = rows[rows >= 0]
        if bitmap is not None:  # also where selectors are kept to: a forbidden product is never shown
            rows = rows[(bitmap[rows >> 3] >> (rows & 7)) & 1 == 1]
        if len(rows) < min(ask, there):
            raise _TooFew
        return again(self._embeddings, query, rows, ask)

    def _found(self, query: Embedding, want: int, bitmap: Bitmap | None) -> NDArray[np.int64]:
        probes = PROBES if self.room.kind == "cells" else None
        with self._lock:
            if self._copy is None:
                raise _TooFew
            try:
                return self._copy.find(query, want, bitmap if self.selects else None, probes)
            except RuntimeError as error:
                self._copy = None
                why = _first_line(error)
        self._on_lost(f"the GPU searches no more: {why}; the processor does")
        raise _TooFew


class _TooFew(Exception):
    """The GPU's answer is not whole."""


def _first_line(error: RuntimeError) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
