"""A worker whose gallery is changed while it works: products come and go on the air, what is bad is refused."""

from __future__ import annotations

import asyncio
import csv
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
import httpx
import pytest
from structlog.testing import capture_logs

from engines.fake import FakeBundle, picture_of
from indexes.build import build_gallery
from indexes.change import add_products, remove_products
from stream import worker as module
from stream.config import WorkerConfig
from stream.types import Change, Reason
from stream.worker import Worker
from tests.integration.shows import Collector

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.web import Web

pytestmark = [pytest.mark.media, pytest.mark.timeout(120)]

SECONDS, FPS, WITHIN_S = 60, 10, 30.0
BUNDLE = FakeBundle()


def feed_of(folder: Path, titles: Mapping[int, str]) -> Path:
    """Products p1, p2, ... with pictures that the fake engine reads their numbers from."""
    with (path := folder / "feed.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "image_link"])
        for number, title in titles.items():
            cv2.imwrite(str(folder / f"{number}.png"), picture_of(number)[:, :, ::-1])
            writer.writerow([f"p{number}", title, f"{number}.png"])
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Somebody shows product 2 for a minute."""
    with av.open(str(path := tmp_path / "live.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": str(FPS // 2)})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for i in range(SECONDS * FPS):
            frame = av.VideoFrame.from_ndarray(picture_of(2), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "open_bundle", lambda _: BUNDLE)
    build_gallery(
        feed_of(tmp_path, {1: "One", 2: "Two", 3: "Three"}),
        encoder=BUNDLE.encoder(),
        bundle_name=BUNDLE.name,
        bundle_hash=BUNDLE.hash,
        out=tmp_path / "gallery",
        votes=False,
    )
    return tmp_path / "gallery"


def add(gallery: Path, titles: Mapping[int, str]) -> None:
    add_products(gallery, feed_of(gallery.parent, titles), encoder=BUNDLE.encoder(), bundle_hash=BUNDLE.hash)


def config(gallery: Path, video: Path) -> WorkerConfig:
    streams = [
        {"stream_id": name, "url": str(video), "source": {"allow_files": True}, "products": products}
        for name, products in (("all", None), ("listed", ["p2", "p3"]))
    ]
    return WorkerConfig.model_validate({"gallery": gallery, "streams": streams, "gallery_check_s": 0.1})


async def test_products_leave_and_come_on_the_air_and_a_bad_gallery_is_refused(gallery: Path, video: Path) -> None:
    told = Collector()
    with capture_logs() as lines:
        async with Worker(config(gallery, video), sinks=[told]) as worker:
            first = worker.gallery().version
            await told.until(lambda: told.told("all") == told.told("listed") == ["p2"], within_s=WITHIN_S)
            assert told.products["all"][0].versions.gallery == first

            await asyncio.to_thread(remove_products, gallery, ["p2"])
            await told.until(lambda: told.hidden("all") == told.hidden("listed") == 1, within_s=WITHIN_S)
            for stream_id in ("all", "listed"):
                hidden = told.products[stream_id][-1]
                assert (hidden.product_id, hidden.reason) == ("p2", Reason.PRODUCT_REMOVED)
            without = worker.gallery()
            assert without.version == hidden.versions.gallery != first
            assert (without.products, without.refused) == (2, "")

            whole = await asyncio.to_thread((gallery / "delta.json").read_bytes)
            await asyncio.to_thread((gallery / "delta.json").write_bytes, whole[:-9])
            refused = await worker.reload_gallery()
            assert refused.version == without.version
            assert "delta.json cannot be read" in refused.refused
            assert worker.metrics.registry.get_sample_value("nowshowing_gallery_refused") == 1
            await asyncio.to_thread((gallery / "delta.json").write_bytes, whole)

            await asyncio.to_thread(add, gallery, {2: "Two, new"})
            await told.until(lambda: told.told("all") == told.told("listed") == ["p2", "p2"], within_s=WITHIN_S)
            shown = told.products["all"][-1]
            assert shown.state is Change.SHOWN
            assert shown.product is not None
            assert shown.product.title == "Two, new"
            assert shown.versions.gallery == worker.gallery().version != without.version
            assert worker.metrics.registry.get_sample_value("nowshowing_gallery_refused") == 0
            assert (worker.metrics.registry.get_sample_value("nowshowing_gallery_loads_total") or 0) >= 3
    errors = [line["event"] for line in lines if line["log_level"] == "error"]
    assert errors == ["gallery refused: the one in use serves on"]
    assert told.hidden("all") == told.hidden("listed") == 2


async def test_products_are_added_and_removed_over_http_with_pictures_from_the_web(
    gallery: Path, video: Path, web: Web
) -> None:
    """By the worker's own engine; the other worker of the same folder sees it too."""
    feed_of(gallery.parent, {2: "Two"})
    web.pages["/2.png"] = (gallery.parent / "2.png").read_bytes()
    told = Collector()
    http = {"http": {"port": 0, "open_on_loopback": True, "allow_private_hosts": True}}
    both = WorkerConfig.model_validate(config(gallery, video).model_dump() | http)
    quiet = both.model_copy(update={"streams": (), "gallery_check_s": 60.0})
    async with (
        Worker(both, sinks=[told]) as worker,
        Worker(quiet, sinks=[Collector()]) as other,
        httpx.AsyncClient(base_url=worker.http_url, timeout=20) as client,
    ):
        await told.until(lambda: told.told("all") == ["p2"], within_s=WITHIN_S)
        gone = (await client.delete("/v1/products/p2")).json()
        assert (gone["removed"], gone["products"]) == (1, 2)
        assert (await client.get("/v1/gallery")).json()["version"] == gone["version"]
        await told.until(lambda: told.hidden("all") == 1, within_s=WITHIN_S)
        assert (await client.delete("/v1/products/p2")).status_code == 404

        rows = [{"id": "p2", "title": "Two, back", "image_link": web.url("/2.png")}]
        rows += [{"id": "p9", "title": "Nine", "image_link": web.url("/9.png")}]
        come = (await client.post("/v1/products", json=rows)).json()
        assert (come["added"], come["products"]) == (1, 3)
        assert any("9.png" in problem for problem in come["problems"])
        await told.until(lambda: told.told("all") == ["p2", "p2"], within_s=WITHIN_S)
        shown = told.products["all"][-1].product
        assert shown is not None
        assert shown.title == "Two, back"
        assert (await other.reload_gallery()).version == come["version"]
        await asyncio.to_thread(add, gallery, {8: "Eight"})
        unseen = await other.remove_product("p8")
        assert unseen is not None
        assert (unseen.removed, unseen.products) == (1, 3)
        refused = await client.post("/v1/products", json=[rows[1]])
        assert (refused.status_code, "no product has a usable picture" in refused.json()["detail"]) == (409, True)
