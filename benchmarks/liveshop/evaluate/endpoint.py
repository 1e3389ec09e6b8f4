"""A summary service made of plain code, behind the chat completions API: what stands in where no model is at hand.

It shows that the plumbing works and what the detour costs. It has no model's skill: of the products that the question
lists it answers with the title that shares most words with the end of the transcript, and NONE where fewer than two.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

NAME = "plain-code"
LATEST = 24  # words of the transcript that count: about the last two sentences
LEAST = 2  # words of a title that must have been said
NOBODY = "NONE"
_WORD = re.compile(r"[^\W_]+")


def answer_to(question: str) -> str:
    """`question`: the last message that stream.prompt makes."""
    listed, _, transcript = question.partition("\nTranscript:\n")
    titles = [line[2:] for line in listed.splitlines() if line.startswith("- ")]
    said = _words(transcript)[-LATEST:]
    shared = [(len({*_words(title)} & {*said}), title) for title in titles]
    most, title = max(shared, default=(0, ""), key=lambda one: one[0])
    return f"{' '.join(word for word in _words(title) if word in said)}." if most >= LEAST else NOBODY


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


class PlainService:
    """On a free port of loopback while the context lasts. `url`: as a config names it."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="plain service", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = answer_to(asked["messages"][-1]["content"])
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Says nothing: the service's user prints figures."""
