"""An engine in a process of its own answers as it would in ours; when that process dies, nobody else notices."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING
from weakref import WeakSet

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from engines.errors import SpeechError, SpeechLost
from engines.speech import apart as module
from engines.speech.apart import LOOKS, NICER, STILL, Apart, Patience, Work
from engines.speech.base import RATE, TranscriberInfo, Word
from engines.speech.fake import CRASH, FakeSession, FakeTranscriber, beep, silence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engines.speech.base import Samples

pytestmark = pytest.mark.unit

WORDS = ("brelvo", "fjondo")


DEATH = 9.0  # a sample that the whole process does not survive
KILLED = 8.0  # one at which it is ended from outside
STOPPED = 7.0  # one at which it is stopped, as by a debugger that nobody lets go on
AT_ONCE = 2


class Mortal(FakeSession):
    def push(self, samples: Samples) -> list[Word]:
        if DEATH in samples:
            os._exit(1)
        if KILLED in samples:
            os.kill(os.getpid(), signal.SIGKILL)
        if STOPPED in samples:
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().push(samples)


class Beeper(FakeTranscriber):
    """What the other process makes, without arguments; it has room for two sessions."""

    def __init__(self) -> None:
        super().__init__(WORDS)
        self._alive: WeakSet[Mortal] = WeakSet()

    def session(self, phrases: Sequence[str], language: str | None = None) -> Mortal:
        super().session(phrases, language)
        if len(self._alive) == AT_ONCE:
            raise SpeechError("there is no room for another session")
        session = Mortal(WORDS)
        self._alive.add(session)
        return session


class Counted(FakeTranscriber):
    """Says how many BLAS threads there are where it lives."""

    def __init__(self) -> None:
        super().__init__(WORDS)
        np.ones((9, 9)) @ np.ones((9, 9))

    @property
    def info(self) -> TranscriberInfo:
        pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
        return TranscriberInfo("counted", f"{max(pools, default=1)}", "en", "free")


class Known(FakeTranscriber):
    """Says which process it lives in."""

    def __init__(self) -> None:
        super().__init__(WORDS)

    @property
    def info(self) -> TranscriberInfo:
        return TranscriberInfo("known", f"{os.getpid()}", "en", "free")


class Niceness(FakeSession):
    def push(self, samples: Samples) -> list[Word]:
        return [Word(0.0, 0.1, f"{os.nice(0)}", 1.0)]


class Nice(FakeTranscriber):
    """Says how far its process gives way: in its model's name while it is made, in a word when it hears."""

    def __init__(self) -> None:
        super().__init__(WORDS)
        self._made_at = os.nice(0)

    @property
    def info(self) -> TranscriberInfo:
        return TranscriberInfo("nice", f"{self._made_at}", "en", "free")

    def session(self, phrases: Sequence[str], language: str | None = None) -> Niceness:
        return Niceness(WORDS)


@pytest.fixture
def apart() -> Iterator[Apart]:
    engine = Apart(f"{__name__}:Beeper")
    yield engine
    engine.close()


def test_it_says_what_the_engine_says(apart: Apart) -> None:
    assert apart.info == Beeper().info
    sound = np.concatenate([silence(0.5), beep(1), silence(0.5), beep(9), silence(0.1)])
    near, far = Beeper().session(()), apart.session(())
    assert far.push(sound) == near.push(sound)
    assert far.end() == near.end()
    assert far.gated == near.gated == {"noise": 1}


def test_its_process_has_one_blas_thread_although_numpy_comes_with_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    engine = Apart(f"{__name__}:Counted")
    try:
        assert engine.info.model == "1"
    finally:
        engine.close()


def test_sessions_do_not_meet(apart: Apart) -> None:
    one, other = apart.session(()), apart.session(())
    one.push(beep(0))
    assert other.push(silence(0.1)) == []
    assert [word.text for word in one.push(silence(0.1))] == ["brelvo"]


def test_an_engine_s_own_error_and_a_fault_are_told_apart(apart: Apart) -> None:
    with pytest.raises(SpeechError, match="language 'de'"):
        apart.session((), "de")
    with pytest.raises(RuntimeError, match="told to crash"):
        apart.session(()).push(np.full(RATE, CRASH, np.float32))
    assert apart.session(()).push(silence(0.1)) == []


def test_a_process_that_dies_fails_its_sessions_and_the_next_one_has_another(apart: Apart) -> None:
    session = apart.session(())
    with pytest.raises(SpeechLost, match="ended with code 1"):
        session.push(np.full(RATE, DEATH, np.float32))
    with pytest.raises(SpeechLost, match="ended with code 1, and what this session had heard went with it"):
        session.push(silence(0.1))
    assert apart.session(()).push(silence(0.1)) == []


def test_a_process_that_was_killed_is_told_with_its_signal(apart: Apart) -> None:
    session = apart.session(())
    with pytest.raises(SpeechLost, match=r"ended by signal 9 \(Killed\)"):
        session.push(np.full(RATE, KILLED, np.float32))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.5)  # and so long for each of the looks that loading may take
    monkeypatch.setattr(module, "STILL", 2)


@pytest.mark.usefixtures("hasty")
def test_a_process_that_is_stopped_is_ended_and_the_next_one_answers(apart: Apart) -> None:
    session = apart.session(())
    with pytest.raises(SpeechLost, match="neither answered nor ran for"):
        session.push(np.full(RATE, STOPPED, np.float32))
    assert apart.session(()).push(silence(0.1)) == []


@pytest.mark.usefixtures("hasty")
def test_nobody_waits_for_a_stopped_process_to_take_more_than_fits_its_pipe() -> None:
    engine = Apart(f"{__name__}:Known")
    try:
        os.kill(int(engine.info.model), signal.SIGSTOP)
        with pytest.raises(SpeechLost, match="neither answered nor ran for"):
            engine.session([f"what a host may say {n}" for n in range(50_000)])
    finally:
        engine.close()


def looked_at(worked: Sequence[int | None], *, loaded: bool) -> int:
    """At which look a process is given up that has worked for so many ticks at each; 0: at none."""
    patience = Patience(loaded=loaded)
    told = [patience.look(None if ticks is None else Work(9, 9, ticks, 9)) for ticks in worked]
    return next((i for i, why in enumerate(told, 1) if why), 0)


WORKS = list(range(2 * LOOKS))


@pytest.mark.parametrize(
    ("worked", "loaded", "given_up"),
    [
        (WORKS, True, LOOKS),  # it works and works
        ([7] * LOOKS, True, STILL + 1),  # it never works
        ([7] * LOOKS, False, LOOKS),  # ... and has yet to be loaded: the disk is slow
        ([None] * LOOKS, True, LOOKS),  # it waits for a processor, or nobody knows
        ([*WORKS[:5], *[WORKS[4]] * LOOKS], True, 5 + STILL),  # it stops
        ([n // STILL for n in range(LOOKS)], True, LOOKS),  # it works now and then
    ],
)
def test_who_does_not_work_is_given_up_early_and_who_is_only_slow_is_not(
    worked: Sequence[int | None], loaded: bool, given_up: int
) -> None:
    assert looked_at(worked, loaded=loaded) == given_up


@given(st.lists(st.one_of(st.none(), st.integers(0, 1)), min_size=LOOKS, max_size=LOOKS), st.booleans())
def test_nobody_is_waited_for_without_end_nor_given_up_early_who_works(
    worked: list[int | None], loaded: bool
) -> None:
    at = looked_at(worked, loaded=loaded)
    assert 0 < at <= LOOKS
    last = {*worked[at - 1 - STILL : at]}
    assert at == LOOKS or (loaded and len(last) == 1 and None not in last)


def test_it_gives_way_once_it_is_loaded_and_not_before() -> None:
    engine = Apart(f"{__name__}:Nice")
    try:
        loaded, later = engine.info.model, engine.session(()).push(silence(0.1))[0].text
        assert (int(loaded), int(later)) == (os.nice(0), min(os.nice(0) + NICER, 19))
    finally:
        engine.close()


def test_a_session_that_nobody_holds_is_forgotten_over_there(apart: Apart) -> None:
    kept, session = apart.session(()), apart.session(())
    with pytest.raises(SpeechError, match="no room"):
        apart.session(())
    del session
    gc.collect()
    assert apart.session(()).push(silence(0.1)) == kept.push(silence(0.1)) == []


def test_an_engine_that_cannot_be_made_is_an_error_that_names_it() -> None:
    with pytest.raises(RuntimeError, match=r"nothing\.here:Engine: ModuleNotFoundError"):
        Apart("nothing.here:Engine")
