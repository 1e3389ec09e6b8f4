"""Broadcasts a folder of rendered segments over HLS on loopback, in real time. A thread of its own; knows no loop."""

from __future__ import annotations

import re
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from stream.demo.playlist import Recording, aired, live_playlist, read_recording

if TYPE_CHECKING:
    from pathlib import Path

    from stream.clock import Clock
    from stream.types import Seconds

PLAYLIST = "live.m3u8"
HEAD_S = 3.0  # the show has been on for so long when the first viewer asks: a player wants a few segments to begin
SEGMENT = re.compile(r"s\d{5}\.ts")
HOST = "127.0.0.1"


class Broadcast:
    """`with Broadcast(folder, clock) as broadcast: broadcast.url`. It begins when somebody first asks."""

    def __init__(self, folder: Path, clock: Clock, page: str = "") -> None:
        """`page`: HTML that is served at `/`, for a person who wants to look on."""
        self._folder = folder
        self._clock = clock
        self._page = page
        self._lock = threading.Lock()
        self._zero_utc: float | None = None
        self._server = ThreadingHTTPServer((HOST, 0), partial(_Handler, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="broadcast", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Blocks for a moment: call it off the loop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def page_url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}/"

    @property
    def url(self) -> str:
        return self.page_url + PLAYLIST

    @property
    def page(self) -> str:
        return self._page

    @page.setter
    def page(self, html: str) -> None:
        self._page = html

    @property
    def zero_utc(self) -> float | None:
        """The program date-time of the show's first frame, in epoch seconds; None before anyone watched."""
        with self._lock:
            return self._zero_utc

    @property
    def elapsed(self) -> Seconds:
        """How far the show is; 0 before anyone watched."""
        zero = self.zero_utc
        return 0.0 if zero is None else self._clock.now() - zero

    def recording(self) -> Recording:
        try:
            return read_recording((self._folder / PLAYLIST).read_text(encoding="ascii"))
        except FileNotFoundError:
            return Recording((), whole=False)

    def playlist(self) -> str | None:
        """None while there is not enough rendered to begin."""
        recording = self.recording()
        with self._lock:
            if self._zero_utc is None:
                if not recording.whole and len(recording.segments) <= HEAD_S:
                    return None
                self._zero_utc = self._clock.now() - HEAD_S
            zero = self._zero_utc
        return live_playlist(recording, self._clock.now() - zero, zero)

    def segment(self, name: str) -> bytes | None:
        """None for what does not exist or is not on air yet."""
        if name not in {segment.name for segment in aired(self.recording(), self.elapsed)}:
            return None
        return (self._folder / name).read_bytes()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nowshowing-demo"
    sys_version = ""

    def __init__(self, broadcast: Broadcast, *connection: object) -> None:
        self._broadcast = broadcast
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.split("?")[0].removeprefix("/")
        if name == PLAYLIST:
            text = self._broadcast.playlist()
            self._answer(None if text is None else text.encode(), "application/vnd.apple.mpegurl")
        elif SEGMENT.fullmatch(name):
            self._answer(self._broadcast.segment(name), "video/mp2t")
        elif name == "" and self._broadcast.page:
            self._answer(self._broadcast.page.encode(), "text/html; charset=utf-8")
        else:
            self._answer(None, "")

    def _answer(self, body: bytes | None, kind: str) -> None:
        self.send_response(HTTPStatus.OK if body is not None else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", kind if body is not None else "text/plain")
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if body:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are not news."""
