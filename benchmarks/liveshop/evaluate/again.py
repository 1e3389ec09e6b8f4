"""Views that closed windows, looked up once more in another gallery: nothing is decoded or encoded twice. No scores.

A view holds its whole picture, 2.8 MB at 720p: those of four minutes are a gigabyte. So they are looked up while the
live is being watched, and what that takes is counted, to be taken off what watching took.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from benchmarks.liveshop.evaluate.recorder import ranked
from stream.fuse import Fuser
from stream.matching import looker
from stream.types import Window

if TYPE_CHECKING:
    from concurrent.futures import Future

    from benchmarks.liveshop.evaluate.recorder import Kept
    from benchmarks.liveshop.evaluate.trace import Ranked
    from engines.bundle import Bundle
    from indexes.gallery import Gallery


class Again:
    """`with Again(gallery, bundle) as again:` push the views in order; `found`, by their numbers, is whole after it.

    A replay waits for each, so that it does not compete with the search that is measured; a live `on_air` cannot.
    What breaks is raised on leaving, not in the livestream, which would be started anew.
    """

    def __init__(self, gallery: Gallery, bundle: Bundle, *, on_air: bool = False) -> None:
        self.found: dict[int, Ranked] = {}
        self.waited_s = self.cpu_s = 0.0  # what watching waited for it; what it took of the process
        self._on_air = on_air
        self._look = looker(bundle.matcher())
        self._scope = gallery.scope()
        self._known = {product.product_id for product in gallery.products}
        self._fuser = Fuser(bundle.presence)
        self._thread = ThreadPoolExecutor(1, "main images")
        self._asked: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown(cancel_futures=kind is not None)
        if kind is None:
            for asked in self._asked:
                asked.result()

    async def push(self, one: Kept) -> None:
        asked = self._thread.submit(self._look_up, one)
        self._asked.append(asked)
        if not self._on_air:
            started = time.perf_counter()
            await asyncio.wait([waited := asyncio.wrap_future(asked)])
            waited.exception()  # seen: it is raised on leaving
            self.waited_s += time.perf_counter() - started

    def _look_up(self, one: Kept) -> None:
        """In the thread."""
        started = time.thread_time()
        view = one.query.view
        tracked = self._known.intersection(one.query.tracked)
        self._fuser.push(self._look(replace(one.query, scope=self._scope, tracked=tracked, only=None)))
        self.found[one.index] = ranked(self._fuser.close(Window(view.at, view.at, (view,))))
        self.cpu_s += time.thread_time() - started
