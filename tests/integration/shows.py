"""A made-up show with its gallery, a sink that remembers, and a worker's config: for tests of whole livestreams."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from indexes.build import build_gallery
from stream.config import WorkerConfig
from stream.events import ProductData, StatusData
from stream.types import Change, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream.events import Event

SECONDS = 32.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Show:
    video: Path
    gallery: Path
    products: list[str]  # that the catalogue lists, in the order of the show


@pytest.fixture(scope="session")
def show(tmp_path_factory: pytest.TempPathFactory) -> Show:
    live = tmp_path_factory.mktemp("show") / "live"
    command = [sys.executable, "-m", "benchmarks.liveshop.render", "--seconds", str(SECONDS), "--out", str(live)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=180, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    bundle = open_bundle("classic")
    gallery = live.with_name("gallery")
    build_gallery(
        live / "feed.csv",
        encoder=bundle.encoder(1),
        bundle_name=bundle.name,
        bundle_hash=bundle.hash,
        out=gallery,
        votes=bundle.votes,
    )
    introductions = read_truth(live / "truth.jsonl").shown
    return Show(live / "live.mp4", gallery, [i.product_id for i in introductions if i.listed])


class Collector:
    """A sink that keeps what it was given, by livestream."""

    name = "collector"

    def __init__(self) -> None:
        self.products: dict[str, list[ProductData]] = {}
        self.statuses: dict[str, list[StatusData]] = {}
        self.live_at: dict[str, list[float]] = {}  # epoch seconds
        self._came = asyncio.Event()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, event: Event) -> None:
        if isinstance(event.data, ProductData):
            self.products.setdefault(event.stream_id, []).append(event.data)
        else:
            self.statuses.setdefault(event.stream_id, []).append(event.data)
            if event.data.state is State.LIVE:
                self.live_at.setdefault(event.stream_id, []).append(event.time.timestamp())
        self._came.set()

    async def until(self, condition: Callable[[], bool], *, within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                self._came.clear()
                await self._came.wait()

    def told(self, stream_id: str) -> list[str]:
        return [d.product_id for d in self.products.get(stream_id, []) if d.state is Change.SHOWN]

    def hidden(self, stream_id: str) -> int:
        return sum(d.state is Change.HIDDEN for d in self.products.get(stream_id, []))


def worker_config(gallery: Path, urls: Mapping[str, str], **source: object) -> WorkerConfig:
    streams = [{"stream_id": name, "url": url, "source": source} for name, url in urls.items()]
    return WorkerConfig.model_validate({"gallery": gallery, "http": None, "streams": streams})
