"""How one livestream is listened to, as operators are told: figures, metrics, log lines. Knows no sound."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.clock import Clock
    from stream.ear import Heard
    from stream.metrics import Metrics

log = structlog.get_logger()

LATE_S = 4.0  # an answer that takes longer is worth a word: what was said then comes too late to matter


class Hears(StrEnum):
    """How a livestream is listened to, as operators are told."""

    OFF = "off"  # nobody asked for it
    LOADING = "loading"  # the engine does
    WAITING = "waiting"  # no sound has come yet
    LISTENING = "listening"
    FAILED = "failed"  # and why; tried again where that can help


@dataclass(slots=True)
class SpeechFigures:
    """What operators ask of a single livestream's ear; it outlives restarts."""

    hears: Hears = Hears.OFF
    why: str = ""
    engine: str = ""
    words: int = 0
    mentions: int = 0
    skipped_s: float = 0.0
    behind_s: float = 0.0
    owed: float | None = None  # when the sound left the decoder that its ear has not answered yet

    def at(self, now: float) -> SpeechFigures:
        """As they stand now: an ear that does not answer falls behind all the while."""
        behind_s = 0.0 if self.owed is None else now - self.owed
        if behind_s <= self.behind_s:
            return self
        why = f"its ear has not answered for {behind_s:.0f} s" if behind_s > LATE_S else self.why
        return replace(self, behind_s=round(behind_s, 3), why=why)


class Account:
    """Keeps the figures of one livestream's ear, and tells what happens to it."""

    def __init__(self, figures: SpeechFigures, metrics: Metrics, clock: Clock) -> None:
        self._figures, self._metrics, self._clock = figures, metrics, clock
        self._counted = -inf  # start of the last mention that was counted
        self._deaf_since: float | None = None  # of the first sound that was not heard for a failure
        self._lacks = ""  # as it was logged

    def say(self, hears: Hears, why: str = "") -> None:
        figures = self._figures
        if hears is not figures.hears:
            self._metrics.speech_state(figures.hears.value, hears.value)
        figures.hears, figures.why = hears, why

    def loaded(self, engine: str, why: str) -> None:
        """`engine`: who listens, in one line; `why`: it cannot be had."""
        self._figures.engine = engine
        self.say(Hears.FAILED if why else Hears.WAITING, why)

    @contextmanager
    def owed(self, wall: float) -> Iterator[None]:
        """While the ear owes an answer to sound that left the decoder then."""
        self._figures.owed = wall
        self._metrics.speech_asked(wall)
        try:
            yield
        finally:
            self._figures.owed = None
            self._metrics.speech_answered(wall)

    def heard(self, heard: Heard, wall: float, engine: str, lacks: str) -> None:
        """`engine`: who listens, in one line; it may have been loaded at last. `lacks`: why it never hears a name."""
        behind_s = max(self._clock.now() - wall, 0.0)
        self._count(heard, behind_s)
        self._figures.behind_s = round(behind_s, 3)
        self._figures.engine = engine
        if self._deaf_since is not None:
            log.info("somebody listens again", deaf_s=round(self._clock.now() - self._deaf_since, 1))
            self._deaf_since = None
        if lacks and lacks != self._lacks:
            log.warning("nothing can be heard of any product", why=lacks)
        self._lacks = lacks
        self.say(Hears.LISTENING, lacks)

    def unheard(self, wall: float) -> None:
        """Sound that left the decoder then is not heard, for a failure."""
        self._deaf_since = wall if self._deaf_since is None else self._deaf_since

    def failed(self, why: str, again_in_s: float | None, fault: Exception | None) -> None:
        """`fault`: where it is the program's, its trace is worth reading."""
        self._metrics.speech_failed()
        self.say(Hears.FAILED, why)
        log.error("nobody listens; pictures go on", why=why, again_in_s=again_in_s, exc_info=fault)

    def skipped(self, seconds: float) -> None:
        """So much sound was never heard: the thread cannot keep up."""
        self._figures.skipped_s += seconds
        self._metrics.speech_skipped(seconds)

    def begin_anew(self) -> None:
        """The stream broke, and its time may begin anew."""
        self._counted = -inf

    def _count(self, heard: Heard, behind_s: float) -> None:
        metrics = self._metrics
        metrics.speech_turn(behind_s)
        for word in heard.words:
            metrics.speech_word(behind_s + heard.until - word.end)
        for gate, times in heard.gated.items():
            metrics.speech_rejected(gate, times)
        fresh = [mention for mention in heard.mentions if mention.start > self._counted]
        for mention in fresh:
            metrics.speech_mention(mention.kind.value)
        self._counted = max([self._counted, *(mention.start for mention in fresh)])
        self._figures.words += len(heard.words)
        self._figures.mentions += len(fresh)
