"""Products put into a gallery by a worker whose pictures' servers are slow, and a worker that stops meanwhile."""

from __future__ import annotations

import asyncio
import csv
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import cv2
import pytest

from engines.fake import FakeBundle, picture_of
from indexes.build import build_gallery
from indexes.errors import GalleryError
from indexes.gallery import open_gallery
from stream.batching import Batcher
from stream.clock import ManualClock, SteadyClock
from stream.errors import ClosedError
from stream.stocking import PICTURES_S, Stocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from engines.base import Encoded
    from stream.clock import Clock
    from stream.types import Image
    from tests.web import Handler, Web

pytestmark = pytest.mark.unit

BUNDLE = FakeBundle()


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    with (feed := tmp_path / "feed.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "image_link"])
        for number in (1, 2):
            cv2.imwrite(str(tmp_path / f"{number}.png"), picture_of(number)[:, :, ::-1])
            writer.writerow([f"p{number}", f"Product {number}", f"{number}.png"])
    build_gallery(
        feed, encoder=BUNDLE.encoder(), bundle_name="fake", bundle_hash=BUNDLE.hash, out=tmp_path / "gallery",
        votes=False,
    )  # fmt: skip
    return tmp_path / "gallery"


@asynccontextmanager
async def stocking(gallery: Path, clock: Clock) -> AsyncIterator[Stocking]:
    encode: Batcher[Image, Encoded] = Batcher("encode", BUNDLE.encoder().encode, max_batch=4)
    encode.start()
    yield Stocking(gallery, BUNDLE.hash, encode, clock, allow_private=True)
    await encode.stop(deadline_s=5)


def row(number: int, link: str) -> dict[str, object]:
    return {"id": f"p{number}", "title": f"Product {number}", "image_link": link}


async def test_a_product_goes_off_the_air_while_pictures_of_others_do_not_come(gallery: Path, web: Web) -> None:
    loop, asked = asyncio.get_running_loop(), asyncio.Event()

    def says_nothing(handler: Handler) -> None:
        loop.call_soon_threadsafe(asked.set)
        handler.web.closing.wait(30)

    web.pages["/slow.png"] = says_nothing
    async with stocking(gallery, SteadyClock()) as stock:
        adding = asyncio.create_task(stock.add([row(3, web.url("/slow.png"))]))
        await asked.wait()
        assert (await stock.remove("p1")).removed == 1
        assert not adding.done()
        stock.stop()
        with pytest.raises(ClosedError, match="this worker stops: nothing was added, ask again"):
            await adding
    left = await asyncio.to_thread(open_gallery, gallery, bundle_hash=BUNDLE.hash)
    assert [product.product_id for product in left.products] == ["p2"]


async def test_who_asks_a_worker_that_stops_is_told_so(gallery: Path, web: Web) -> None:
    async with stocking(gallery, ManualClock()) as stock:
        stock.stop()
        with pytest.raises(ClosedError, match="ask again"):
            await stock.add([row(3, web.url("/3.png"))])
    assert not web.asked


async def test_pictures_that_take_too_long_together_are_left_out_and_named(gallery: Path, web: Web) -> None:
    clock = ManualClock()

    def dawdles(handler: Handler) -> None:
        clock.advance(PICTURES_S)
        handler.web.status(503)(handler)

    web.pages["/slow.png"] = dawdles
    async with stocking(gallery, clock) as stock:
        with pytest.raises(GalleryError, match=r"slow\.png: no time was left to fetch it: ask again"):
            await stock.add([row(3, web.url("/slow.png"))])
    assert web.asked == ["/slow.png"]
