"""A transcriber in a process of its own, for engines that hold Python's lock while they work. Knows no engine.

PocketSphinx needs tens of milliseconds to open a session and to settle a piece, and meanwhile no other thread of
its process runs: every livestream's pictures would wait. A crash in its C code ends that process and not ours.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import weakref
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from signal import strsignal
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from engines.errors import SpeechError, SpeechLost
from engines.threads import ONE_BLAS_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engines.speech.base import Samples, Session, Transcriber, TranscriberInfo, Word

# How long an answer is waited for, in looks at the process. It gives way to pictures, so among many busy threads a
# second of sound takes it many, and it is not even let in for some. To end it for that, and to load another, would
# take from the pictures just then. But the system tells who waits for a processor from who waits for something else.
LOOK_S = 1.0
LOOKS = 60  # at whoever works or wants to: a session opens in a second or two, on an overloaded machine in ten
STILL = 10  # at whoever does not, once it is loaded: it was stopped, or waits for what does not come; a disk does
NICER = 19  # pictures first: at 5 an ear on a full machine made them a second late, and heard no sooner


class Ask(NamedTuple):
    """One call, as it travels. `forget`: sessions that nobody holds any more."""

    verb: Literal["info", "session", "push", "end"]
    session: int = 0
    phrases: tuple[str, ...] = ()
    language: str | None = None
    samples: Samples | None = None
    forget: tuple[int, ...] = ()


class Answer(NamedTuple):
    words: list[Word]
    gated: Mapping[str, int]
    info: TranscriberInfo | None = None
    error: str = ""  # what the engine raised, in its own words
    known: bool = True  # it is a SpeechError, or else a fault


class Apart:
    """The same contract as the engine's own. `maker`: "engines.speech.sphinx:Sphinx", called without arguments."""

    def __init__(self, maker: str) -> None:
        self._maker = maker
        self._child: _Child | None = None
        self._made = 0
        self._forget: deque[int] = deque()
        try:
            self._info = self._ask(Ask("info")).info
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> TranscriberInfo:
        assert self._info is not None, "the other side answers `info` with it"
        return self._info

    def session(self, phrases: Sequence[str], language: str | None = None) -> ApartSession:
        self._made += 1
        number = self._made
        self._ask(Ask("info"))  # phrases may be more than fits a pipe, and a stopped process takes no more than that
        self._ask(Ask("session", number, tuple(phrases), language))
        child = self._child
        assert child is not None, "it has just answered"
        session = ApartSession(number, lambda ask: self._ask(ask, child))
        weakref.finalize(session, self._forget.append, number)
        return session

    def close(self) -> None:
        """Ends the process; a session that is used after this fails."""
        if self._child is not None:
            self._child.close()
        self._child = None

    def _ask(self, ask: Ask, child: _Child | None = None) -> Answer:
        """`child`: who must answer; another one does not know the session."""
        if child is not None and child is not self._child:
            raise SpeechLost(f"{self._maker}: its process {child.lost}, and what this session had heard went with it")
        if self._child is None:
            self._forget.clear()
            self._child = _Child(self._maker)
        forget = tuple(self._forget.popleft() for _ in range(len(self._forget)))
        asked = self._child
        try:
            answer = asked.call(ask._replace(forget=forget))
        except (EOFError, OSError) as error:
            self._child, code = None, asked.close()
            asked.lost = str(error) if isinstance(error, TimeoutError) else _ended(code)
            raise SpeechLost(f"{self._maker}: its process {asked.lost}") from error
        if answer.error:
            raise SpeechError(answer.error) if answer.known else RuntimeError(f"{self._maker}: {answer.error}")
        return answer


class ApartSession:
    def __init__(self, number: int, ask: Callable[[Ask], Answer]) -> None:
        self._number = number
        self._ask = ask
        self._gated: Mapping[str, int] = {}

    @property
    def gated(self) -> Mapping[str, int]:
        return self._gated

    def push(self, samples: Samples) -> list[Word]:
        return self._heard(Ask("push", self._number, samples=samples))

    def end(self) -> list[Word]:
        return self._heard(Ask("end", self._number))

    def _heard(self, ask: Ask) -> list[Word]:
        answer = self._ask(ask)
        self._gated = answer.gated
        return answer.words


class _Child:
    """The other process, seen from here."""

    def __init__(self, maker: str) -> None:
        ours, theirs = Pipe()
        number = theirs.fileno()
        # Said here and not over there: numpy comes with the engine, long after that process has begun.
        env = os.environ | ONE_BLAS_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        # A group of its own: Ctrl-C at a terminal is for us, who end it when the last livestream has ended. But no
        # session of its own: Linux shares processors among sessions first, and niceness counts within one alone.
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, maker, str(number)],
            pass_fds=[number], env=env, stdin=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        theirs.close()
        self._pipe = ours
        self._loaded = False  # it has answered, once
        self.lost = "was let go"  # or how else it came to its end

    def call(self, ask: Ask) -> Answer:
        self._pipe.send(ask)
        patience = Patience(loaded=self._loaded)
        while not self._pipe.poll(LOOK_S):
            if why := patience.look(_work_of(self._process.pid)):
                raise TimeoutError(why)
        answer = cast("Answer", self._pipe.recv())
        self._loaded = True
        return answer

    def close(self) -> int:
        """Its exit code."""
        self._pipe.close()  # which it sees as the end
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        self._process.kill()
        return self._process.wait()


class Work(NamedTuple):
    """What a process has done: pages it was given and pages that were read for it, and ticks of a processor."""

    pages: int
    pages_read: int
    own_ticks: int
    system_ticks: int


class Patience:
    """Pure: why a process that owes an answer is waited for no longer. One for each question."""

    def __init__(self, *, loaded: bool) -> None:
        """`loaded`: it has answered before. While it loads it may wait for a disk or for memory, without running."""
        self._loaded = loaded
        self._looks = self._still = 0
        self._work: Work | None = None

    def look(self, work: Work | None) -> str:
        """Each second, with what it has done so far. None: it wants a processor, or nobody knows. Empty: wait on."""
        self._looks += 1
        self._still = self._still + 1 if work is not None and work == self._work else 0
        self._work = work
        if self._loaded and self._still >= STILL:
            return f"neither answered nor ran for {STILL * LOOK_S:g} s (stopped, or waiting for what does not come)"
        return f"gave no answer within {LOOKS * LOOK_S:g} s" if self._looks >= LOOKS else ""


def _work_of(pid: int) -> Work | None:
    """None where its first thread, in which engines work, has or wants a processor; or where the system is silent."""
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    state, *facts = told.rpartition(b")")[2].split()  # behind its name, which may hold anything: proc(5)
    return None if state == b"R" else Work(int(facts[6]), int(facts[8]), int(facts[10]), int(facts[11]))


def _ended(code: int) -> str:
    """As whoever looks for the cause knows it: 9 is mostly a system without memory."""
    return f"was ended by signal {-code} ({strsignal(-code)})" if code < 0 else f"ended with code {code}"


class _Desk:
    """The engine and its sessions, in the other process."""

    def __init__(self, maker: str) -> None:
        self._maker = maker
        self._engine: Transcriber | None = None
        self._sessions: dict[int, Session] = {}

    def answer(self, ask: Ask) -> Answer:
        for number in ask.forget:
            self._sessions.pop(number, None)
        try:
            return self._do(ask)
        except SpeechError as error:
            return Answer([], {}, error=str(error))
        except Exception as error:  # noqa: BLE001  the process's boundary: the cause is handed on, not lost
            return Answer([], {}, error=f"{type(error).__name__}: {error}", known=False)

    def _do(self, ask: Ask) -> Answer:
        if self._engine is None:
            module, _, name = self._maker.partition(":")
            self._engine = getattr(importlib.import_module(module), name)()
        if ask.verb == "info":
            return Answer([], {}, self._engine.info)
        if ask.verb == "session":
            self._sessions[ask.session] = self._engine.session(ask.phrases, ask.language)
            return Answer([], {})
        session = self._sessions[ask.session]
        if ask.verb == "end":
            words = session.end()
        else:
            assert ask.samples is not None, "a push brings its sound"
            words = session.push(ask.samples)
        return Answer(words, dict(session.gated))


def main(maker: str, number: int) -> None:
    """Answers until the pipe's other end is closed, or its process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    desk = _Desk(maker)
    pipe = Connection(number)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(desk.answer(pipe.recv()))
        # Not before: the first answer loads the engine, once; giving way, a machine full of pictures took a minute.
        os.nice(NICER)
        while True:
            pipe.send(desk.answer(pipe.recv()))


if __name__ == "__main__":
    # Under its real name, so that what it pickles is what the other side knows.
    importlib.import_module("engines.speech.apart").main(sys.argv[1], int(sys.argv[2]))
