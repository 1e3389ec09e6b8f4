"""What may be opened, and the one HTTP client that opens it. A URL's secrets are hidden by its type, not by care."""

from __future__ import annotations

import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import httpcore
import httpx

from stream.addresses import Patience, PinnedBackend, Waiting
from stream.clock import SteadyClock
from stream.errors import SourceError, SourceLost, SourceRefused, UrlRefused
from stream.types import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.clock import Clock

PORTS = {"rtmp": 1935, "rtmps": 443, "rtsp": 554, "http": 80, "https": 443}
KEYED = ("rtmp", "rtmps", "rtsp")  # the last step of the path is a stream key
MAX_URL = 4096
MAX_REDIRECTS = 5
CHUNK = 65_536
TOKEN = re.compile(r"[^/]{24,}")  # a step of a path this long is more likely a token than a name
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
AGENT = "nowshowing"


@dataclass(frozen=True, slots=True, repr=False)
class SafeUrl:
    """A URL that passed `parse_url`. Its text form hides credentials, query, stream keys; `reveal()` does not."""

    scheme: str
    host: str
    port: int
    path: str
    secret: str

    def reveal(self) -> str:
        return self.secret

    def join(self, reference: str) -> SafeUrl:
        """Where a playlist or a redirect points to: HTTP alone, whatever it says."""
        try:
            joined = urljoin(self.secret, reference.strip())
            target = parse_url(joined, allow_files=True)
        except ValueError as error:  # its text may repeat a password
            raise UrlRefused(f"{self} points to what is no URL: correct it where it is published") from error
        except UrlRefused as error:
            raise UrlRefused(f"{self} points to what is not opened: {error}") from error
        if target.scheme not in {"http", "https"}:
            raise UrlRefused(f"{self} points to a {target.scheme} URL: only http and https are followed")
        return target

    def __str__(self) -> str:
        if self.scheme == "file":
            return self.path
        path = TOKEN.sub("***", self.path)
        if self.scheme in KEYED and path.count("/") > 1:
            path = path.rpartition("/")[0] + "/***"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{path}"

    __repr__ = __str__


def parse_url(text: str, *, allow_files: bool = False) -> SafeUrl:
    """Raises UrlRefused, whose message repeats no more of the URL than its scheme and host."""
    if not text.strip():
        raise UrlRefused("the URL is empty: give one like rtmp://host/app/key or https://host/live.m3u8")
    if len(text) > MAX_URL:
        raise UrlRefused(f"the URL has {len(text)} characters: {MAX_URL} at most")
    scheme = text.partition(":")[0].lower() if SCHEME.match(text) else "file"
    if scheme == "file":
        return _parse_file(text, allow_files=allow_files)
    if scheme not in PORTS:
        raise UrlRefused(f"{scheme}: URLs are not opened: use one of {', '.join(PORTS)}")
    if UNPRINTABLE.search(text):
        raise UrlRefused(f"the {scheme} URL holds a blank, a control character or a backslash: percent-encode it")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UrlRefused(f"the {scheme} URL cannot be read: its host or port is malformed") from error
    if not host or port == 0:
        raise UrlRefused(f"the {scheme} URL names no host or port 0: write {scheme}://host/path")
    return SafeUrl(scheme, host, port or PORTS[scheme], parts.path, text)


def _parse_file(text: str, *, allow_files: bool) -> SafeUrl:
    if not allow_files:
        raise UrlRefused("files are not opened here: give a URL, or set allow_files to replay a recording")
    path = text
    if SCHEME.match(text):
        rest = text.partition(":")[2]
        path = unquote(rest[2:].removeprefix("localhost") if rest.startswith("//") else rest)
    if not path or "\0" in path:
        raise UrlRefused("the file URL names no file")
    return SafeUrl("file", "", 0, path, path)


@dataclass(frozen=True, slots=True)
class Fetched:
    url: SafeUrl  # after redirects: what relative links start from
    body: bytes
    content_type: str


class Body:
    """An answer under way: read it piece by piece."""

    def __init__(self, url: SafeUrl, response: httpx.Response) -> None:
        self.url = url
        self.content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.encoding = response.headers.get("content-encoding", "identity").strip().lower()
        length = response.headers.get("content-length", "")
        self.length = int(length) if length.isdecimal() else None
        self.seekable = response.headers.get("accept-ranges", "").strip().lower() == "bytes"
        self.ranged = response.status_code == httpx.codes.PARTIAL_CONTENT
        self.pieces = response.iter_raw(CHUNK)


class GuardedClient:
    """Fetches over HTTP(S) what strangers' URLs point to. May be used from several threads.

    Addresses are checked and pinned as we connect, every redirect is checked like the first URL, sizes are bounded
    (after decompression), and a deadline covers the whole request, from the look-up to the last byte.
    """

    def __init__(self, *, allow_private: bool = False, clock: Clock | None = None) -> None:
        self._clock = clock or SteadyClock()
        self._waiting = Waiting()
        self._client = httpx.Client(
            transport=_PinnedTransport(PinnedBackend(self._waiting, allow_private=allow_private)),
            headers={"user-agent": AGENT, "accept-encoding": "identity"},
            timeout=None,  # `Patience` bounds every wait  # noqa: S113
            trust_env=False,
        )

    def get(self, url: str, *, max_bytes: int, deadline_s: float) -> bytes:
        return self.fetch(parse_url(url), max_bytes=max_bytes, deadline_s=deadline_s).body

    def fetch(
        self,
        url: SafeUrl,
        *,
        max_bytes: int,
        deadline_s: float,
        span: tuple[int, int] | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> Fetched:
        """`span`: first byte and length. `tick` is called at least four times a second and may raise to abort."""
        headers = {} if span is None else {"range": f"bytes={span[0]}-{span[0] + span[1] - 1}"}
        with self.open(url, deadline_s=deadline_s, headers=headers, tick=tick) as answer:
            body = _collect(answer, max_bytes)
        if span is not None and not answer.ranged:
            body = body[span[0] : span[0] + span[1]]  # the server knows no ranges and sent all of it
        return Fetched(answer.url, body, answer.content_type)

    @contextmanager
    def open(
        self,
        url: SafeUrl,
        *,
        deadline_s: float,
        headers: dict[str, str] | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> Iterator[Body]:
        """The body as it comes. Belongs to the calling thread until closed."""
        if url.scheme not in {"http", "https"}:
            raise UrlRefused(f"{url}: only http and https can be fetched")
        outer = self._waiting.patience
        self._waiting.patience = Patience(self._clock, self._clock.now() + deadline_s, tick)
        try:
            with _told_plainly(url):
                target, response = self._follow(url, headers or {})
                try:
                    yield Body(target, response)
                finally:
                    response.close()
        finally:
            self._waiting.patience = outer

    def extend(self, deadline_s: float) -> None:
        """Gives the body that this thread reads so much time from now on: for streams that never end."""
        if self._waiting.patience is not None:
            self._waiting.patience.deadline = self._clock.now() + deadline_s

    def close(self) -> None:
        self._client.close()

    def _follow(self, url: SafeUrl, headers: dict[str, str]) -> tuple[SafeUrl, httpx.Response]:
        target = url
        for _ in range(MAX_REDIRECTS + 1):
            response = self._client.send(
                self._client.build_request("GET", target.reveal(), headers=headers), stream=True
            )
            if not response.has_redirect_location:
                _refuse_failure(target, response)
                return target, response
            location = response.headers["location"]
            response.close()
            target = target.join(location)
        raise SourceRefused(f"{url}: more than {MAX_REDIRECTS} redirects", Reason.SERVER_ERROR)


class _PinnedTransport(httpx.HTTPTransport):
    def __init__(self, backend: PinnedBackend) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            network_backend=backend,
            max_connections=64,
            keepalive_expiry=15.0,
        )


def _refuse_failure(url: SafeUrl, response: httpx.Response) -> None:
    status = response.status_code
    if status < 400:
        return
    response.close()
    if status in {401, 403}:
        raise SourceRefused(
            f"{url}: the server answers {status}: is the key or its date still valid?", Reason.FORBIDDEN
        )
    if status in {404, 410}:
        raise SourceRefused(f"{url}: the server answers {status}: nothing is published there", Reason.NOT_FOUND)
    raise SourceLost(f"{url}: the server answers {status}: the trouble is on its side", Reason.SERVER_ERROR)


def _collect(answer: Body, max_bytes: int) -> bytes:
    packed = answer.encoding in {"gzip", "x-gzip", "deflate"}
    unpack = zlib.decompressobj(47) if packed else None
    body = bytearray()
    for piece in answer.pieces:
        room = max_bytes + 1 - len(body)
        body += piece if unpack is None else unpack.decompress(piece, room)
        if len(body) > max_bytes:
            raise SourceRefused(f"{answer.url}: longer than {max_bytes} bytes: refused", Reason.BAD_MEDIA)
    return bytes(body)


@contextmanager
def _told_plainly(url: SafeUrl) -> Iterator[None]:
    """The HTTP library's errors in our words: its own messages may repeat the URL."""
    try:
        yield
    except SourceError:
        raise
    except httpx.ConnectTimeout as error:
        raise SourceLost(f"{url}: no connection in time", Reason.OPEN_TIMEOUT) from error
    except (httpx.TimeoutException, httpcore.TimeoutException) as error:
        raise SourceLost(f"{url}: no complete answer in time", Reason.READ_TIMEOUT) from error
    except httpx.ConnectError as error:
        raise _unconnected(url, error) from error
    except (httpx.HTTPError, httpx.InvalidURL, zlib.error) as error:
        raise SourceLost(f"{url}: the server broke off: {type(error).__name__}", Reason.SERVER_ERROR) from error


def _unconnected(url: SafeUrl, error: httpx.ConnectError) -> SourceLost:
    text = str(error).lower()
    if "certificate" in text or "ssl" in text or "tls" in text:
        return SourceLost(f"{url}: no trustworthy TLS connection: check its certificate", Reason.TLS)
    if "refused" in text:
        return SourceLost(f"{url}: connection refused: is the server running on that port?", Reason.REFUSED)
    return SourceLost(f"{url}: cannot be reached", Reason.UNREACHABLE)
