"""A livestream is heard as far as that is possible, and whatever happens to its ear stays in there."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import pytest
from structlog.testing import capture_logs

from engines.errors import SpeechError, SpeechLost
from engines.speech import apart
from engines.speech.apart import Apart
from engines.speech.base import TranscriberInfo
from engines.speech.choose import Choice
from engines.speech.fake import CRASH, FakeSession, FakeTranscriber, beep, silence
from engines.text import ProductWords
from indexes.fake import scripted_scope
from indexes.product import Product
from indexes.scope import Scope
from stream.clock import ManualClock
from stream.config import SpeechConfig, StreamConfig
from stream.ear_figures import Hears, SpeechFigures
from stream.listening import AGAIN_FIRST_S, BEHIND_S, SOUNDS, TURN, Listener
from stream.metrics import Metrics
from stream.retelling import EVERY_S
from stream.sound import CHUNK, RATE
from stream.speech import MOST_PRODUCTS, Speech, words_of, writes_by_ear
from stream.types import AudioChunk, Gap, Reason, Words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from engines.speech.base import Session, Transcriber, Word
    from indexes.gallery import Gallery
    from stream.summary import Summariser
    from stream.types import Samples

pytestmark = pytest.mark.unit

PRODUCTS = (ProductWords("tea", "Brelvo Tea", brand="Brelvo"), ProductWords("oil", "Fjondo Oil", brand="Fjondo"))
WORDS = ("brelvo", "fjondo")
OFF = Choice("off", None, "off, as configured")
SCOPE = scripted_scope(2)
STOPPED = 7.0  # a sample at which the whole process of an ear is stopped
LOADS_S = 60.0  # a process, where others are busy


def chunks(at: float, *pieces: Samples, wall: float = 0.0) -> list[AudioChunk]:
    samples = np.concatenate(pieces)
    return [AudioChunk(at + i / RATE, samples[i : i + CHUNK], wall) for i in range(0, len(samples), CHUNK)]


class Turns(FakeSession):
    """Writes down whose turn it was, and how long."""

    def __init__(self, who: str, turns: list[tuple[str, int]]) -> None:
        super().__init__(WORDS)
        self._who, self._turns = who, turns

    def push(self, samples: Samples) -> list[Word]:
        self._turns.append((self._who, len(samples)))
        return super().push(samples)


class Stopping(FakeSession):
    def push(self, samples: Samples) -> list[Word]:
        if STOPPED in samples:
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().push(samples)


class Beeper(FakeTranscriber):
    """What another process makes, without arguments."""

    def __init__(self) -> None:
        super().__init__(WORDS)

    def session(self, phrases: Sequence[str], language: str | None = None) -> Stopping:
        return Stopping(WORDS)


@dataclass
class Ward:
    """What a worker would give its livestreams, and the livestreams' ears."""

    speech: Speech
    clock: ManualClock
    metrics: Metrics
    figures: list[SpeechFigures] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def listener(
        self,
        *,
        patient: bool = False,
        language: str | None = None,
        source_waits: Callable[[], bool] = lambda: False,
        summariser: Summariser | None = None,
    ) -> Listener:
        self.figures.append(SpeechFigures())
        seat = self.speech.seat(lambda: SCOPE, language)
        listener = Listener(self.speech, seat, self.figures[-1], source_waits, patient=patient, summariser=summariser)
        self.tasks.append(asyncio.create_task(listener.listen()))
        return listener

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"nowshowing_speech_{name}", labels)


@asynccontextmanager
async def ward(
    make: Callable[[], Transcriber] = lambda: FakeTranscriber(WORDS),
    *,
    loaded: bool = True,
    products: Sequence[ProductWords] = PRODUCTS,
) -> AsyncIterator[Ward]:
    clock = ManualClock()
    metrics = Metrics(clock)
    speech = Speech(SpeechConfig(), lambda: Choice("sphinx", make(), "fake"), lambda _: products, metrics, clock)
    speech.start()
    if loaded:
        await speech.load()
    here = Ward(speech, clock, metrics)
    try:
        yield here
    finally:
        for task in here.tasks:
            task.cancel()
        await asyncio.gather(*here.tasks, return_exceptions=True)
        await speech.stop(deadline_s=5)


async def tell(listener: Listener, items: Sequence[AudioChunk | Gap]) -> None:
    for item in items:
        await listener.sounds.send(item)


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  what happens in the speech thread has no event here
            await asyncio.sleep(0.005)


def named(listener: Listener, start: float = 0.0, end: float = 1e6) -> list[tuple[str, float]]:
    return [(mention.product_id, round(mention.start, 2)) for mention in listener.board.within(start, end)]


async def test_what_is_said_comes_to_the_board_and_into_the_figures() -> None:
    async with ward() as here:
        listener = here.listener()
        await tell(listener, chunks(10.0, silence(0.5), beep(0), silence(0.3)))
        await until(lambda: listener.board.settled >= 11.0)
        assert named(listener) == [("tea", 10.5)]
        figures = here.figures[0]
        assert (figures.hears, figures.words, figures.mentions) == (Hears.LISTENING, 1, 1)
        assert figures.engine == "fake"
        assert here.value("words_total") == 1
        assert here.value("mentions_total", kind="this") == 1
        assert here.value("streams", state="listening") == 1
        assert here.value("info", engine="fake", model="beeps", mode="free", language="en") == 1


async def test_what_is_said_in_an_advertisement_is_heard_and_does_not_count() -> None:
    async with ward() as here:
        listener = here.listener()
        show = chunks(0.0, silence(0.5), beep(0), silence(0.3))
        advert = [replace(chunk, ad=True) for chunk in chunks(1.0, silence(0.5), beep(1), silence(0.3))]
        await tell(listener, [*show, *advert, *chunks(2.0, silence(1.0))])
        await until(lambda: listener.board.settled >= 3.0)
        assert named(listener) == [("tea", 0.5)]
        assert [listener.board.suspended(at) for at in (0.9, 1.1, 1.9, 2.1)] == [None, "ad", "ad", None]
        assert here.figures[0].words == 2


async def test_the_session_is_told_what_the_products_may_be_called_and_the_language() -> None:
    engine = FakeTranscriber(WORDS)
    async with ward(lambda: engine) as here:
        listener = here.listener(language="en")
        await tell(listener, chunks(0.0, silence(0.2)))
        await until(lambda: bool(engine.sessions))
        phrases, language = engine.sessions[0]
        assert language == "en"
        assert {"brelvo", "fjondo", "unlike the"} <= set(phrases)


async def test_what_to_listen_for_is_worked_out_once_for_the_livestreams_of_a_shop() -> None:
    engine = FakeTranscriber(WORDS)
    async with ward(lambda: engine) as here:
        for listener in (here.listener(), here.listener()):
            await tell(listener, chunks(10.0, silence(1.0)))
        await until(lambda: len(engine.sessions) == 2)
        (one, _), (other, _) = engine.sessions
        assert one is other


async def test_a_gap_ends_the_session_and_parts_what_was_said() -> None:
    async with ward() as here:
        listener = here.listener()
        await tell(listener, chunks(50.0, beep(0), silence(0.3)))
        await until(lambda: listener.board.settled >= 50.5)
        await tell(listener, [Gap(50.5, Reason.STALLED), *chunks(0.0, silence(0.5), beep(1), silence(0.3))])
        await until(lambda: listener.sounds.stats.waiting == 0 and here.figures[0].words == 2)
        assert named(listener) == [("tea", 50.0)]  # judging has not come to the gap
        listener.gap_seen()
        assert named(listener) == [("oil", 0.5)]


async def test_judging_that_meets_a_gap_first_knows_nothing_until_listening_has_met_it_too() -> None:
    async with ward() as here:
        listener = here.listener()
        await tell(listener, chunks(1.0, beep(0), silence(0.3)))
        await until(lambda: listener.board.settled >= 1.5)
        listener.gap_seen()
        assert (named(listener), listener.board.settled) == ([], 0.0)
        await tell(listener, [Gap(1.5, Reason.STALLED), *chunks(0.0, beep(1), silence(0.3))])
        await until(lambda: listener.board.settled >= 0.5)
        assert named(listener) == [("oil", 0.0)]


async def test_whoever_is_behind_skips_to_what_is_said_now_and_it_is_counted() -> None:
    async with ward() as here:
        listener = here.listener()
        await until(lambda: here.figures[0].hears is Hears.WAITING)
        here.clock.advance(100.0)
        talk = chunks(0.0, silence(3.0), beep(0), silence(4.6), beep(1), silence(0.2), wall=100.0 - BEHIND_S - 0.1)
        await tell(listener, talk)
        await until(lambda: listener.board.settled >= 8.1)
        assert named(listener) == [("oil", 7.8)]
        skipped = (len(talk) - TURN) * 0.1
        assert here.value("skipped_seconds_total") == pytest.approx(skipped)
        assert here.figures[0].skipped_s == pytest.approx(skipped)
        assert listener.board.suspended(3.0) == "behind"
        assert listener.board.suspended(7.8) is None


async def test_what_waited_for_the_engine_is_skipped_and_not_counted_as_want_of_room() -> None:
    async with ward(loaded=False) as here:
        listener = here.listener()
        await tell(listener, chunks(0.0, silence(3.0), beep(0), silence(4.6), beep(1), silence(0.2)))
        here.clock.advance(BEHIND_S + 0.1)
        await here.speech.load()
        await until(lambda: listener.board.settled >= 8.1)
        assert (named(listener), listener.board.suspended(3.0)) == ([("oil", 7.8)], "behind")
        assert here.figures[0].skipped_s == here.value("skipped_seconds_total") == 0


async def test_what_overflows_is_counted_too_and_a_gap_is_never_dropped() -> None:
    release = threading.Event()

    class Slow(FakeTranscriber):
        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            release.wait(10)
            return super().session(phrases, language)

    async with ward(lambda: Slow(WORDS)) as here:
        listener = here.listener()
        await tell(listener, chunks(0.0, silence(0.1)))
        await until(lambda: listener.sounds.stats.waiting == 0)
        await tell(listener, [Gap(0.1, Reason.STALLED), *chunks(0.0, silence(SOUNDS / 10 + 1.0))])
        assert here.value("skipped_seconds_total") == pytest.approx(1.1)
        release.set()
        listener.gap_seen()
        await until(lambda: listener.board.settled >= 10.9)


async def test_what_overflowed_counts_as_not_heard() -> None:
    """Nobody knows what was said there: the host may well have said which it is."""
    release = threading.Event()

    class Slow(FakeSession):
        def push(self, samples: Samples) -> list[Word]:
            release.wait(10)
            return super().push(samples)

    class Slowly(FakeTranscriber):
        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            return Slow(WORDS)

    async with ward(lambda: Slowly(WORDS)) as here:
        listener = here.listener()
        await tell(listener, chunks(0.0, silence(0.1)))
        await until(lambda: listener.sounds.stats.waiting == 0)
        await tell(listener, chunks(0.1, silence(SOUNDS / 10 + 3.0)))
        release.set()
        await until(lambda: listener.board.settled >= SOUNDS / 10 + 3.0)
        heard = [listener.board.suspended(at) is None for at in (0.05, 0.2, 3.0, 3.2)]
        assert heard == [True, False, False, True]


async def test_an_ear_that_does_not_answer_is_seen_to_fall_behind_before_it_has_answered() -> None:
    release = threading.Event()

    class Slow(FakeTranscriber):
        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            release.wait(10)
            return super().session(phrases, language)

    async with ward(lambda: Slow(WORDS)) as here:
        here.clock.advance(50.0)
        listener, figures = here.listener(), here.figures[0]
        await tell(listener, chunks(0.0, silence(0.1), wall=49.8))
        await until(lambda: listener.sounds.stats.waiting == 0 and figures.owed is not None)
        told = []
        for _ in range(3):
            now = figures.at(here.clock.now())
            here.metrics.render()
            told.append((now.behind_s, here.value("unanswered_seconds"), now.why))
            here.clock.advance(3.0)
        assert [round(behind_s, 3) for behind_s, _, _ in told] == [0.2, 3.2, 6.2]
        assert [age for _, age, _ in told] == pytest.approx([0.2, 3.2, 6.2])
        assert [why for _, _, why in told] == ["", "", "its ear has not answered for 6 s"]
        release.set()
        await until(lambda: figures.hears is Hears.LISTENING)
        here.clock.advance(100.0)
        here.metrics.render()
        assert (figures.at(here.clock.now()).behind_s, here.value("unanswered_seconds")) == (figures.behind_s, 0.0)


async def test_an_ear_whose_process_is_stopped_is_given_up_and_another_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "LOOK_S", 0.5)
    monkeypatch.setattr(apart, "STILL", 2)
    with capture_logs() as logs:
        async with ward(lambda: Apart(f"{__name__}:Beeper")) as here:
            listener, other = here.listener(), here.listener()
            for one in (listener, other):
                await tell(one, chunks(0.0, beep(0), silence(0.3)))
                await until(lambda one=one: one.board.settled >= 0.5)  # type: ignore[misc]
            await tell(listener, chunks(0.5, np.full(CHUNK, STOPPED, np.float32)))
            await tell(other, chunks(0.5, beep(0), silence(0.3)))
            await until(lambda: {one.hears for one in here.figures} == {Hears.FAILED}, LOADS_S)
            assert "neither answered nor ran" in here.figures[0].why
            assert [one.board.suspended(0.55) for one in (listener, other)] == ["failed", "failed"]
            here.clock.advance(AGAIN_FIRST_S + 0.1)
            for one in (listener, other):
                await tell(one, chunks(6.0, beep(1), silence(0.2), wall=here.clock.now()))
            await until(lambda: {one.hears for one in here.figures} == {Hears.LISTENING}, LOADS_S)
            assert named(other) == named(listener) == [("tea", 0.0), ("oil", 6.0)]
    again = [line for line in logs if line["event"] == "somebody listens again"]
    assert [line["deaf_s"] for line in again] == [AGAIN_FIRST_S + 0.1] * 2


async def test_one_slow_livestream_does_not_delay_another() -> None:
    """The slow one has minutes of sound waiting; the other has its turn after one turn of the slow one."""
    turns: list[tuple[str, int]] = []

    class Watched(FakeTranscriber):
        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            super().session(phrases, language)
            return Turns("slow" if len(self.sessions) == 1 else "other", turns)

    async with ward(lambda: Watched(WORDS), loaded=False) as here:
        slow, other = here.listener(), here.listener()
        await tell(slow, chunks(0.0, silence(SOUNDS / 10)))
        await tell(other, chunks(0.0, silence(0.2)))
        await here.speech.load()
        await until(lambda: slow.board.settled >= SOUNDS / 10 and other.board.settled >= 0.2)
        assert max(size for _, size in turns) == TURN * CHUNK
        assert [who for who, _ in turns].index("other") <= 1


async def test_an_engine_that_reads_together_is_given_what_waits_of_several_livestreams() -> None:
    class Pairs(FakeTranscriber):
        at_once = 2

        def __init__(self) -> None:
            super().__init__(WORDS)
            self.sizes: list[int] = []

        def push_together(self, pushes: Sequence[tuple[Session, Samples]]) -> list[list[Word]]:
            self.sizes.append(len(pushes))
            if self.sizes == [1]:
                waits.set()
                release.wait(10)
            return [session.push(samples) for session, samples in pushes]

    waits, release, engine = threading.Event(), threading.Event(), Pairs()
    async with ward(lambda: engine) as here:
        listeners = [here.listener() for _ in range(4)]
        await tell(listeners[0], chunks(0.0, silence(0.1)))
        await until(waits.is_set)
        for listener in listeners[1:]:
            await tell(listener, chunks(0.0, beep(0), silence(0.3)))
        await until(lambda: all(listener.sounds.stats.waiting == 0 for listener in listeners))
        release.set()
        await until(lambda: all(named(listener) == [("tea", 0.0)] for listener in listeners[1:]))
        assert max(engine.sizes) == 2


async def test_an_engine_that_cannot_be_loaded_is_one_error_and_nobody_waits_for_it() -> None:
    def missing() -> Transcriber:
        raise SpeechError("model 'small': it is not here; set download = true")

    with capture_logs() as logs:
        async with ward(missing) as here:
            for listener in (here.listener(), here.listener()):
                await tell(listener, chunks(0.0, beep(0), silence(0.3)))
                await until(lambda listener=listener: listener.board.settled >= 0.5)  # type: ignore[misc]
                assert (named(listener), listener.board.suspended(0.1)) == ([], "failed")
            assert [figures.hears for figures in here.figures] == [Hears.FAILED, Hears.FAILED]
            assert "download = true" in here.figures[0].why
            assert here.value("streams", state="failed") == 2
            assert here.value("info", engine="failed", model="", mode="", language="") == 1
    errors = [line for line in logs if line["log_level"] == "error"]
    assert len(errors) == 1
    assert "download = true" in errors[0]["why"]


async def test_an_engine_whose_process_is_lost_while_it_is_loaded_is_loaded_again() -> None:
    """It is loaded while everything else is: nowhere else is memory as short, or the machine as busy."""
    lost = iter([True, True, False])

    def make() -> Transcriber:
        if next(lost):
            raise SpeechLost("its process was ended by signal 9 (Killed)")
        return FakeTranscriber(WORDS)

    with capture_logs() as logs:
        async with ward(make, loaded=False) as here:
            listener = here.listener()
            await here.speech.load((0.0,))
            await tell(listener, chunks(0.0, beep(0), silence(0.3)))
            await until(lambda: here.figures[0].hears is Hears.LISTENING)
            assert (named(listener), here.figures[0].engine) == ([("tea", 0.0)], "fake")
            assert here.value("info", engine="fake", model="beeps", mode="free", language="en") == 1
            assert here.value("info", engine="failed", model="", mode="", language="") is None
    assert [line["again_in_s"] for line in logs if line["log_level"] == "error"] == [0.0, 0.0]


async def test_whoever_ends_while_an_engine_is_loaded_does_not_wait_for_it() -> None:
    """A Whisper that is being downloaded takes minutes, and Ctrl-C is pressed once."""
    begun, release = threading.Event(), threading.Event()

    def slow() -> Choice:
        begun.set()
        release.wait(10)
        return OFF

    clock = ManualClock()
    speech = Speech(SpeechConfig(), slow, lambda _: PRODUCTS, Metrics(clock), clock)
    loading = asyncio.create_task(speech.load())
    await until(begun.is_set)
    (thread,) = [one for one in threading.enumerate() if one.name == "load speech"]
    loading.cancel()
    await asyncio.wait([loading], timeout=5)
    assert loading.cancelled()
    assert thread.is_alive()
    assert thread.daemon  # or the interpreter would wait for it
    release.set()
    thread.join(5)


async def test_a_language_that_the_engine_does_not_know_fails_that_livestream_for_good_and_no_other() -> None:
    async with ward() as here:
        foreign, known = here.listener(language="de"), here.listener(language="en")
        for listener in (foreign, known):
            await tell(listener, chunks(0.0, beep(0), silence(0.3)))
        await until(lambda: known.board.settled >= 0.5 and foreign.board.settled >= 0.5)
        here.clock.advance(1e6)
        await tell(foreign, chunks(0.5, beep(0), silence(0.3)))
        await until(lambda: foreign.board.settled >= 1.0)
        assert [figures.hears for figures in here.figures] == [Hears.FAILED, Hears.LISTENING]
        assert "'de'" in here.figures[0].why
        assert (named(foreign), named(known)) == ([], [("tea", 0.0)])


async def test_an_ear_that_crashes_is_opened_again_later() -> None:
    crash = np.full(CHUNK, CRASH, np.float32)
    async with ward() as here:
        listener = here.listener()
        await tell(listener, chunks(0.0, silence(0.5), crash))
        await until(lambda: here.figures[0].hears is Hears.FAILED)
        assert "RuntimeError" in here.figures[0].why
        assert here.value("failures_total") == 1
        await tell(listener, chunks(0.6, beep(0), silence(0.2)))
        await until(lambda: listener.board.settled >= 0.99)
        assert (named(listener), listener.board.suspended(0.7)) == ([], "failed")
        here.clock.advance(AGAIN_FIRST_S + 0.1)
        await tell(listener, chunks(6.0, beep(1), silence(0.2), wall=here.clock.now()))
        await until(lambda: here.figures[0].hears is Hears.LISTENING)
        assert named(listener) == [("oil", 6.0)]


async def test_an_ear_that_hears_again_is_logged_once_with_how_long_it_was_deaf() -> None:
    with capture_logs() as logs:
        async with ward() as here:
            listener = here.listener()
            await tell(listener, chunks(0.0, silence(0.5)))
            await until(lambda: listener.board.settled >= 0.5)
            await tell(listener, chunks(0.5, np.full(CHUNK, CRASH, np.float32)))
            await until(lambda: here.figures[0].hears is Hears.FAILED)
            here.clock.advance(AGAIN_FIRST_S + 0.1)
            for at in (6.0, 7.0):
                await tell(listener, chunks(at, silence(1.0), wall=here.clock.now()))
                await until(lambda at=at: listener.board.settled >= at + 1.0)  # type: ignore[misc]
    again = [line for line in logs if line["event"] == "somebody listens again"]
    assert [line["deaf_s"] for line in again] == [AGAIN_FIRST_S + 0.1]


async def test_an_ear_that_can_never_hear_a_name_listens_and_says_so_once() -> None:
    products = [ProductWords("tea", "有机绿茶"), ProductWords("oil", "🫒 500")]
    with capture_logs() as logs:
        async with ward(products=products) as here:
            listener = here.listener(language="en")
            for at in (0.0, 1.0):
                await tell(listener, chunks(at, silence(1.0)))
                await until(lambda at=at: listener.board.settled >= at + 1.0)  # type: ignore[misc]
            listener.names_changed()
            await tell(listener, chunks(2.0, silence(1.0)))
            await until(lambda: listener.board.settled >= 3.0)
            hears, why = here.figures[0].hears, here.figures[0].why
    assert hears is Hears.LISTENING
    assert "all 2 products in scope hold no word in English letters" in why
    assert "aliases" in why
    assert [line["why"] for line in logs if line["log_level"] == "warning"] == [why]


async def test_an_ear_whose_engine_dies_while_it_is_opened_is_opened_again_later() -> None:
    class Dying(FakeTranscriber):
        dead = True

        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            if self.dead:
                self.dead = False
                raise SpeechLost("its process died")
            return super().session(phrases, language)

    async with ward(lambda: Dying(WORDS)) as here:
        listener = here.listener()
        await tell(listener, chunks(0.0, beep(0), silence(0.3)))
        await until(lambda: here.figures[0].hears is Hears.FAILED)
        here.clock.advance(AGAIN_FIRST_S + 0.1)
        await tell(listener, chunks(6.0, beep(1), silence(0.2), wall=here.clock.now()))
        await until(lambda: here.figures[0].hears is Hears.LISTENING)
        assert named(listener) == [("oil", 6.0)]


async def test_a_speech_thread_that_is_gone_is_told_once_and_listening_goes_on_without() -> None:
    class Deadly(FakeTranscriber):
        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            raise SystemExit

    async with ward(lambda: Deadly(WORDS)) as here:
        listener = here.listener()
        await tell(listener, chunks(0.0, silence(1.0)))
        await until(lambda: here.figures[0].hears is Hears.FAILED)
        await tell(listener, chunks(1.0, silence(1.0)))
        await until(lambda: listener.board.settled >= 2.0)
        await listener.sounds.close()
        await here.tasks[0]


async def test_more_products_than_any_show_has_are_not_listened_for() -> None:
    with capture_logs() as logs:
        await crowded()
    assert [line["again_in_s"] for line in logs if "again_in_s" in line] == [None]  # JSON knows no infinity


async def crowded() -> None:
    async with ward() as here:
        figures = SpeechFigures()
        seat = here.speech.seat(lambda: scripted_scope(MOST_PRODUCTS + 1), None)
        listener = Listener(here.speech, seat, figures, lambda: False, patient=False)
        here.tasks.append(asyncio.create_task(listener.listen()))
        await tell(listener, chunks(0.0, silence(0.2)))
        await until(lambda: figures.hears is Hears.FAILED)
        assert "shop_id" in figures.why


async def test_a_replay_hears_exactly_as_far_as_it_sees() -> None:
    async with ward() as here:
        listener = here.listener(patient=True)
        talk = chunks(0.0, silence(0.5), beep(0), silence(0.8), beep(1), silence(0.8))
        await tell(listener, talk)
        for at, expected in (
            (0.5, []),
            (1.0, [("tea", 0.5)]),
            (1.5, [("tea", 0.5)]),
            (2.0, [("tea", 0.5), ("oil", 1.5)]),
        ):
            await listener.keep_up(at)
            assert listener.board.settled == pytest.approx(at)
            assert named(listener) == expected
        await listener.let_go()
        await listener.sounds.close()
        await here.tasks[0]


async def test_in_a_replay_an_ear_is_late_from_when_it_was_asked_and_not_while_pictures_are_waited_for() -> None:
    release = threading.Event()

    class Slow(FakeTranscriber):
        def session(self, phrases: Sequence[str], language: str | None = None) -> FakeSession:
            release.wait(10)
            return super().session(phrases, language)

    async with ward(lambda: Slow(WORDS)) as here:
        listener, figures = here.listener(patient=True), here.figures[0]
        await tell(listener, chunks(0.0, silence(0.1), wall=here.clock.now()))
        here.clock.advance(20.0)
        seeing = asyncio.create_task(listener.keep_up(0.1))
        await until(lambda: figures.owed is not None)
        assert (figures.at(here.clock.now()).behind_s, figures.at(here.clock.now()).why) == (0.0, "")
        here.clock.advance(6.0)
        assert figures.at(here.clock.now()).why == "its ear has not answered for 6 s"
        release.set()
        await seeing


async def test_a_replay_does_not_wait_for_sound_that_cannot_come_before_its_picture_is_taken() -> None:
    async with ward() as here:
        full = False
        listener = here.listener(patient=True, source_waits=lambda: full)
        await tell(listener, chunks(0.0, silence(0.5)))
        waiting = asyncio.create_task(listener.keep_up(3.0))
        await until(lambda: listener.board.settled >= 0.5)
        assert not waiting.done()
        full = True
        async with asyncio.timeout(5):
            await waiting


async def test_a_replay_whose_sound_is_over_or_far_ahead_goes_on() -> None:
    async with ward() as here:
        listener = here.listener(patient=True)
        async with asyncio.timeout(10):
            await tell(listener, chunks(0.0, silence(SOUNDS / 10 + 2.0)))  # more than fits, and nothing was seen
            await listener.sounds.close()
            await listener.keep_up(60.0)
            await listener.let_go()
            await here.tasks[0]


@pytest.mark.parametrize(
    ("speech", "stream", "says"),
    [
        ({}, {"language": "en-GB"}, ""),
        ({"language": "en"}, {}, ""),
        ({}, {}, "set language"),
        ({"language": "en"}, {"language": "de"}, "English only, not 'de'"),
        ({"model": "small"}, {}, ""),
        ({"engine": "sphinx"}, {}, ""),
        ({"engine": "off"}, {"language": "en"}, "as configured"),
        ({"language": "en"}, {"speech": False}, "as configured"),
    ],
)
async def test_who_is_listened_to_follows_from_the_config(
    speech: dict[str, str], stream: dict[str, object], says: str
) -> None:
    config = StreamConfig.model_validate({"stream_id": "a", "url": "script:", **stream})
    hears = Speech(SpeechConfig.model_validate(speech), lambda: OFF, lambda _: (), Metrics(), ManualClock())
    why = hears.silence(config)
    assert says in why
    assert bool(says) == bool(why)


async def test_delays_are_measured_from_the_end_of_a_word_and_from_the_decoder() -> None:
    async with ward() as here:
        here.clock.advance(20.0)
        listener = here.listener()
        await tell(listener, chunks(0.0, beep(0, 0.2), silence(0.3), wall=18.5))
        await until(lambda: here.value("behind_seconds_count") == 1.0)
        assert here.value("behind_seconds_sum") == pytest.approx(1.5)
        assert here.value("commit_delay_seconds_sum") == pytest.approx(1.5 + 0.3)
        assert here.figures[0].behind_s == pytest.approx(1.5)


class Summary:
    """Says what it was told to, once `open` is set."""

    def __init__(self, *words: str | None) -> None:
        self._answers = list(words)
        self.open = asyncio.Event()
        self.asked: list[str] = []

    async def summarise(self, words: Sequence[Words]) -> tuple[Words, ...] | None:
        self.asked.append(" ".join(word.text for word in words))
        await self.open.wait()
        answer = self._answers.pop(0)
        return None if answer is None else tuple(Words(words[0].start, words[-1].end, text, 1.0) for text in [answer])


async def test_a_summary_that_comes_stands_instead_of_the_words_and_one_that_does_not_changes_nothing() -> None:
    async with ward() as here:
        summary = Summary("fjondo", None)
        listener = here.listener(summariser=summary)
        await tell(listener, chunks(0.0, beep(0), silence(0.3)))
        await until(lambda: summary.asked == ["brelvo"])
        assert named(listener) == [("tea", 0.0)]  # nobody waits
        summary.open.set()
        await until(lambda: named(listener) == [("oil", 0.0)])
        here.clock.advance(EVERY_S)
        await tell(listener, chunks(0.5, silence(1.5), beep(0), silence(0.3), wall=EVERY_S))
        await until(lambda: len(summary.asked) == 2)
        await until(lambda: named(listener) == [("oil", 0.0), ("tea", 2.0)])


async def test_words_that_come_too_soon_after_a_question_wait_for_the_next() -> None:
    async with ward() as here:
        summary = Summary("fjondo")
        listener = here.listener(summariser=summary)
        for at in (0.0, 0.5, 1.0):
            await tell(listener, chunks(at, beep(0), silence(0.3)))
            await until(lambda at=at: listener.board.settled >= at + 0.4)  # type: ignore[misc]
        assert len(summary.asked) == 1


async def test_an_answer_after_a_gap_is_on_nobody_s_board() -> None:
    async with ward() as here:
        summary = Summary("fjondo")
        listener = here.listener(summariser=summary)
        await tell(listener, chunks(0.0, beep(0), silence(0.3)))
        await until(lambda: bool(summary.asked))
        await tell(listener, [Gap(0.5, Reason.STALLED), *chunks(0.0, silence(0.2))])
        listener.gap_seen()
        summary.open.set()
        await until(lambda: listener.board.settled >= 0.1)
        assert named(listener) == []


async def test_a_summary_of_what_was_said_before_a_gap_hides_nothing_that_is_said_after_it() -> None:
    async with ward() as here:
        summary = Summary("fjondo")
        listener = here.listener(summariser=summary)
        await tell(listener, chunks(3600.0, beep(0), silence(0.3)))
        await until(lambda: bool(summary.asked))
        await tell(listener, [Gap(3600.5, Reason.STALLED), *chunks(0.0, silence(0.2))])
        listener.gap_seen()
        await until(lambda: listener.board.settled >= 0.1)
        summary.open.set()
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "summary"))
        await tell(listener, chunks(0.2, beep(1), silence(0.3)))
        await until(lambda: named(listener) == [("oil", 0.2)])


async def test_a_summariser_that_raises_is_told_and_the_words_stand() -> None:
    async with ward() as here:
        summary = Summary()
        summary.open.set()
        with capture_logs() as logs:
            listener = here.listener(summariser=summary)
            await tell(listener, chunks(0.0, beep(0), silence(0.3)))
            await until(lambda: any(line["log_level"] == "error" for line in logs))
        assert named(listener) == [("tea", 0.0)]


async def test_a_replay_waits_for_its_summaries() -> None:
    async with ward() as here:
        summary = Summary("fjondo")
        summary.open.set()
        listener = here.listener(patient=True, summariser=summary)
        await tell(listener, chunks(0.0, beep(0), silence(0.8)))
        await listener.keep_up(1.0)
        assert named(listener) == [("oil", 0.0)]


def test_what_products_are_called_is_what_the_feed_says_of_it() -> None:
    class Shop:
        def product(self, _: int) -> Product:
            return Product("tea", "有机绿茶", "tea.jpg", brand="Brelvo", aliases=("green tea",), sku_group="teas")

    (words,) = words_of(Scope(cast("Gallery", Shop()), np.arange(1, dtype=np.int32), ()))
    assert words == ProductWords("tea", "有机绿茶", brand="Brelvo", aliases=("green tea",), group="teas")


@pytest.mark.parametrize(
    ("mode", "knows", "speaks", "by_ear"),
    [
        ("free", "en", None, True),
        ("free", "auto", "en-GB", True),
        ("free", "auto", None, False),
        ("free", "auto", "zh", False),
        ("phrases", "en", "en", False),
    ],
)
async def test_names_are_respelt_for_ears_that_write_english_as_they_hear_it(
    mode: Literal["phrases", "free"], knows: str, speaks: str | None, by_ear: bool
) -> None:
    assert writes_by_ear(TranscriberInfo("any", "any", knows, mode), speaks) is by_ear
