"""How likely one sound is heard as another, in bits beside chance. Pure; knows sounds by their numbers only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.text.phones import PHONES

Bits = NDArray[np.float32]
BARRIER = len(PHONES)  # stands for what is no name, whatever it sounds like
NEVER = -30.0  # bits
STEP = 0.25  # bits of the table on disk
TABLE = Path(__file__).with_name("mishearing.npz")


class Mishearing(NamedTuple):
    """`swapped[said, heard]`, `dropped[said]`, `added[heard]`. The same is a few bits, the unlikely less than 0."""

    swapped: Bits
    dropped: Bits
    added: Bits


@lru_cache(1)
def mishearing() -> Mishearing:
    """`benchmarks/fit_mishearing.py` counted it, from a small Whisper's transcripts of synthetic voices."""
    with np.load(TABLE) as told:
        return Mishearing(*(told[name].astype(np.float32) * np.float32(STEP) for name in Mishearing._fields))


def save(path: Path, table: Mishearing) -> None:
    swapped, dropped, added = (np.round(bits / STEP).astype(np.int8) for bits in table)
    np.savez_compressed(path, swapped=swapped, dropped=dropped, added=added)
