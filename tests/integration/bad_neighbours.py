"""A shop of numbers and a recording of it, for a worker whose other livestreams are in trouble. Fake engines."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
import pytest

from engines.fake import FakeBundle, picture_of
from indexes.build import build_gallery
from stream.events import ProductData, StatusData

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.events import Event

FPS = 10
SHOWN = (0, 3, 3, 0, 5, 0, 7, 7, 3, 0)  # what is in view, two seconds each; 0 is nothing


class Kept:
    """A sink that keeps what it takes, and lets a test wait for it."""

    name = "kept"

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Condition()

    async def start(self) -> None:
        pass

    async def send(self, event: Event) -> None:
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def stop(self) -> None:
        pass

    async def until(self, condition: Callable[[], bool], deadline_s: float = 30.0) -> None:
        async with asyncio.timeout(deadline_s), self._changed:
            await self._changed.wait_for(condition)

    def statuses(self, stream_id: str) -> set[str]:
        data = [event.data for event in self.events if event.stream_id == stream_id]
        return {f"{d.state}: {d.reason}" for d in data if isinstance(d, StatusData)}

    def products(self, stream_id: str) -> list[tuple[str, str, float, float | None]]:
        """What was said of products, without what differs between two runs: wall clocks, versions and latencies."""
        data = [event.data for event in self.events if event.stream_id == stream_id]
        return [
            (d.state.value, d.product_id, d.shown_at.pts, None if d.hidden_at is None else d.hidden_at.pts)
            for d in data
            if isinstance(d, ProductData)
        ]


@pytest.fixture(scope="session")
def number_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of nine numbers, and `show.mp4` beside it."""
    folder = tmp_path_factory.mktemp("number-shop")
    for number in range(1, 10):
        cv2.imwrite(str(folder / f"{number}.png"), picture_of(number)[:, :, ::-1])
    rows = "".join(f"p{number},Product {number},{number}.png\n" for number in range(1, 10))
    (folder / "feed.csv").write_text("id,title,image_link\n" + rows)
    fake = FakeBundle()
    build_gallery(
        folder / "feed.csv",
        encoder=fake.encoder(),
        bundle_name=fake.name,
        bundle_hash=fake.hash,
        out=folder / "gallery",
        votes=fake.votes,
    )
    _record(folder / "show.mp4")
    return folder


def _record(path: Path) -> None:
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "10"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        for i in range(2 * FPS * len(SHOWN)):
            frame = av.VideoFrame.from_ndarray(picture_of(SHOWN[i // (2 * FPS)]), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
