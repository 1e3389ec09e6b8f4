"""Who may ask what: bearer tokens with roles, before any route is looked at. Knows no route but by its path."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from stream.errors import UsageError

if TYPE_CHECKING:
    from pydantic import SecretStr
    from starlette.types import ASGIApp, Receive, Scope, Send

    from stream.config import HttpConfig

# What a browser or OBS loads by URL alone: it cannot send a header, so the read token may be in the query there.
BY_URL = re.compile(r"/overlay/[^/]+|/v1/streams/[^/]+/events|/v1/products/.+/image")
MAX_BODY = 4 << 20  # two hundred products with long texts
READING = {"GET", "HEAD", "OPTIONS"}


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check(config: HttpConfig) -> None:
    """Refuses what would be open to the world, and what would be open to nobody."""
    if config.open_on_loopback and not is_loopback(config.host):
        raise UsageError(
            f"http.open_on_loopback is set but http.host {config.host} is not a loopback address: "
            "set http.read_token and http.control_token, or bind to 127.0.0.1"
        )
    if not config.open_on_loopback and config.read_token is None and config.control_token is None:
        raise UsageError(
            "http has no token, so nobody could use it: set http.read_token (and http.control_token for changes), "
            "or http.open_on_loopback = true on a loopback address"
        )


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: HTTPStatus
    detail: str


class Guard:
    """ASGI middleware around everything, so that no route can be forgotten."""

    def __init__(self, app: ASGIApp, config: HttpConfig) -> None:
        self._app = app
        self._open = config.open_on_loopback
        self._read = _secret(config.read_token)
        self._control = _secret(config.control_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = (self._refusal(scope) or _too_long(scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await _refuse(refusal, send)

    def _refusal(self, scope: Scope) -> _Refusal | None:
        wanted = (b"authorization", b"host", b"origin")
        headers = {name: value for name, value in scope["headers"] if name in wanted}
        reading = scope["method"] in READING
        if self._open:
            foreign = _foreign_host(headers.get(b"host", b"").decode("latin-1"))
            return foreign or (None if reading else _foreign_page(headers.get(b"origin")))
        token = _bearer(headers.get(b"authorization", b""))
        if token is None and reading and BY_URL.fullmatch(scope["path"]):
            # Never the control token: URLs end up in histories and in other people's logs.
            return None if _same(_queried(scope["query_string"]), self._read) else _unknown()
        if _same(token, self._control) or (reading and _same(token, self._read)):
            return None
        if _same(token, self._read):
            return _Refusal(HTTPStatus.FORBIDDEN, "this token may read only; changes need the control token")
        return _unknown()


def _unknown() -> _Refusal:
    return _Refusal(HTTPStatus.UNAUTHORIZED, "send a valid token: Authorization: Bearer TOKEN")


def _too_long(scope: Scope) -> _Refusal | None:
    """A body is read whole and parsed on the loop: a long one would take memory, and time from all livestreams."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return _Refusal(HTTPStatus.LENGTH_REQUIRED, "send the body in one piece, with its Content-Length")
    if int(headers.get(b"content-length", b"0")) > MAX_BODY:
        return _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{MAX_BODY} bytes are the most: send fewer at once")
    return None


def _foreign_host(host: str) -> _Refusal | None:
    """Open on loopback is for this machine's own pages: a foreign name that resolves here is an attack."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if is_loopback(name.strip("[]")):
        return None
    return _Refusal(HTTPStatus.FORBIDDEN, "open on loopback only: ask for it as localhost or 127.0.0.1")


def _foreign_page(origin: bytes | None) -> _Refusal | None:
    """A browser says whose page asks. One from elsewhere needs no answer to have changed something here."""
    if origin is None or is_loopback(_host_of(origin.decode("latin-1"))):
        return None
    return _Refusal(HTTPStatus.FORBIDDEN, "open on loopback only: pages of other hosts may change nothing here")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _secret(value: SecretStr | None) -> bytes | None:
    return None if value is None else value.get_secret_value().encode()


def _bearer(header: bytes) -> bytes | None:
    scheme, _, token = header.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None


def _queried(query: bytes) -> bytes | None:
    values = parse_qs(query.decode("latin-1")).get("token")
    return values[0].encode() if values else None


def _same(given: bytes | None, wanted: bytes | None) -> bool:
    return given is not None and wanted is not None and hmac.compare_digest(given, wanted)


async def _refuse(refusal: _Refusal, send: Send) -> None:
    body = json.dumps({"detail": refusal.detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
