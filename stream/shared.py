"""What the livestreams of a worker share, and what operators and evaluations may see of one. Wires nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engines.presence import SINGLE
from engines.shows import THEORY
from stream.ear_figures import SpeechFigures
from stream.source import play

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from engines.base import Encoded
    from engines.presence import Presence
    from engines.shows import FalseShows
    from stream.batching import Batcher
    from stream.clock import Clock
    from stream.fuse import Look
    from stream.matching import Query
    from stream.metrics import Metrics
    from stream.speech import Speech
    from stream.types import Decision, Image, Reason, Sighting

    Play = Callable[..., Coroutine[None, None, Reason]]  # stream.source.play, or a script of it


class Tap(Protocol):
    """Looks on while a livestream is judged, for evaluations: each view waits for it. It must not block the loop."""

    async def judged(
        self,
        query: Query,
        look: Look,
        sighting: Sighting | None,
        decisions: Sequence[Decision],
        earlier: Sequence[Look] = (),
    ) -> None:
        """Once for every view, before what was decided is published. `sighting`: where the view closed a window.

        `earlier`: what the views before had, newest first, where they were asked for what has just appeared.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shared:
    """What all livestreams of a worker share."""

    encode: Batcher[Image, Encoded]
    look: Batcher[Query, Look]
    metrics: Metrics
    clock: Clock
    play: Play = play
    tap: Tap | None = None
    false_shows: FalseShows = THEORY
    presence: Presence = SINGLE
    speech: Speech | None = None


@dataclass(slots=True)
class Figures:
    """What operators ask of a single livestream; it outlives restarts."""

    views: int = 0
    abstained: int = 0
    last_wall: float = 0.0
    last_look_s: float = 0.0
    speech: SpeechFigures = field(default_factory=SpeechFigures)
