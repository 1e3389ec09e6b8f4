"""Who looks like whom is learned beside the livestreams; whatever goes wrong there stays there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest
from structlog.testing import capture_logs

from engines.fake import FakeBundle, FakeMatcher, picture_of
from indexes.build import build_gallery
from indexes.gallery import Gallery, open_gallery
from stream.clock import ManualClock
from stream.heard import NOBODY, Alike
from stream.kinship import Kinship

if TYPE_CHECKING:
    from pathlib import Path

    from engines.base import Encoded

pytestmark = pytest.mark.unit


class Broken(FakeMatcher):
    def same_print(self, one: Encoded, two: Encoded) -> bool:
        del one, two
        raise OSError("the disk is gone")


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    """Honey and cocoa have one picture; the lamp has its own."""
    bundle, rows = FakeBundle(), ["id,title,image_link,item_group_id"]
    for name, number, group in (("honey", 1, "oats"), ("cocoa", 1, "oats"), ("lamp", 2, "")):
        (tmp_path / f"{name}.png").write_bytes(cv2.imencode(".png", picture_of(number))[1].tobytes())
        rows.append(f"{name},{name},{name}.png,{group}")
    (tmp_path / "feed.csv").write_text("\n".join(rows), encoding="utf-8")
    build_gallery(
        tmp_path / "feed.csv",
        encoder=bundle.encoder(1),
        bundle_name=bundle.name,
        bundle_hash=bundle.hash,
        out=tmp_path / "gallery",
        votes=bundle.votes,
    )
    return open_gallery(tmp_path / "gallery", bundle_hash=bundle.hash)


async def test_nobody_is_known_to_be_alike_until_it_is_learned(gallery: Gallery) -> None:
    kinship = Kinship(gallery, FakeMatcher(), ManualClock())
    everything, lamp = kinship.of(gallery.scope()), kinship.of(gallery.scope(product_ids=["lamp"]))
    assert everything.alike == NOBODY
    with capture_logs() as lines:
        await kinship.learn()
    assert everything.alike.twins == dict.fromkeys(("honey", "cocoa"), ("cocoa", "honey"))
    assert lamp.alike == NOBODY
    assert [(line["event"], line["twins"], line["products"]) for line in lines] == [("look-alikes compared", 2, 4)]


def test_livestreams_of_the_same_products_learn_together(gallery: Gallery) -> None:
    kinship = Kinship(gallery, FakeMatcher(), ManualClock())
    assert kinship.of(gallery.scope()) is kinship.of(gallery.scope())
    assert kinship.of(gallery.scope()) is not kinship.of(gallery.scope(product_ids=["lamp"]))


async def test_a_picture_that_cannot_be_compared_leaves_what_the_feed_says(gallery: Gallery) -> None:
    kinship = Kinship(gallery, Broken(), ManualClock())
    kin = kinship.of(gallery.scope())
    with capture_logs() as lines:
        await kinship.learn()
    assert kin.alike == Alike({"honey": "oats", "cocoa": "oats"})
    assert [(line["log_level"], line["why"]) for line in lines] == [("error", "the disk is gone")]


async def test_a_worker_that_stops_waits_for_no_more_than_one_pair(gallery: Gallery) -> None:
    kinship = Kinship(gallery, Broken(), ManualClock())
    kin = kinship.of(gallery.scope())
    kinship.stop()
    await kinship.learn()
    assert kin.alike.twins == {}
