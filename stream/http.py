"""Serves a worker's routes inside the worker's own loop. Knows sockets and uvicorn; the routes are in stream/web."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Self

import uvicorn

from stream.errors import UsageError
from stream.web import guard, overlay
from stream.web.app import make_app
from stream.web.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from stream.config import HttpConfig
    from stream.metrics import Metrics
    from stream.web.facts import WorkerFacts

BACKLOG = 128
GRACE_S = 2  # for answers under way when the worker stops
MAX_CONNECTIONS = 1024  # beyond that callers get 503: readers of events stay connected


class HttpServer:
    """`async with HttpServer(config, facts, metrics) as server: server.url`."""

    def __init__(self, config: HttpConfig, facts: WorkerFacts, metrics: Metrics) -> None:
        guard.check(config)
        self._config = config
        self._feed = Feed(metrics)
        self._app = make_app(config, facts, metrics, self._feed)
        self._facts = facts
        self._group = asyncio.TaskGroup()
        self._server: _Server | None = None
        self.port = config.port

    @property
    def url(self) -> str:
        host = f"[{self._config.host}]" if ":" in self._config.host else self._config.host
        return f"http://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(overlay.template)
        listening = await asyncio.to_thread(_listen, self._config)
        self.port = listening.getsockname()[1]
        self._facts.watch(self._feed.push)
        self._server = _Server(_settings(self._app))
        await self._group.__aenter__()
        self._group.create_task(self._server.serve(sockets=[listening]), name="http")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.close()
        if self._server is not None:
            self._server.should_exit = True
        await self._group.__aexit__(None, None, None)  # its end is graceful also when the worker's is not


class _Server(uvicorn.Server):
    """Signals belong to the program, not to one of its parts."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _settings(app: guard.Guard) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",  # below it, requests are logged whole
        access_log=False,  # request lines may carry a token
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
    )


def _listen(config: HttpConfig) -> socket.socket:
    """Binding here rather than in uvicorn, which would end the program where the port is taken."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
    except OSError as error:
        raise UsageError(f"http.host {config.host!r}: {error.strerror}; give an address of this machine") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.settimeout(0.0)
    except OSError as error:
        listening.close()
        what = f"http {config.host}:{config.port}"
        raise UsageError(
            f"{what}: cannot listen: {error.strerror}; choose another http.port, 0 for a free one"
        ) from error
    return listening
