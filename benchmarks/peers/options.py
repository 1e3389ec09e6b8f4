"""What a comparison is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    python: Path  # runs ours
    peers: Path  # runs the peers
    quick: bool = False  # whether it runs at all; figures are not for keeping
    rounds: int = 5
    pictures: int = 100_000
