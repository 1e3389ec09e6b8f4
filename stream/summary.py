"""What was said, cleaned into a product's name and features: by us, or by a language model that is asked.

Never on the critical path: whoever asks waits for no longer than the deadline, and where the service is busy, late or
gone there is no answer, and the raw words count as they are. It knows no product but by its title.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit, urlunsplit

import httpx
import structlog

from engines.text import retold
from stream.errors import UrlRefused, UsageError
from stream.prompt import NoSummary, question, refusal, summary_of
from stream.retry import Backoff
from stream.types import Reason, Words
from stream.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from pydantic import SecretStr

    from engines.text import Heard, Hearing
    from stream.clock import Clock
    from stream.urls import SafeUrl

log = structlog.get_logger()

MOST_PRODUCTS = 60  # titles that a question carries: those named in the words first
MOST_TITLE = 120  # characters of one
MOST_WORDS = 120  # of the transcript, the latest: what AMPere reads of a clip
MOST_ANSWER = 65_536  # bytes of an answer; more is no summary
REST_FIRST_S, REST_MAX_S = 1.0, 60.0  # how long a service that failed is left alone


class Summariser(Protocol):
    """Of one livestream. The last window's words in; cleaned ones out, to run `Hearing.mentions` on."""

    async def summarise(self, words: Sequence[Words]) -> tuple[Words, ...] | None:
        """Empty: no product was presented. None: there is no answer, and nothing follows from that."""
        ...


class Asked:
    """Asks a service that many livestreams share. `hearing`: makes its own, of what this one may show."""

    def __init__(self, service: SummaryService, hearing: Callable[[], Hearing]) -> None:
        self._service = service
        self._make = hearing
        self._hearing: Hearing | None = None

    async def summarise(self, words: Sequence[Words]) -> tuple[Words, ...] | None:
        if self._hearing is None:
            self._hearing = await asyncio.to_thread(self._make)
        if not words or not self._hearing.products:
            return ()
        last = words[-MOST_WORDS:]
        titles = await asyncio.to_thread(_titles, self._hearing, last)  # one at a time: a hearing is of one thread
        answer = await self._service.ask(" ".join(word.text for word in last), titles)
        return None if answer is None else _words(retold(answer, last))


def _titles(hearing: Hearing, words: Sequence[Words]) -> list[str]:
    named = {mention.product_id for mention in hearing.mentions(words)}
    order = sorted(hearing.products, key=lambda product: product.product_id not in named)
    return [product.title[:MOST_TITLE] for product in order[:MOST_PRODUCTS]]


def _words(heard: Sequence[Heard]) -> tuple[Words, ...]:
    return tuple(Words(word.start, word.end, word.text, word.confidence) for word in heard)


class SummaryService:
    """One OpenAI-compatible endpoint. Use it as a context manager, in one loop.

    `base_url`: up to and with the version, as in "https://host/v1". `counts`: answered, busy, resting, late, failed.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        clock: Clock,
        chance: Callable[[], float],
        *,
        api_key: SecretStr | None = None,
        deadline_s: float = 8.0,
        at_once: int = 4,
        on_count: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._url = _checked(base_url)
        self._endpoint = _endpoint(self._url)
        self._model = model
        self._clock = clock
        self._key = _usable(api_key)
        self._deadline_s = deadline_s
        self._free = at_once
        self._backoff = Backoff(REST_FIRST_S, REST_MAX_S, chance)
        self._client: httpx.AsyncClient | None = None
        self._failing = False
        self._rests_until = 0.0
        self._counts: Counter[str] = Counter()
        self._on_count = on_count

    @property
    def counts(self) -> Mapping[str, int]:
        return self._counts

    async def __aenter__(self) -> Self:
        # Off the loop: it reads the machine's certificates.
        self._client = await asyncio.to_thread(httpx.AsyncClient, timeout=self._deadline_s)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client:
            await self._client.aclose()

    async def ask(self, transcript: str, titles: Sequence[str]) -> str | None:
        """The summary, "" where no product is presented; None where there is no answer. Raises nothing."""
        if self._clock.now() < self._rests_until:
            self._count("resting")
            return None
        if not self._free:
            self._count("busy")
            return None
        self._free -= 1
        try:
            return await self._answer(question(transcript, titles, self._model))
        finally:
            self._free += 1

    async def _answer(self, asked: Mapping[str, object]) -> str | None:
        how, reason = "failed", Reason.UNREACHABLE
        try:
            async with asyncio.timeout(self._deadline_s):
                summary = summary_of(await self._post(asked))
        except (TimeoutError, httpx.TimeoutException):
            how, reason = "late", Reason.READ_TIMEOUT
            why = f"no answer within {self._deadline_s:g} s: allow it longer, or use a faster model"
        except httpx.HTTPError as error:
            why = f"{type(error).__name__}: see that it runs and can be reached from here"
        except NoSummary as error:
            why, reason = str(error), error.reason
        else:
            self._answered()
            return summary
        self._failed(how, why, reason)
        return None

    async def _post(self, asked: Mapping[str, object]) -> bytes:
        assert self._client is not None, "a SummaryService is used as a context manager"
        headers = {"accept-encoding": "identity"}  # the bound on an answer's size is on what comes
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        async with self._client.stream("POST", self._endpoint, json=asked, headers=headers) as response:
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_ANSWER:
                    raise NoSummary(f"it answers with more than {MOST_ANSWER} bytes: is it a chat completions API?")
            if response.status_code != httpx.codes.OK:
                raise refusal(response.status_code)
            return body

    def _count(self, how: str) -> None:
        self._counts[how] += 1
        self._on_count(how)

    def _failed(self, how: str, why: str, reason: Reason) -> None:
        """Said once, until it works again: it is asked every few seconds."""
        self._count(how)
        rest_s = self._backoff.next_s(reason)
        self._rests_until = self._clock.now() + rest_s
        if not self._failing:
            log.warning("no summaries", service=str(self._url), model=self._model, why=why)
        self._failing = True

    def _answered(self) -> None:
        self._count("answered")
        self._backoff.healthy()
        if self._failing:
            log.info("summaries again", service=str(self._url), model=self._model)
        self._failing = False


def _checked(base_url: str) -> SafeUrl:
    try:
        url = parse_url(base_url)
    except UrlRefused as error:
        raise UsageError(f"the address of the summary service: {error}") from error
    if url.scheme not in {"http", "https"}:
        raise UsageError(f"the address of the summary service is {url}: use an http or https URL that ends with /v1")
    return url


def _usable(api_key: SecretStr | None) -> str:
    key = api_key.get_secret_value().strip() if api_key else ""
    if not (key.isascii() and key.isprintable()):
        raise UsageError("the key of the summary service holds characters that no header may: copy it again")
    return key


def _endpoint(base: SafeUrl) -> str:
    """Some services want a query, such as a version."""
    parts = urlsplit(base.reveal())
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/chat/completions", fragment=""))
