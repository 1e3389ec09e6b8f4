"""Products put into the gallery on the disk and taken out of it, asked for over HTTP. One loop's; knows no route.

The gallery's folder is changed, as the command line does it, and so for every worker that reads it. Pictures are
encoded by the worker's own engine, between those of its livestreams.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.change import add_products, remove_products
from stream.errors import ClosedError
from stream.fetching import fetch_with
from stream.urls import GuardedClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engines.base import Encoded
    from indexes.change import Change
    from stream.batching import Batcher
    from stream.clock import Clock
    from stream.types import Image

    Rows = Sequence[Mapping[str, object]]

PICTURE_S = 10.0  # for one picture: whoever stops the worker waits for one that does not even connect
PICTURES_S = 60.0  # for all of a request: others wait to add theirs


class Stocking:
    def __init__(
        self, gallery: Path, bundle_hash: str, encode: Batcher[Image, Encoded], clock: Clock, *, allow_private: bool
    ) -> None:
        """`allow_private`: pictures may lie at private addresses."""
        self._gallery, self._hash, self._encode, self._clock = gallery, bundle_hash, encode, clock
        self._allow_private = allow_private
        self._adding, self._removing = asyncio.Lock(), asyncio.Lock()  # a thread each at most
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Whoever is adding gives up: what they sent is not added."""
        self._stopped.set()

    async def add(self, rows: Rows) -> Change:
        """`rows`: as in a product feed. What is wrong with single rows is in `problems`.

        Raises IndexesError, and ClosedError where the worker stops before it is done.
        """
        async with self._adding:
            return await asyncio.to_thread(self._add, rows, _Asking(self._encode, asyncio.get_running_loop()))

    async def remove(self, product_id: str) -> Change:
        """Waits for nobody's pictures: it is to go off the air."""
        async with self._removing:
            return await asyncio.to_thread(remove_products, self._gallery, [product_id])

    def _client(self) -> GuardedClient:
        return GuardedClient(allow_private=self._allow_private)

    def _add(self, rows: Rows, encoder: _Asking) -> Change:
        with tempfile.TemporaryDirectory(prefix="nowshowing-") as folder, closing(self._client()) as client:
            feed = Path(folder) / "feed.jsonl"
            feed.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            fetch = fetch_with(client, within=self._patience(), tick=self._go_on)
            return add_products(self._gallery, feed, encoder=encoder, bundle_hash=self._hash, fetch=fetch)

    def _patience(self) -> Callable[[], float]:
        until = self._clock.now() + PICTURES_S
        return lambda: min(PICTURE_S, until - self._clock.now())

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise ClosedError("this worker stops: nothing was added, ask again")


class _Asking:
    """The worker's engine, asked from a thread as any livestream asks it: one picture after the other."""

    def __init__(self, encode: Batcher[Image, Encoded], loop: asyncio.AbstractEventLoop) -> None:
        self._encode, self._loop = encode, loop

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        return [asyncio.run_coroutine_threadsafe(self._encode.ask(image), self._loop).result() for image in images]
