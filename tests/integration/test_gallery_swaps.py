"""A worker whose gallery is changed while it works: products come and go on the air, what is bad is refused."""

from __future__ import annotations

import asyncio
import csv
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
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
