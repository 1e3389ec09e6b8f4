"""Turns of several livestreams side by side: what each gives its session goes into one pass. Knows no engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

from engines.speech.base import Samples, Session, Word

if TYPE_CHECKING:
    from stream.ear import Heard

Push = tuple[Session, Samples]
Turn = Generator[Push, list[Word], "Heard"]  # gives what a session is to be pushed, and is sent the words of it
Job = Callable[[], "Turn | Heard"]
Reads = Callable[[Sequence[Push]], list[list[Word]]]


def alone(turn: Turn) -> Heard:
    """Each push read by itself, as it comes."""
    taken = _Taken(lambda: turn)
    while taken.asks is not None:
        session, samples = taken.asks
        taken.go_on(session.push(samples))
    if isinstance(taken.outcome, Exception):
        raise taken.outcome
    return taken.outcome


def side_by_side(jobs: Sequence[Job], read: Reads) -> list[Heard | Exception]:
    """What each job came to. What one raises is its livestream's; what a reading raises is told to all in it."""
    taken = [_Taken(job) for job in jobs]
    while asking := [(one, one.asks) for one in taken if one.asks is not None]:
        try:
            answers = read([asks for _, asks in asking])
        except Exception as error:  # noqa: BLE001  whatever an engine raises is told to those who waited for it
            for one, _ in asking:
                one.fail(error)
        else:
            for (one, _), words in zip(asking, answers, strict=True):
                one.go_on(words)
    return [one.outcome for one in taken]


def one_by_one(pushes: Sequence[Push]) -> list[list[Word]]:
    """For engines that read nothing together."""
    return [session.push(samples) for session, samples in pushes]


class _Taken:
    """A job under way: what it asks for next, or what it came to."""

    outcome: Heard | Exception

    def __init__(self, job: Job) -> None:
        self.asks: Push | None = None
        try:
            made = job()
        except Exception as error:  # noqa: BLE001  the job's boundary: the cause is handed on, not lost
            self.outcome = error
            return
        if isinstance(made, Generator):
            self._turn = made
            self._step(lambda: next(made))
        else:
            self.outcome = made

    def go_on(self, words: list[Word]) -> None:
        self._step(lambda: self._turn.send(words))

    def fail(self, error: Exception) -> None:
        self._step(lambda: self._turn.throw(error))

    def _step(self, move: Callable[[], Push]) -> None:
        self.asks = None
        try:
            self.asks = move()
        except StopIteration as end:
            self.outcome = end.value
        except Exception as error:  # noqa: BLE001  the job's boundary: the cause is handed on, not lost
            self.outcome = error
