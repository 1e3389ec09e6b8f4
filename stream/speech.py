"""What the livestreams of a worker hear with: one transcriber, one thread. Knows no livestream but by its settings.

The transcriber is loaded beside everything else: pictures do not wait for it, and where it cannot be loaded they go
on without words, which is said once.
"""

from __future__ import annotations

import asyncio
import random
from itertools import chain, repeat
from math import inf
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakValueDictionary

import structlog

from engines.errors import EngineError, SpeechError
from engines.speech.apart import Apart
from engines.speech.base import Together, is_english
from engines.speech.choose import NEED_NO_MODEL, Choice, SpeechSettings, choose
from engines.text import Hearing, ProductWords, listened_for
from stream.batching import Batcher
from stream.ear import Ear, Heard
from stream.errors import ClosedError
from stream.nameless import nothing_to_hear, unheard
from stream.summary import Asked, SummaryService
from stream.turns import one_by_one, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engines.speech.base import Mode, Transcriber, TranscriberInfo
    from indexes.scope import Scope
    from stream.clock import Clock
    from stream.config import SpeechConfig, StreamConfig, SummaryConfig
    from stream.metrics import Metrics
    from stream.summary import Summariser
    from stream.turns import Job, Reads, Turn
    from stream.types import AudioChunk, Words

    Load = Callable[[], Choice]

log = structlog.get_logger()

LOAD_AGAIN_S = (5.0, 20.0, 60.0, 300.0)  # a process is lost where memory or processors are short: rather wait
MOST_PRODUCTS = 5000  # in scope: what they may be called is kept in memory, and no show has as many
NOTHING = Heard((), (), inf, 0.0, (), {})


class Seat:
    """What a livestream has in the speech thread: its ear, opened with the first sound. All methods run there."""

    def __init__(self, open_: Callable[[], Ear]) -> None:
        self._open = open_
        self._ear: Ear | None = None

    @property
    def opened(self) -> bool:
        return self._ear is not None

    @property
    def lacks(self) -> str:
        """Why its ear never hears a product named; empty where it may, or there is no ear. From any thread."""
        ear = self._ear
        return "" if ear is None else ear.lacks

    def hear(self, chunks: Sequence[AudioChunk]) -> Turn:
        if self._ear is None:
            self._ear = self._open()
        return self._ear.turn(chunks)

    def retold(self, words: Sequence[Words], summary: Sequence[Words]) -> Heard:
        return NOTHING if self._ear is None else self._ear.retold(words, summary)

    def end(self) -> Heard:
        if self._ear is not None:
            self._ear.end()
        return NOTHING

    def leave(self) -> None:
        """The ear is given up, with whatever it had heard; the next sound opens another. From any thread."""
        self._ear = None


class Speech:
    """Start it on the loop that will ask and let `load` run beside the livestreams; not started, it hears nobody."""

    def __init__(
        self,
        config: SpeechConfig,
        load: Load,
        words_of: Callable[[Scope], Sequence[ProductWords]],
        metrics: Metrics,
        clock: Clock,
        summaries: SummaryService | None = None,
    ) -> None:
        """`load` is called in a thread of its own."""
        self.metrics, self.clock = metrics, clock
        self._read: Reads = one_by_one
        self._door: Batcher[Job, Heard | Exception] = Batcher("speech", self._do, max_batch=1, on_batch=self._busy)
        self.loaded = asyncio.Event()
        self.started = False
        self.said = ""  # what listens, in one line
        self.why = ""  # it cannot be had; empty: it can, or it is not known yet
        self._config, self._load, self._words_of = config, load, words_of
        self._transcriber: Transcriber | None = None
        self._summaries = summaries
        self._hearings: WeakValueDictionary[bytes, Hearing] = WeakValueDictionary()
        self._heard_of: WeakKeyDictionary[Hearing, tuple[Sequence[str], str]] = WeakKeyDictionary()

    def start(self) -> None:
        self.started = True
        self._door.start()

    async def load(self, again_s: Sequence[float] = LOAD_AGAIN_S) -> None:
        """Raises nothing that is the engine's: whatever it is, pictures go on.

        `again_s`: how long to wait before a process that was lost is started again; the last one for ever.
        """
        for rest_s in chain(again_s, repeat(again_s[-1])):
            lost = await self._loads(rest_s)
            self.loaded.set()
            if not lost:
                return
            await asyncio.sleep(rest_s)

    async def _loads(self, again_s: float) -> bool:
        """Whether a process was lost with it."""
        try:
            choice = await _unwaited(self._load)
        except Exception as error:  # noqa: BLE001  a foreign library's boundary: told in full
            self.why, trace = told(error)
            lost = isinstance(error, EngineError) and error.retriable
            tell = log.bind(why=self.why, again_in_s=again_s if lost else None, exc_info=trace)
            tell.error("speech engine failed: pictures go on without words")
            self.metrics.speech_engine("failed", "", "", "")
            return lost
        self._tell(choice)
        return False

    async def stop(self, deadline_s: float) -> None:
        await self._door.stop(deadline_s=deadline_s)
        if isinstance(self._transcriber, Apart):
            await asyncio.to_thread(self._transcriber.close)

    async def ask(self, job: Job) -> Heard:
        """What a job comes to, in the speech thread; raises what it raised there."""
        outcome = await self._door.ask(job)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def silence(self, stream: StreamConfig) -> str:
        """Why this livestream is not to be listened to; empty where it is.

        What needs no model takes any speech for English, and what it makes of another language would be noise: so it
        is not used by itself where nobody says that a host speaks English.
        """
        config = self._config
        if config.engine == "off" or not stream.speech:
            return "as configured"
        language = stream.language or config.language
        if config.engine != "auto" or config.model is not None or is_english(language or ""):
            return ""
        hears = "what needs no model hears English"
        if language is None:
            return f"nobody says what its host speaks: set language ({hears}), or name a Whisper"
        return f"{hears} only, not {language!r}: name a Whisper as speech model"

    def seat(self, scope: Callable[[], Scope], language: str | None) -> Seat:
        """`scope`: asked in the speech thread whenever an ear is opened."""
        return Seat(lambda: self._ear(scope(), language or self._config.language))

    def summariser(self, scope: Callable[[], Scope]) -> Summariser | None:
        return None if self._summaries is None else Asked(self._summaries, lambda: Hearing(self._words_of(scope())))

    def _ear(self, scope: Scope, language: str | None) -> Ear:
        """In the speech thread. Livestreams of one shop share what is known of its products' names."""
        if self._transcriber is None:
            raise SpeechError(self.why or "no speech engine is loaded")
        if len(scope) > MOST_PRODUCTS:
            raise SpeechError(
                f"{len(scope)} products in scope are too many to listen for (at most {MOST_PRODUCTS}): "
                "set the livestream's shop_id or products"
            )
        info = self._transcriber.info
        by_ear = writes_by_ear(info, language)
        key = scope.gallery.version.encode() + scope.products.tobytes() + bytes([by_ear])
        hearing = self._hearings.get(key)
        if hearing is None:
            hearing = self._hearings[key] = Hearing(self._words_of(scope), sounds_like=by_ear)
        phrases, lacks = self._heard_of.get(hearing) or self._hear_of(hearing, info.mode, by_ear=by_ear)
        session = self._transcriber.session(phrases, language)
        return Ear(session, hearing, clean=self._config.text == "extract", lacks=lacks)

    def _hear_of(self, hearing: Hearing, mode: Mode, *, by_ear: bool) -> tuple[Sequence[str], str]:
        """What to listen for, and why none of it will ever be heard; empty where it may be."""
        english = by_ear or mode == "phrases"
        lacks = nothing_to_hear(hearing.products, mode, english=english)
        if not lacks and (never := unheard(hearing.products, english=english)):
            log.info("some products are never heard named", count=len(never), of=len(hearing.products), one=never[0])
        self._heard_of[hearing] = listened_for(hearing.products, mode), lacks
        return self._heard_of[hearing]

    def _tell(self, choice: Choice) -> None:
        self._transcriber, self.said = choice.transcriber, choice.said
        self.why = choice.said if choice.transcriber is None else ""
        if choice.transcriber is None:
            self.metrics.speech_engine(choice.engine, "", "", "")
        else:
            info = choice.transcriber.info
            if isinstance(choice.transcriber, Together):
                self._read, self._door.max_batch = choice.transcriber.push_together, choice.transcriber.at_once
            self.metrics.speech_engine(info.name, info.model, info.mode, info.language)
        log.info("speech", engine=choice.engine, said=choice.said)

    def _do(self, jobs: Sequence[Job]) -> list[Heard | Exception]:
        return side_by_side(jobs, self._read)

    def _busy(self, _size: int, seconds: float) -> None:
        self.metrics.speech_busy(seconds)


def writes_by_ear(info: TranscriberInfo, language: str | None) -> bool:
    """Whether names come spelt as they sound, in a language whose sounds are known."""
    return info.mode != "phrases" and is_english(language or info.language)


def words_of(scope: Scope) -> list[ProductWords]:
    """What the products in a scope may be called. Reads them from disk: for a thread."""
    products = [scope.gallery.product(int(index)) for index in scope.products]
    return [
        ProductWords(p.product_id, p.title, brand=p.brand, aliases=p.aliases, group=p.sku_group, price=p.price)
        for p in products
    ]


def chosen(config: SpeechConfig) -> Choice:
    """Loads what listens. Whether it knows a livestream's language is asked of each (`Speech.silence`)."""
    built_in = config.engine in NEED_NO_MODEL or config.model is None
    settings = SpeechSettings(
        engine=config.engine,
        model=config.model,
        language=None if built_in else config.language,
        download=config.download,
        device=config.device,
        compute_type=config.compute_type,
        threads=config.threads,
        apart=True,
    )
    return choose(settings)


def summary_service(config: SummaryConfig | None, clock: Clock, metrics: Metrics) -> SummaryService | None:
    if config is None:
        return None
    return SummaryService(
        config.url.get_secret_value(),
        config.model,
        clock,
        random.random,
        api_key=config.token,
        deadline_s=config.deadline_s,
        at_once=config.at_once,
        on_count=metrics.speech_summary,
    )


async def _unwaited(load: Load) -> Choice:
    """In a thread that nobody waits for when the worker is told to end: a download takes minutes."""
    loader: Batcher[Load, Choice] = Batcher("load speech", lambda loads: [one() for one in loads], max_batch=1)
    loader.start()
    try:
        return await loader.ask(load)
    finally:
        await loader.stop(deadline_s=0)


def told(error: Exception) -> tuple[str, Exception | None]:
    """What is said of an error; itself where it is a fault, whose trace is worth reading."""
    if isinstance(error, (EngineError, ClosedError)):
        return str(error), None
    return f"{type(error).__name__}: {error}", error
