"""The overlay page and what it may load. Knows no event: the page fetches them itself."""

from __future__ import annotations

import html
import secrets
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from stream.errors import UsageError

SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


@cache
def template() -> str:
    """Read from disk once: first call it where blocking is no harm."""
    return files("stream.web").joinpath("overlay.html").read_text(encoding="utf-8")


def overlay(stream_id: str, video: str) -> HTMLResponse:
    """`video`: a picture to play behind the card, a path of this host or http(s); empty for none."""
    if video and not _playable(video):
        raise UsageError(f"video {video!r}: give a path on this host, or an http(s) URL")
    nonce = secrets.token_urlsafe(16)
    values = {"nonce": nonce, "stream": stream_id, "video": video}
    page = template()
    for name, value in values.items():
        page = page.replace(f"{{{name}}}", html.escape(value, quote=True))
    return HTMLResponse(page, headers={**SAFE, "Content-Security-Policy": _policy(nonce, video)})


def _playable(video: str) -> bool:
    parts = urlsplit(video)
    if parts.scheme:
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    return video.startswith("/") and not parts.netloc


def _policy(nonce: str, video: str) -> str:
    media = "media-src 'self' http: https: blob:; " if video else ""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' http: https:; "
        f"connect-src 'self'; {media}base-uri 'none'; form-action 'none'"
    )
