"""One livestream's ear: sound in, words by stream time and mentions out. For the speech thread; knows no loop."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engines.speech.base import RATE
from engines.text import extract
from stream.hearsay import Muted
from stream.turns import alone
from stream.types import Words

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from engines.speech.base import Session, Word
    from engines.text import Hearing, Mention
    from stream.turns import Push, Turn
    from stream.types import AudioChunk, Seconds

HOLE_S = 0.25  # between two chunks, either way: more is no jitter, and no word reaches across it
STEP_S = 0.001  # of a chunk from where it was due: less is rounding
REMEMBERED = 4096  # chunks whose times are known: minutes, and words are committed within seconds
WINDOW_S = 30.0  # of words that mentions are looked for in: "unlike the ..." is said a sentence before
SETTLED_S = 10.0  # mentions this far into a full window stay as they are: what led to them is being forgotten
SILENT_S = 2.0  # without a single sound: switched off, no pause; rooms have noise
HELD_S = 1.5  # a gate's verdict goes on counting: over a pause, and the half second until the next piece is judged
TELLING = frozenset({"music", "singing", "noise", "tone"})  # gates that say what was on instead of speech


class SessionClock:
    """Pure: where each stretch of a session's sound lies in stream time, by the chunks' own times.

    Nothing is counted from the start, so that neither holes nor a sound card that runs fast add up.
    """

    def __init__(self) -> None:
        self._starts: deque[float] = deque(maxlen=REMEMBERED)  # session seconds
        self._places: deque[Seconds] = deque(maxlen=REMEMBERED)
        self.end = 0.0

    def note(self, at: Seconds, samples: int) -> None:
        """The session is given this many samples, which were heard at `at`."""
        due = self._places[-1] + self.end - self._starts[-1] if self._starts else None
        if due is None or abs(at - due) > STEP_S:
            self._starts.append(self.end)
            self._places.append(at)
        self.end += samples / RATE

    def place(self, start: float, end: float) -> tuple[Seconds, Seconds]:
        """A word's span in stream time; an end that falls on a hole lies before it."""
        begins = self._at(start)
        return begins, max(self._at(end, ending=True), begins)

    def _at(self, session_s: float, *, ending: bool = False) -> Seconds:
        nudge = -1e-6 if ending else 1e-6
        piece = max(bisect_right(self._starts, session_s + nudge) - 1, 0)
        return self._places[piece] + session_s - self._starts[piece]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a turn brought. `since`: mentions that start there or later replace those known before."""

    words: tuple[Words, ...]
    mentions: tuple[Mention, ...]
    since: Seconds
    until: Seconds
    muted: tuple[Muted, ...]
    gated: Mapping[str, int]  # pieces that gates refused, in this turn
    window: tuple[Words, ...] = ()  # where mentions were looked for, if there was a word to look again for
    held: Muted | None = None  # what is muted until the next turn tells more


class Ear:
    """`clean`: mentions are looked for in what the embedded summariser makes of the words.

    `lacks`: why no product will ever be heard named; empty where one may be.
    """

    def __init__(self, session: Session, hearing: Hearing, *, clean: bool, lacks: str = "") -> None:
        self.lacks = lacks
        self._session = session
        self._hearing = hearing
        self._clean = clean
        self._clock = SessionClock()
        self._words: deque[Words] = deque()
        self._cut = False  # whether the window has lost words
        self._retold: Seconds = float("-inf")  # up to here a summary says what was meant
        self._since: Seconds = 0.0  # heard from here on; what was named before, another ear has heard
        self._until: Seconds | None = None  # None: nothing heard since a break
        self._silent_since: Seconds | None = None
        self._refused: Muted | None = None  # by a gate, last; None once that counts no more
        self._gated: Mapping[str, int] = {}

    @property
    def words(self) -> tuple[Words, ...]:
        """The last window's."""
        return tuple(self._words)

    def hear(self, chunks: Sequence[AudioChunk]) -> Heard:
        """Chunks in the order of their times, at least one."""
        return alone(self.turn(chunks))

    def turn(self, chunks: Sequence[AudioChunk]) -> Turn:
        """The same, for whoever pushes the sound of several livestreams together."""
        found: list[Words] = []
        muted: list[Muted] = []
        pieces: list[AudioChunk] = []
        if self._until is None:
            self._since = chunks[0].at
        for chunk in chunks:
            if self._until is not None and abs(chunk.at - self._until) > HOLE_S:
                found += yield from self._push(pieces)
                found += self._placed(self._session.end())
                pieces = []
                muted.append(Muted(self._until, chunk.at, "gap"))
            pieces.append(chunk)
            self._until = chunk.at + len(chunk.samples) / RATE
            muted += self._silence(chunk, self._until)
        found += yield from self._push(pieces)
        return self._told(found, muted, chunks[0].at)

    def end(self) -> int:
        """The stream broke: what is open is settled and forgotten. How many words that still were."""
        words = self._session.end()
        self._words.clear()
        self._cut, self._until, self._silent_since = False, None, None
        self._retold, self._refused = float("-inf"), None
        return len(words)

    def retold(self, words: Sequence[Words], summary: Sequence[Words]) -> Heard:
        """A summary of these words has come: what it mentions stands instead of what they did."""
        since, self._retold = words[0].start, words[-1].end
        mentions = self._hearing.mentions(summary)
        mentions += [mention for mention in self._hearing.mentions(self.words) if mention.start >= self._retold]
        return Heard((), tuple(mentions), since, self._retold, (), {})

    def _push(self, chunks: Sequence[AudioChunk]) -> Generator[Push, list[Word], list[Words]]:
        if not chunks:
            return []
        for chunk in chunks:
            self._clock.note(chunk.at, len(chunk.samples))
        return self._placed((yield self._session, np.concatenate([chunk.samples for chunk in chunks])))

    def _placed(self, words: Sequence[Word]) -> list[Words]:
        return [Words(*self._clock.place(word.start, word.end), word.text, word.confidence) for word in words]

    def _silence(self, chunk: AudioChunk, until: Seconds) -> list[Muted]:
        if chunk.samples.any():
            self._silent_since = None
            return []
        self._silent_since = chunk.at if self._silent_since is None else self._silent_since
        long = until - self._silent_since >= SILENT_S
        return [Muted(self._silent_since, until, "muted")] if long else []

    def _told(self, found: Sequence[Words], muted: list[Muted], start: Seconds) -> Heard:
        assert self._until is not None, "a turn brings sound"
        before, self._gated = self._gated, dict(self._session.gated)
        gated = {gate: n - before.get(gate, 0) for gate, n in self._gated.items() if n > before.get(gate, 0)}
        muted += self._gates(gated, found, start, self._until)
        mentions, since = self._looked(found)
        window = self.words if found else ()
        return Heard(tuple(found), mentions, since, self._until, tuple(muted), gated, window, self._held())

    def _gates(
        self, gated: Mapping[str, int], found: Sequence[Words], start: Seconds, until: Seconds
    ) -> Iterator[Muted]:
        """A piece is judged now and then: what one verdict refused is refused until the next, if nobody spoke."""
        last = self._refused
        if last is not None and (until > last.end + HELD_S or any(word.end > last.end for word in found)):
            last = self._refused = None
        for gate in sorted(TELLING & gated.keys()):
            if last is not None:
                yield Muted(last.end, start, last.why)
            self._refused = Muted(start, until, gate)
            yield self._refused

    def _held(self) -> Muted | None:
        last = self._refused
        return None if last is None else Muted(last.end, last.end + HELD_S, last.why)

    def _looked(self, found: Sequence[Words]) -> tuple[tuple[Mention, ...], Seconds]:
        if not found:
            return (), float("inf")
        self._words.extend(found)
        while self._words[0].start < self._words[-1].end - WINDOW_S:
            self._words.popleft()
            self._cut = True
        words = self.words
        since = max(words[0].start + SETTLED_S if self._cut else self._since, self._retold)
        mentions = self._hearing.mentions(extract(self._hearing, words) if self._clean else words)
        return tuple(mention for mention in mentions if mention.start >= since), since
