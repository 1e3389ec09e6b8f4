"""What a summary service makes of the words heard in a live, asked as a worker asks it. Knows no picture.

Questions are asked in stream time: one at a time, no sooner than every few seconds, when new words are known. The
service is real, and so are its answers; when they come is the live's time of the question, what asking took, and
what is added for a model that would think.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from engines.text import Hearing
from stream.clock import SteadyClock
from stream.ear import WINDOW_S
from stream.retelling import EVERY_S
from stream.summary import Asked, SummaryService
from stream.types import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.liveshop.evaluate.hearing import Known
    from engines.text import ProductWords
    from stream.types import Seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """`start` to `end`: the words that were asked about. `told_at`: when the summary was there. `took_s`: asking."""

    start: Seconds
    end: Seconds
    told_at: Seconds
    took_s: Seconds
    summary: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """`thinks_s`: added to each answer's time."""

    url: str
    model: str
    thinks_s: Seconds


def answers_to(words: Sequence[Known], products: Sequence[ProductWords], service: Service) -> tuple[Answer, ...]:
    return tuple(asyncio.run(_answers(words, products, service)))


async def _answers(words: Sequence[Known], products: Sequence[ProductWords], service: Service) -> list[Answer]:
    found: list[Answer] = []
    async with SummaryService(service.url, service.model, SteadyClock(), random.random) as asking:
        host = Asked(asking, lambda: Hearing(products))
        due = 0.0
        for at, window in _turns(words):
            if at < due:
                continue
            began = perf_counter()
            summary = await host.summarise(window)
            took_s = perf_counter() - began
            due = at + max(EVERY_S, took_s + service.thinks_s)
            if summary is not None:
                told_at = at + took_s + service.thinks_s
                found.append(Answer(window[0].start, window[-1].end, told_at, took_s, summary))
    return found


def _turns(words: Sequence[Known]) -> Iterator[tuple[Seconds, list[Words]]]:
    """Each moment at which words became known, and the last window's words then."""
    for at in sorted({word.known_at for word in words}):
        known = [word for word in words if word.known_at <= at]
        last = max(word.end for word in known)
        yield (
            at,
            [
                Words(word.start, word.end, word.text, word.confidence)
                for word in known
                if word.start >= last - WINDOW_S
            ],
        )
