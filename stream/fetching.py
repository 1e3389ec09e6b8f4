"""Catalogue pictures from the web, through the client that decides what may be opened. Knows no gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.errors import FetchError
from indexes.images import ImageLimits
from indexes.product import shown
from stream.errors import SourceError
from stream.types import Reason
from stream.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.urls import GuardedClient

FETCH_DEADLINE_S = 30.0
AGAIN = {Reason.OPEN_TIMEOUT, Reason.READ_TIMEOUT, Reason.REFUSED, Reason.UNREACHABLE, Reason.SERVER_ERROR}


def fetch_with(
    client: GuardedClient,
    *,
    within: Callable[[], float] = lambda: FETCH_DEADLINE_S,
    tick: Callable[[], None] = lambda: None,
) -> Callable[[str], bytes]:
    """Pictures from the web through the client that decides what may be opened.

    `within`: seconds that are left for the next of them. `tick` is called four times a second and may raise to abort.
    """
    limit = ImageLimits().bytes

    def fetch(link: str) -> bytes:
        tick()
        try:
            return client.fetch(parse_url(link), max_bytes=limit, deadline_s=_left(link, within()), tick=tick).body
        except SourceError as error:
            raise FetchError(str(error), retriable=error.reason in AGAIN) from error

    return fetch


def _left(link: str, seconds: float) -> float:
    if seconds <= 0:
        raise FetchError(f"picture {shown(link)}: no time was left to fetch it: ask again", retriable=False)
    return seconds
