"""Products put into the gallery on the disk and taken out of it, asked for over HTTP. One loop's; knows no route.

The gallery's folder is changed, as the command line does it, and so for every worker that reads it. Pictures are
encoded by the worker's own engine, between those of its livestreams.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.change import add_products, remove_products
from stream.fetching import fetch_with
from stream.urls import GuardedClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.base import Encoded
    from indexes.change import Change
    from stream.batching import Batcher
    from stream.types import Image

    Rows = Sequence[Mapping[str, object]]


class Stocking:
    def __init__(
        self, gallery: Path, bundle_hash: str, encode: Batcher[Image, Encoded], *, allow_private: bool
    ) -> None:
        """`allow_private`: pictures may lie at private addresses."""
        self._gallery, self._hash, self._encode = gallery, bundle_hash, encode
        self._allow_private = allow_private
        self._one = asyncio.Lock()

    async def add(self, rows: Rows) -> Change:
        """`rows`: as in a product feed. Raises IndexesError; what is wrong with single rows is in `problems`."""
        async with self._one:
            return await asyncio.to_thread(self._add, rows, _Asking(self._encode, asyncio.get_running_loop()))

    async def remove(self, product_id: str) -> Change:
        async with self._one:
            return await asyncio.to_thread(remove_products, self._gallery, [product_id])

    def _client(self) -> GuardedClient:
        return GuardedClient(allow_private=self._allow_private)

    def _add(self, rows: Rows, encoder: _Asking) -> Change:
        with tempfile.TemporaryDirectory(prefix="nowshowing-") as folder, closing(self._client()) as client:
            feed = Path(folder) / "feed.jsonl"
            feed.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            return add_products(
                self._gallery, feed, encoder=encoder, bundle_hash=self._hash, fetch=fetch_with(client)
            )


class _Asking:
    """The worker's engine, asked from a thread as any livestream asks it: one picture after the other."""

    def __init__(self, encode: Batcher[Image, Encoded], loop: asyncio.AbstractEventLoop) -> None:
        self._encode, self._loop = encode, loop

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        return [asyncio.run_coroutine_threadsafe(self._encode.ask(image), self._loop).result() for image in images]
