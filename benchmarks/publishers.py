"""Livestreams that are on air at a media server of our own, from one recording. Knows nothing of who watches."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.media_servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.media_servers import MediaServer

CUT_S = 3.0


class Publishers:
    """One publisher a livestream; `cut` kills the next one in turn, for three seconds."""

    def __init__(self, server: MediaServer, video: Path, names: list[str]) -> None:
        self._server, self._video, self._names = server, video, names
        self._turn = 0
        self._stacks = {name: contextlib.ExitStack() for name in names}
        for name in names:
            self._publish(name)

    def _publish(self, name: str) -> None:
        self._stacks[name].enter_context(self._server.publishing(self._video, name))

    async def cut(self) -> None:
        name = self._names[self._turn % len(self._names)]
        self._turn += 1
        self._stacks[name].close()
        await asyncio.sleep(CUT_S)
        self._publish(name)

    def close(self) -> None:
        for stack in self._stacks.values():
            stack.close()


@contextlib.contextmanager
def on_air(work: Path, video: Path, names: list[str]) -> Iterator[tuple[MediaServer, Publishers]]:
    root = Path(tempfile.mkdtemp(prefix="nginx-", dir=work))
    with running(root) as server:
        publishers = Publishers(server, video, names)
        try:
            yield server, publishers
        finally:
            publishers.close()
