"""One livestream's listening: chunks in, what was said on its boards. Asks the speech thread; judges nothing.

    source ══sounds(10 s, drop oldest)══▶ listen ──turns of a second──▶ speech thread ──▶ boards ◀── think

A livestream has one turn under way, so one that is slow costs the others a turn and no more. Whoever falls behind
skips to what is said now. Whatever breaks in here is said once, and vision goes on.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING, assert_never

import structlog

from engines.errors import EngineError
from stream.channel import Channel, Policy
from stream.errors import ClosedError
from stream.hearsay import Boards
from stream.retelling import Retelling
from stream.retry import Backoff
from stream.sound import CHUNK, RATE
from stream.speech import Hears, told
from stream.types import AudioChunk, Gap, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.ear import Heard
    from stream.hearsay import Hearsay
    from stream.speech import Seat, Speech, SpeechFigures
    from stream.summary import Summariser
    from stream.types import Seconds

log = structlog.get_logger()

SOUNDS = 100  # chunks: ten seconds; what is older says nothing of what shows now
TURN = 10  # chunks: what one livestream may ask of the thread before it is another's turn
BEHIND_S = 4.0  # later than this is too late to matter: skip to what is said now
AGAIN_FIRST_S, AGAIN_MAX_S = 5.0, 300.0  # how long an ear that failed is left alone
LOOK_EVERY_S = 0.01  # how often a replay looks whether its source waits for pictures to be taken


class Listener:
    """`patient`: a replay, which waits where a live stream would skip, and hears nothing before it is seen.

    `source_waits`: whether no sound can come before a picture is taken.
    """

    def __init__(
        self,
        speech: Speech,
        seat: Seat,
        figures: SpeechFigures,
        source_waits: Callable[[], bool],
        *,
        patient: bool,
        summariser: Summariser | None = None,
    ) -> None:
        self._speech, self._seat, self._figures = speech, seat, figures
        self._source_waits = source_waits
        self._patient = patient
        self.sounds: Channel[AudioChunk | Gap] = Channel(
            "sounds",
            capacity=SOUNDS,
            policy=Policy.WAIT if patient else Policy.DROP_OLDEST,
            keep=lambda item: isinstance(item, Gap),
            on_drop=lambda n: self._skipped(n * CHUNK / RATE),
        )
        self._retelling: Retelling | None = None
        if summariser is not None:
            self._retelling = Retelling(summariser, speech.ask, seat, speech.clock)
        self._boards = Boards()
        self._backoff = Backoff(AGAIN_FIRST_S, AGAIN_MAX_S, lambda: 1.0)
        self._rests_until = 0.0
        self._since = 0.0  # an engine is there, or will not be
        self._counted: Seconds = -inf  # start of the last mention that was counted
        self._wanted: Seconds = 0.0 if patient else inf  # pictures have come this far
        self._busy = self._over = False
        self._moved = asyncio.Condition()

    # -- for the judging end

    @property
    def board(self) -> Hearsay:
        """What was said in the stretch that judging is in."""
        return self._boards.seen

    def gap_seen(self) -> None:
        self._boards.gap_seen()

    def names_changed(self) -> None:
        """Products are called otherwise: the next sound opens an ear that knows their names."""
        self._seat.leave()

    async def keep_up(self, at: Seconds) -> None:
        """In a replay, returns when sound is heard up to `at`, or comes no more before a picture is taken."""
        if not self._patient:
            return
        await self._want(at)
        while not (self._over or self._boards.level(at) or (self._idle and self._source_waits())):
            await self._wait()

    async def let_go(self) -> None:
        """Nothing more will be judged."""
        await self._want(inf)

    # -- for the task

    async def listen(self) -> None:
        """Until the sounds end. What the engine raises stays in here."""
        self._say(Hears.LOADING)
        try:
            await self._speech.loaded.wait()  # meanwhile the channel keeps what is newest
            self._since = self._speech.clock.now()
            self._figures.engine = self._speech.said
            self._say(Hears.FAILED if self._speech.why else Hears.WAITING, self._speech.why)
            async for item in self.sounds:
                match item:
                    case Gap():
                        await self._broke()
                    case AudioChunk():
                        await self._turn(item)
                    case _:
                        assert_never(item)
                await self._notify()
        finally:
            self._over = True
            if self._retelling is not None:
                self._retelling.stop()
            self._say(Hears.OFF)
            await self._notify()

    async def _turn(self, first: AudioChunk) -> None:
        while self._patient and first.at >= self._wanted and self.sounds.stats.waiting < SOUNDS:
            self._boards.heard.push((), first.at)
            await self._notify()
            await self._wait()
        chunks, gap = await self._pile(first)
        self._busy = True
        await self._hear(chunks)
        self._busy = False
        if gap:
            await self._broke()

    async def _pile(self, first: AudioChunk) -> tuple[list[AudioChunk], bool]:
        """What waits, up to a turn's worth and to the next gap; of a pile that is too late only the end."""
        late = not self._patient and self._speech.clock.now() - first.wall > BEHIND_S
        most = SOUNDS if late else 1 if self._patient else TURN
        pile = [first]
        gap = False
        while len(pile) < most and self.sounds.stats.waiting and not gap:
            item = await self.sounds.receive()
            if isinstance(item, AudioChunk):
                pile.append(item)
            else:
                gap = True
        if late:
            self._skip(pile[:-TURN])
        return (pile[-TURN:] if late else pile), gap

    def _skip(self, chunks: Sequence[AudioChunk]) -> None:
        seconds = sum(len(chunk.samples) for chunk in chunks) / RATE
        if chunks:
            self._boards.heard.mute(chunks[0].at, chunks[0].at + seconds, "behind")
            # What waited for the engine is no sign that there is no room.
            self._skipped(sum(len(chunk.samples) for chunk in chunks if chunk.wall >= self._since) / RATE)

    def _skipped(self, seconds: float) -> None:
        """So much sound was never heard: the thread cannot keep up."""
        if not self._speech.loaded.is_set():
            return
        self._figures.skipped_s += seconds
        self._speech.metrics.speech_skipped(seconds)

    async def _hear(self, chunks: Sequence[AudioChunk]) -> None:
        if self._speech.why or self._speech.clock.now() < self._rests_until:
            self._unheard(chunks)
            return
        try:
            heard = await self._speech.ask(partial(self._seat.hear, chunks))
        except Exception as error:  # noqa: BLE001  whatever an engine raises, vision goes on
            await self._failed(error)
            self._unheard(chunks)
        else:
            self._write(heard, chunks[-1].wall)
            await self._retell(heard)

    async def _retell(self, heard: Heard) -> None:
        if self._retelling is None:
            return
        asked = self._retelling.want(heard.window, self._boards.heard)
        if asked is not None and self._patient:
            await asked

    def _unheard(self, chunks: Sequence[AudioChunk]) -> None:
        end = chunks[-1].at + len(chunks[-1].samples) / RATE
        self._boards.heard.mute(chunks[0].at, end, "failed")
        self._boards.heard.push((), end)

    def _write(self, heard: Heard, wall: float) -> None:
        metrics, board = self._speech.metrics, self._boards.heard
        for start, end, why in heard.muted:
            board.mute(start, end, why)
        board.hold(heard.held)
        board.push(heard.mentions, heard.until, since=heard.since)
        behind_s = max(self._speech.clock.now() - wall, 0.0)
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
        self._figures.behind_s = round(behind_s, 3)
        self._figures.engine = self._speech.said  # it may have been loaded at last
        self._say(Hears.LISTENING)
        self._backoff.healthy()

    async def _failed(self, error: Exception) -> None:
        """An ear that could not even be opened stays closed, unless its process died: all else does not come back."""
        why, fault = told(error)
        refused = isinstance(error, EngineError) and not error.retriable and not self._seat.opened
        for_good = refused or isinstance(error, ClosedError)
        rest_s = inf if for_good else self._backoff.next_s(Reason.INTERNAL)
        self._rests_until = self._speech.clock.now() + rest_s
        self._seat.leave()
        self._speech.metrics.speech_failed()
        self._say(Hears.FAILED, why)
        log.error("nobody listens; pictures go on", why=why, again_in_s=None if for_good else rest_s, exc_info=fault)

    async def _broke(self) -> None:
        """The session is ended in its thread, in its turn; what comes after the gap is written on another board.

        A summary of what was said before would tell the ear of times that may come again.
        """
        if self._retelling is not None:
            self._retelling.stop()
        if self._seat.opened:
            try:
                await self._speech.ask(self._seat.end)
            except Exception as error:  # noqa: BLE001  whatever an engine raises, vision goes on
                await self._failed(error)
        self._counted = -inf
        self._boards.gap_heard()

    def _say(self, hears: Hears, why: str = "") -> None:
        figures = self._figures
        if hears is not figures.hears:
            self._speech.metrics.speech_state(figures.hears.value, hears.value)
        figures.hears, figures.why = hears, why

    # -- keeping a replay's pictures and sound together

    @property
    def _idle(self) -> bool:
        return not self._busy and not self.sounds.stats.waiting

    async def _want(self, at: Seconds) -> None:
        self._wanted = max(self._wanted, at)
        await self._notify()

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _wait(self) -> None:
        """For the other side to move; not for ever, since a source that begins to wait tells nobody."""
        async with self._moved:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._moved.wait()
