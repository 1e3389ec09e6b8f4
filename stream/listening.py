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

from engines.errors import EngineError
from stream.channel import Channel, Policy
from stream.ear_figures import LATE_S, Account, Hears
from stream.errors import ClosedError
from stream.hearsay import Boards
from stream.retelling import Retelling
from stream.retry import Backoff
from stream.sound import CHUNK, RATE
from stream.speech import told
from stream.types import AudioChunk, Gap, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.ear import Heard
    from stream.ear_figures import SpeechFigures
    from stream.hearsay import Hearsay
    from stream.speech import Seat, Speech
    from stream.summary import Summariser
    from stream.turns import Job
    from stream.types import Seconds

SOUNDS = 100  # chunks: ten seconds; what is older says nothing of what shows now
TURN = 10  # chunks: what one livestream may ask of the thread before it is another's turn
BEHIND_S = LATE_S  # later than this is too late to matter: skip to what is said now
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
        self._speech, self._seat = speech, seat
        self._account = Account(figures, speech.metrics, speech.clock)
        self._source_waits = source_waits
        self._patient = patient
        self.sounds: Channel[AudioChunk | Gap] = Channel(
            "sounds",
            capacity=SOUNDS,
            policy=Policy.WAIT if patient else Policy.DROP_OLDEST,
            keep=lambda item: isinstance(item, Gap),
            on_drop=self._overflowed,
        )
        self._retelling: Retelling | None = None
        if summariser is not None:
            self._retelling = Retelling(summariser, speech.ask, seat, speech.clock)
        self._boards = Boards()
        self._backoff = Backoff(AGAIN_FIRST_S, AGAIN_MAX_S, lambda: 1.0)
        self._rests_until = 0.0
        self._since = 0.0  # an engine is there, or will not be
        self._lost = False  # sound, out of a full channel, since the last that was taken
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
        self._account.say(Hears.LOADING)
        try:
            await self._speech.loaded.wait()  # meanwhile the channel keeps what is newest
            self._since = self._speech.clock.now()
            self._account.loaded(self._speech.said, self._speech.why)
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
            self._account.say(Hears.OFF)
            await self._notify()

    async def _turn(self, first: AudioChunk) -> None:
        while self._patient and first.at >= self._wanted and self.sounds.stats.waiting < SOUNDS:
            self._boards.heard.push((), first.at)
            await self._notify()
            await self._wait()
        if self._lost:
            board, self._lost = self._boards.heard, False
            board.mute(board.settled, first.at, "behind")
        chunks, gap = await self._pile(first)
        for chunk in chunks:
            if chunk.ad:
                self._boards.heard.mute(chunk.at, chunk.at + len(chunk.samples) / RATE, "ad")
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
            self._account.skipped(sum(len(chunk.samples) for chunk in chunks if chunk.wall >= self._since) / RATE)

    def _overflowed(self, chunks: int) -> None:
        self._lost = True
        if self._speech.loaded.is_set():
            self._account.skipped(chunks * CHUNK / RATE)

    async def _hear(self, chunks: Sequence[AudioChunk]) -> None:
        if self._speech.why or self._speech.clock.now() < self._rests_until:
            self._unheard(chunks)
            return
        # A replay's sound has waited for its pictures, for which no ear is to blame.
        owed = self._speech.clock.now() if self._patient else chunks[-1].wall
        try:
            heard = await self._ask(partial(self._seat.hear, chunks), owed)
        except Exception as error:  # noqa: BLE001  whatever an engine raises, vision goes on
            self._failed(error)
            self._unheard(chunks)
        else:
            self._write(heard, chunks[-1].wall)
            await self._retell(heard)

    async def _ask(self, job: Job, wall: float) -> Heard:
        with self._account.owed(wall):
            return await self._speech.ask(job)

    async def _retell(self, heard: Heard) -> None:
        if self._retelling is None:
            return
        asked = self._retelling.want(heard.window, self._boards.heard)
        if asked is not None and self._patient:
            await asked

    def _unheard(self, chunks: Sequence[AudioChunk]) -> None:
        end = chunks[-1].at + len(chunks[-1].samples) / RATE
        self._account.unheard(chunks[0].wall)
        self._boards.heard.mute(chunks[0].at, end, "failed")
        self._boards.heard.push((), end)

    def _write(self, heard: Heard, wall: float) -> None:
        board = self._boards.heard
        for start, end, why in heard.muted:
            board.mute(start, end, why)
        board.hold(heard.held)
        board.push(heard.mentions, heard.until, since=heard.since)
        self._account.heard(heard, wall, self._speech.said, self._seat.lacks)
        self._backoff.healthy()

    def _failed(self, error: Exception) -> None:
        """An ear that could not even be opened stays closed, unless its process died: all else does not come back."""
        why, fault = told(error)
        refused = isinstance(error, EngineError) and not error.retriable and not self._seat.opened
        for_good = refused or isinstance(error, ClosedError)
        rest_s = inf if for_good else self._backoff.next_s(Reason.INTERNAL)
        self._rests_until = self._speech.clock.now() + rest_s
        self._seat.leave()
        self._account.failed(why, None if for_good else rest_s, fault)

    async def _broke(self) -> None:
        """The session is ended in its thread, in its turn; what comes after the gap is written on another board.

        A summary of what was said before would tell the ear of times that may come again.
        """
        if self._retelling is not None:
            self._retelling.stop()
        if self._seat.opened:
            try:
                await self._ask(self._seat.end, self._speech.clock.now())
            except Exception as error:  # noqa: BLE001  whatever an engine raises, vision goes on
                self._failed(error)
        self._account.begin_anew()
        self._boards.gap_heard()

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
