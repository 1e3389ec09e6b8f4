"""A web server on loopback whose pages a test writes: honest ones, and the ways in which servers misbehave."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_GET(self) -> None:
        self.web.asked.append(self.path)
        answer = self.web.pages.get(self.path.partition("?")[0])
        with suppress(OSError):  # the client hung up, which is what many tests are about
            if answer is None:
                self.web.status(404)(self)
            elif isinstance(answer, bytes):
                self.web.page(answer, {})(self)
            else:
                answer(self)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """The client hung up between two requests: no traceback of ours on a standard error that is under test."""


class Web:
    def __init__(self) -> None:
        self.pages: dict[str, bytes | Answer] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"web": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def page(self, body: bytes, headers: dict[str, str]) -> Answer:
        def answer(handler: Handler) -> None:
            handler.send_response(200)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return answer

    def ranged(self, body: bytes) -> Answer:
        def answer(handler: Handler) -> None:
            asked = handler.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
            first, last = int(asked[0]), int(asked[2] or len(body) - 1)
            handler.send_response(206 if "range" in handler.headers else 200)
            handler.send_header("accept-ranges", "bytes")
            handler.send_header("content-length", str(last + 1 - first))
            handler.end_headers()
            handler.wfile.write(body[first : last + 1])

        return answer

    def status(self, code: int) -> Answer:
        def answer(handler: Handler) -> None:
            handler.send_response(code)
            handler.send_header("content-length", "0")
            handler.end_headers()

        return answer

    def redirect(self, to: str) -> Answer:
        def answer(handler: Handler) -> None:
            handler.send_response(302)
            handler.send_header("location", to)
            handler.send_header("content-length", "0")
            handler.end_headers()

        return answer

    def drip(self) -> Answer:
        """One byte of a header at a time, for ever: no read of a socket ever times out."""

        def answer(handler: Handler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
            while not self.closing.wait(0.05):
                handler.wfile.write(b"x")

        return answer

    def silence(self, asked: Callable[[], None] = lambda: None) -> Answer:
        def answer(handler: Handler) -> None:
            asked()
            self.closing.wait(30)
            handler.close_connection = True

        return answer

    @staticmethod
    @contextmanager
    def mute() -> Iterator[int]:
        """A port that takes connections and never says a word."""
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(8)
            yield int(server.getsockname()[1])

    @staticmethod
    def free_port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()
