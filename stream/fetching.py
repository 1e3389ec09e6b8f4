"""Catalogue pictures from the web, through the client that decides what may be opened. Knows no gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.errors import FetchError
from indexes.images import ImageLimits
from stream.errors import SourceError
from stream.types import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.urls import GuardedClient

FETCH_DEADLINE_S = 30.0
AGAIN = {Reason.OPEN_TIMEOUT, Reason.READ_TIMEOUT, Reason.REFUSED, Reason.UNREACHABLE, Reason.SERVER_ERROR}


def fetch_with(client: GuardedClient) -> Callable[[str], bytes]:
    """Pictures from the web through the client that decides what may be opened."""
    limit = ImageLimits().bytes

    def fetch(link: str) -> bytes:
        try:
            return client.get(link, max_bytes=limit, deadline_s=FETCH_DEADLINE_S)
        except SourceError as error:
            raise FetchError(str(error), retriable=error.reason in AGAIN) from error

    return fetch
