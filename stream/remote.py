"""A file behind HTTP that a demuxer reads like a local one. Knows no media."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from stream.errors import SourceLost, SourceRefused
from stream.types import Reason
from stream.urls import Fetched

if TYPE_CHECKING:
    from stream.config import SourceConfig
    from stream.hls import Ticking
    from stream.urls import Body, GuardedClient, SafeUrl

HLS_TYPES = frozenset({"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"})
MAGIC = b"#EXTM3U"
BOM = b"\xef\xbb\xbf"
NEAR = 1 << 18  # a seek this far ahead is cheaper to read through than to ask anew for


class RemoteFile:
    """Belongs to one thread. Seekable where the server serves ranges."""

    def __init__(self, client: GuardedClient, url: SafeUrl, config: SourceConfig, link: Ticking) -> None:
        self._client = client
        self._url = url
        self._config = config
        self._link = link
        self._stack = ExitStack()
        self._body: Body | None = None
        self._buffer = b""
        self._at = 0
        self.length: int | None = None

    def open(self, start: int = 0) -> None:
        self._stack.close()
        headers = {"range": f"bytes={start}-"} if start else {}
        deadline_s = self._config.open_timeout_s
        opened = self._client.open(self._url, deadline_s=deadline_s, headers=headers, tick=self._link.tick)
        self._body = body = self._stack.enter_context(opened)
        self._buffer, self._at = b"", start
        if body.encoding not in {"identity", ""}:
            raise SourceRefused(f"{self._url}: media packed as {body.encoding}: send it as it is", Reason.BAD_MEDIA)
        if start and not body.ranged:
            raise SourceLost(f"{self._url}: the server announced ranges and serves none", Reason.SERVER_ERROR)
        if not start:
            self.length = body.length
            self._url = body.url

    def is_playlist(self) -> bool:
        """By what it says first, by its type or by its name, so that a wrong one is refused as a playlist."""
        assert self._body is not None
        while len(self._buffer) < len(BOM + MAGIC) and self._more():
            pass
        named = self._url.path.lower().endswith((".m3u8", ".m3u"))
        return named or self._body.content_type in HLS_TYPES or self._buffer.removeprefix(BOM).startswith(MAGIC)

    def rest(self, max_bytes: int) -> Fetched:
        assert self._body is not None
        self._client.extend(self._config.read_timeout_s)
        while len(self._buffer) <= max_bytes and self._more():
            pass
        if len(self._buffer) > max_bytes:
            raise SourceRefused(f"{self._url}: a playlist longer than {max_bytes} bytes: refused", Reason.BAD_MEDIA)
        body, content_type = self._buffer, self._body.content_type
        self.close()
        return Fetched(self._url, body, content_type)

    def read(self, size: int) -> bytes:
        self._client.extend(self._config.read_timeout_s)
        if not self._buffer:
            self._more()
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        self._at += len(piece)
        return piece

    def seekable(self) -> bool:
        return self._body is not None and self._body.seekable and self.length is not None

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._at, 2: self.length or 0}[whence]
        target = base + offset
        if not 0 <= target - self._at <= NEAR:
            self.open(target)
        while self._at < target and self.read(target - self._at):
            pass
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._stack.close()

    def _more(self) -> bool:
        piece = next(self._body.pieces, b"") if self._body is not None else b""
        self._buffer += piece
        return bool(piece)
