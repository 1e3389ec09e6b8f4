"""A language model is asked over a real socket: what it is told, what becomes of its answer, and of none."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from engines.text import Hearing, ProductWords
from stream.clock import ManualClock
from stream.errors import UsageError
from stream.summary import Asked, SummaryService
from stream.types import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.unit

KEY = "sk-very-secret"
SHOP = [
    ProductWords("soap", "Bravo Rosemary Soap, 100 g", "Bravo"),
    ProductWords("oil", "Fjondo Olive Oil, 500 ml", "Fjondo"),
]
SAID = "so unlike the bravo soap this fee on do olive oil is mild"


class Model(ThreadingHTTPServer):
    """Answers what it is told to, once `open` is set; keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.body = b""
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()
        self.asked: list[tuple[str, str, dict[str, object]]] = []
        self.says("Fjondo Olive Oil")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def says(self, content: str | None) -> None:
        self.body = json.dumps(
            {"id": "1", "choices": [{"message": {"role": "assistant", "content": content}}]}
        ).encode()

    def handle_error(self, request: object, client_address: object) -> None:
        """The client hung up, which is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Model

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, self.headers.get("authorization", ""), question))
        self.server.reached.set()
        self.server.open.wait(10)
        body = self.server.body  # a test may change it as soon as it has this answer
        with suppress(OSError):
            self.send_response(self.server.status)
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    thread = threading.Thread(target=model.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield model
    model.open.set()
    model.shutdown()
    model.server_close()
    thread.join(5)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def service(model: Model, clock: ManualClock) -> SummaryService:
    return SummaryService(model.url, "tiny", clock, lambda: 1.0, api_key=SecretStr(KEY), deadline_s=5.0, at_once=1)


def words(text: str) -> list[Words]:
    return [Words(i * 0.35, i * 0.35 + 0.3, word, 0.9) for i, word in enumerate(text.split())]


async def test_an_answer_becomes_words_that_name_the_product_when_it_was_said(service: SummaryService) -> None:
    hearing = Hearing(SHOP)
    async with service:
        told = await Asked(service, lambda: hearing).summarise(words(SAID))
    assert told is not None
    (mention,) = hearing.mentions(told)
    assert (mention.product_id, round(mention.start, 2), round(mention.end, 2)) == ("oil", 2.1, 3.8)
    assert service.counts == {"answered": 1}


async def test_the_model_is_told_what_was_said_and_what_there_is_with_the_named_first(
    service: SummaryService, model: Model
) -> None:
    async with service:
        await Asked(service, lambda: Hearing(SHOP)).summarise(words("look at this fjondo oil"))
    ((path, authorization, question),) = model.asked
    assert (path, authorization) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert question["model"] == "tiny"
    messages = question["messages"]
    assert isinstance(messages, list)
    assert messages[-1]["content"] == (
        "Products:\n- Fjondo Olive Oil, 500 ml\n- Bravo Rosemary Soap, 100 g\nTranscript:\nlook at this fjondo oil"
    )


@pytest.mark.parametrize("answer", ["NONE", "none.", " “None” ", "没有。", "", None, "<think>hm, the oil", "\n\n"])
async def test_no_product_is_an_answer_too(service: SummaryService, model: Model, answer: str | None) -> None:
    model.says(answer)
    async with service:
        assert await Asked(service, lambda: Hearing(SHOP)).summarise(words(SAID)) == ()
    assert service.counts == {"answered": 1}


@pytest.mark.parametrize(
    "answer", ["<think>The host\nsays oil.</think>\n\nFjondo Olive Oil", "Fjondo Olive Oil\n(The host compares.)"]
)
async def test_only_the_line_itself_counts(service: SummaryService, model: Model, answer: str) -> None:
    model.says(answer)
    async with service:
        assert await service.ask("...", []) == "Fjondo Olive Oil"


async def test_where_nothing_was_said_or_nothing_is_sold_nobody_is_asked(
    service: SummaryService, model: Model
) -> None:
    async with service:
        assert await Asked(service, lambda: Hearing(SHOP)).summarise([]) == ()
        assert await Asked(service, lambda: Hearing([])).summarise(words(SAID)) == ()
    assert model.asked == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, f'{{"error": "wrong key {KEY}"}}'.encode(), "set a key"),
        (404, b"", "ends with /v1"),
        (429, b"", "fewer questions"),
        (302, b"", "redirects to"),
        (500, b"oops", "its own log"),
        (200, b"<html>welcome</html>", "no chat completion"),
        (200, b'{"choices": [{}]}', "no chat completion"),
        (200, b"x" * 70_000, "more than 65536 bytes"),
    ],
)
async def test_trouble_is_said_once_with_its_cure_and_without_the_key(
    service: SummaryService, model: Model, clock: ManualClock, status: int, body: bytes, why: str
) -> None:
    model.status, model.body = status, body
    with capture_logs() as logs:
        async with service:
            for _ in range(3):
                assert await Asked(service, lambda: Hearing(SHOP)).summarise(words(SAID)) is None
                clock.advance(100.0)
            model.status = 200
            model.says("NONE")
            assert await Asked(service, lambda: Hearing(SHOP)).summarise(words(SAID)) == ()
    assert [entry["event"] for entry in logs] == ["no summaries", "summaries again"]
    assert why in logs[0]["why"]
    assert KEY not in str(logs)
    assert service.counts == {"failed": 3, "answered": 1}


async def test_a_service_that_is_not_there_is_trouble_like_any_other(clock: ManualClock) -> None:
    with socket.socket() as nobody, capture_logs() as logs:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"http://user:{KEY}@127.0.0.1:{nobody.getsockname()[1]}/v1"
        async with SummaryService(url, "tiny", clock, lambda: 1.0) as service:
            assert await service.ask("hello", []) is None
    assert "ConnectError" in logs[0]["why"]
    assert KEY not in str(logs)


async def test_a_service_that_failed_is_left_alone_for_longer_each_time(
    service: SummaryService, model: Model, clock: ManualClock
) -> None:
    model.status = 500
    async with service:
        for at in range(4):  # it fails at 0, rests for 1 s, fails at 1, rests for 2 s, fails at 3
            clock.advance(at - clock.now())
            assert await service.ask("hello", []) is None
    assert service.counts == {"failed": 3, "resting": 1}
    assert len(model.asked) == 3


async def test_an_answer_that_comes_too_late_is_none(model: Model, clock: ManualClock) -> None:
    model.open.clear()
    with capture_logs() as logs:
        async with SummaryService(model.url, "tiny", clock, lambda: 1.0, deadline_s=0.2) as service:
            assert await service.ask("hello", []) is None
    assert service.counts == {"late": 1}
    assert "within 0.2 s" in logs[0]["why"]


async def test_who_would_have_to_wait_is_refused_at_once(service: SummaryService, model: Model) -> None:
    model.open.clear()
    async with service, asyncio.TaskGroup() as group:
        first = group.create_task(service.ask("hello", []), name="first")
        assert await asyncio.to_thread(model.reached.wait, 5)
        assert await service.ask("hello", []) is None
        model.open.set()
    assert first.result() == "Fjondo Olive Oil"
    assert service.counts == {"answered": 1, "busy": 1}


async def test_one_who_gives_up_makes_room_for_the_next(service: SummaryService, model: Model) -> None:
    model.open.clear()
    async with service:
        task = asyncio.create_task(service.ask("hello", []), name="first")
        assert await asyncio.to_thread(model.reached.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        model.open.set()
        assert await service.ask("hello", []) == "Fjondo Olive Oil"


async def test_an_address_may_have_a_query(model: Model, clock: ManualClock) -> None:
    async with SummaryService(f"{model.url}/?api-version=2", "tiny", clock, lambda: 1.0) as service:
        await service.ask("hello", [])
    assert model.asked[0][:2] == ("/v1/chat/completions?api-version=2", "")


@pytest.mark.parametrize("url", ["", "ftp://host/v1", "rtmp://host/app/key", "host", "http://"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str, clock: ManualClock) -> None:
    with pytest.raises(UsageError, match="summary service"):
        SummaryService(url, "tiny", clock, lambda: 1.0)


def test_a_key_that_no_header_can_hold_is_refused_at_the_start(clock: ManualClock) -> None:
    with pytest.raises(UsageError, match="copy it again") as error:
        SummaryService("http://host/v1", "tiny", clock, lambda: 1.0, api_key=SecretStr("sk-\nsecret"))
    assert "secret" not in str(error.value)
