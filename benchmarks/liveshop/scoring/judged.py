"""What is judged: lives with their truth, and what a system told and ranked in each. Pure; judges nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.liveshop.score import Span
    from benchmarks.liveshop.truth import Truth
    from stream.types import Seconds

    Ranked = tuple[tuple[str, float], ...]  # product ids with a probability each, best first


@dataclass(frozen=True, slots=True)
class Ranking:
    """A window's products, by the frame that closed it; `main`: by each one's main image alone, where asked."""

    at: Seconds
    ranked: Ranked
    main: Ranked | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One live and what one system made of it. `name` says family, seed and index: lives are paired by it.

    `groups`: products to what they are variants of, as the catalogue says; look-alikes are told apart by it.
    """

    name: str
    truth: Truth
    spans: tuple[Span, ...]
    windows: tuple[Ranking, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contender:
    """A system under test. Not `calibrated`: its windows' figures are no probabilities."""

    name: str
    lives: tuple[Judged, ...]
    note: str = ""
    calibrated: bool = True
