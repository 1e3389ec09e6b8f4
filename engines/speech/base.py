"""The speech contract: sound in, committed words out. Synchronous, one caller thread an engine; knows no stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Samples = NDArray[np.float32]  # (n,), mono, 16 kHz, -1..1
RATE = 16_000

# phrases: hears only what it was told to listen for.  free: writes down whatever is said.  sounds: does so, and hears
# what it was told to listen for by its sounds, too.
Mode = Literal["phrases", "free", "sounds"]


def is_english(language: str) -> bool:
    """Of any country: en, en-GB."""
    return language.split("-", maxsplit=1)[0].lower() == "en"


class Word(NamedTuple):
    """Committed: never taken back. Seconds of the session's own sound; its first sample is at 0."""

    start: float
    end: float
    text: str
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True)
class TranscriberInfo:
    name: str  # "sphinx", "whisper"
    model: str
    language: str  # BCP 47, or "auto"
    mode: Mode


class Session(Protocol):
    """The ear of one livestream. Its clock runs with the samples pushed, and with nothing else."""

    def push(self, samples: Samples) -> list[Word]:
        """Words that became certain, in order. Any length; the work is done now, in the caller's thread."""
        ...

    def end(self) -> list[Word]:
        """Settles what is open and forgets it, at the same clock: nothing heard before joins what comes after."""
        ...

    @property
    def gated(self) -> Mapping[str, int]:
        """How many pieces each named gate refused, from the session's start."""
        ...


class Transcriber(Protocol):
    """A model, shared by the sessions made from it."""

    @property
    def info(self) -> TranscriberInfo: ...

    def session(self, phrases: Sequence[str], language: str | None = None) -> Session:
        """`phrases`: what the products in scope may be called; `language`: of this livestream, where it is known."""
        ...


@runtime_checkable
class Together(Protocol):
    """A transcriber that reads the sound of several sessions in one pass, for less than one after the other."""

    @property
    def at_once(self) -> int:
        """How many sessions at most: all of them wait for the whole pass."""
        ...

    def push_together(self, pushes: Sequence[tuple[Session, Samples]]) -> list[list[Word]]:
        """As many pushes of its own sessions, each session once; words as each would have given them alone."""
        ...
