"""The gallery of a running worker: what takes its place, what does not and why, and what livestreams get of it."""

from __future__ import annotations

import asyncio
import csv
from functools import partial
from typing import TYPE_CHECKING

import cv2
import pytest
from structlog.testing import capture_logs

from engines.fake import FakeBundle, picture_of
from indexes.build import build_gallery
from indexes.change import add_products, remove_products
from indexes.errors import GalleryError
from indexes.gallery import open_gallery
from stream import engine
from stream import galleries as module
from stream.clock import ManualClock
from stream.config import WorkerConfig
from stream.galleries import REFUSED_AGAIN_S, Galleries, product_facts, still
from stream.heard import Alike
from stream.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from stream.shelf import Shelf

pytestmark = pytest.mark.unit

BUNDLE = FakeBundle()


def feed_of(folder: Path, titles: Mapping[int, str]) -> Path:
    with (path := folder / "feed.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "image_link"])
        for number, title in titles.items():
            cv2.imwrite(str(folder / f"{number}.png"), picture_of(number)[:, :, ::-1])
            writer.writerow([f"p{number}", title, f"{number}.png"])
    return path


def build(folder: Path, titles: Mapping[int, str], *, bundle_hash: str = BUNDLE.hash) -> Path:
    out = folder / "gallery"
    build_gallery(
        feed_of(folder, titles), encoder=BUNDLE.encoder(), bundle_name="fake", bundle_hash=bundle_hash, out=out,
        votes=False,
    )  # fmt: skip
    return out


class Place:
    """A gallery in use by two livestreams: one may show all, one may show p1 and p2."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = build(folder, {1: "One", 2: "Two", 3: "Three"})
        streams = [
            {"stream_id": "all", "url": "file:///nowhere"},
            {"stream_id": "listed", "url": "file:///nowhere", "products": ["p1", "p2"]},
        ]
        self.config = WorkerConfig.model_validate({"gallery": self.path, "streams": streams})
        self.clock, self.metrics = ManualClock(1000.0), Metrics()
        self.galleries = Galleries(self.config, BUNDLE, self.metrics, self.clock)

    async def open(self) -> tuple[Shelf, Shelf]:
        await self.galleries.open()
        every, listed = (self.galleries.shelf(stream, lambda _: None) for stream in self.config.streams)
        return every, listed

    def lay_anew(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Another file takes the place of `name`, under the gallery's old version."""
        new = self.path / "new"
        new.write_bytes(change((self.path / name).read_bytes()))
        new.rename(self.path / name)

    @property
    def refused(self) -> float | None:
        return self.metrics.registry.get_sample_value("nowshowing_gallery_refused")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def ids(shelf: Shelf) -> list[str]:
    scope = shelf.offer.scope
    return [scope.gallery.product(int(index)).product_id for index in scope.products]


async def test_every_livestream_gets_its_own_of_the_new_version(place: Place) -> None:
    every, listed = await place.open()
    first = place.galleries.facts()
    await asyncio.to_thread(remove_products, place.path, ["p2"])
    place.clock.advance(5)
    after = await place.galleries.refresh(asked=False)
    assert (after.products, after.since - first.since, after.refused) == (2, 5.0, "")
    assert ids(every) == ["p1", "p2", "p3"]  # until it takes the next, between two views
    assert every.take()
    assert listed.take()
    assert (ids(every), ids(listed)) == (["p1", "p3"], ["p1"])
    assert every.offer.scope.gallery is listed.offer.scope.gallery
    assert every.offer.scope.gallery.version == after.version != first.version
    assert every.offer.renamed
    await place.galleries.refresh()
    assert not every.take()  # nothing has changed since
    assert place.metrics.registry.get_sample_value("nowshowing_gallery_loads_total") == 2
    place.galleries.stop()


async def test_names_are_new_only_where_they_are(place: Place) -> None:
    every, listed = await place.open()
    feed = feed_of(place.folder, {3: "Three, renamed"})
    await asyncio.to_thread(add_products, place.path, feed, encoder=BUNDLE.encoder(), bundle_hash=BUNDLE.hash)
    await place.galleries.refresh()
    assert every.take()
    assert listed.take()
    assert (every.offer.renamed, listed.offer.renamed) == (True, False)
    facts = product_facts(every.offer.scope.gallery, "p3")
    assert facts is not None
    assert facts.title == "Three, renamed"
    assert product_facts(every.offer.scope.gallery, "p9") is None
    place.galleries.stop()


BAD = {
    "another bundle's": (
        lambda place: build(place.folder, {1: "One"}, bundle_hash="ab" * 32),
        "built with bundle fake (abababababab), this one is fa4efa4efa4e: build it again with this bundle",
    ),
    "cut off": (
        lambda place: (build(place.folder, {1: "One"}) / "embeddings.npy").write_bytes(b""),
        "embeddings.npy has 0 bytes instead of",
    ),
    "half a change": (lambda place: (place.path / "delta.json").write_text("{"), "delta.json cannot be read"),
    "the one in use, cut off": (
        lambda place: place.lay_anew("embeddings.npy", lambda data: data[:-1]),
        "embeddings.npy has",
    ),
    "the one in use, of another bundle": (
        lambda place: place.lay_anew("manifest.json", lambda data: data.replace(BUNDLE.hash.encode(), b"ab" * 32)),
        "built with bundle fake (abababababab), this one is fa4efa4efa4e",
    ),
    "no manifest": (lambda place: (place.path / "manifest.json").unlink(), "is not a gallery (no manifest.json)"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_gallery_is_refused_with_one_clear_error_and_the_old_one_serves_on(
    place: Place, what: str
) -> None:
    every, _ = await place.open()
    before = place.galleries.gallery
    spoil, message = BAD[what]
    await asyncio.to_thread(spoil, place)
    with capture_logs() as lines:
        for _ in range(3):
            facts = await place.galleries.refresh()
            assert message in facts.refused
    assert [(line["event"], message in line["why"]) for line in lines if line["log_level"] == "error"] == [
        ("gallery refused: the one in use serves on", True)
    ]
    assert place.refused == 1
    assert place.galleries.gallery is before
    assert not every.take()
    seen = before.pictures(0)[0]
    scope = every.offer.scope
    assert before.product(before.shortlist(seen.embedding, seen.patches.vectors, scope, 1)[0]).product_id == "p1"


async def test_what_does_not_fit_into_memory_is_refused_in_figures(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.open()
    await asyncio.to_thread(build, place.folder, {1: "One", 4: "Four"})
    with monkeypatch.context() as patch:
        patch.setattr(engine, "open_gallery", partial(open_gallery, free=lambda: 16))
        assert "of memory to be searched, 16 bytes are free: give" in (await place.galleries.refresh()).refused
    place.clock.advance(REFUSED_AGAIN_S / 2)
    assert (await place.galleries.refresh(asked=False)).refused
    place.clock.advance(REFUSED_AGAIN_S)
    assert not (await place.galleries.refresh(asked=False)).refused  # tried again by itself
    assert place.refused == 0
    place.galleries.stop()


async def test_a_fault_of_ours_in_a_new_gallery_stops_no_worker(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.open()
    await asyncio.to_thread(build, place.folder, {1: "One"})
    monkeypatch.setattr(module, "open_search", lambda *_, known: 1 / 0)
    assert (await place.galleries.refresh()).refused == "ZeroDivisionError: division by zero"


async def test_a_product_that_a_livestream_lists_and_a_new_catalogue_lacks_is_a_warning(place: Place) -> None:
    _, listed = await place.open()
    await asyncio.to_thread(build, place.folder, {2: "Two", 3: "Three"})
    with capture_logs() as lines:
        await place.galleries.refresh()
    (warning,) = [line for line in lines if line["log_level"] == "warning"]
    assert (warning["stream_id"], warning["count"], warning["first"]) == ("listed", 1, "p1")
    assert listed.take()
    assert ids(listed) == ["p2"]
    place.galleries.stop()


async def test_at_the_start_the_same_is_an_error(place: Place) -> None:
    await asyncio.to_thread(build, place.folder, {2: "Two"})
    with pytest.raises(GalleryError, match="has no product 'p1'"):
        await place.open()


async def test_it_looks_by_itself_now_and_then(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    config = place.config.model_copy(update={"gallery_check_s": 0.01})
    place.galleries = Galleries(config, BUNDLE, place.metrics, place.clock)
    await place.galleries.open()
    came = asyncio.Event()
    shelf = place.galleries.shelf(config.streams[0], lambda _: None)
    monkeypatch.setattr(shelf, "put", lambda _: came.set())
    watching = asyncio.create_task(place.galleries.watch())
    before = place.galleries.facts().version
    await asyncio.to_thread(remove_products, place.path, ["p1"])
    async with asyncio.timeout(10):
        await came.wait()
    assert place.galleries.facts().version != before
    watching.cancel()
    place.galleries.stop()


async def test_who_looked_like_whom_holds_until_pictures_are_compared_again(place: Place) -> None:
    every, _ = await place.open()
    twins = {"p1": ("p1", "p2", "gone"), "p2": ("p1", "p2", "gone"), "p3": ("p3", "gone"), "gone": ("p1",)}
    alike = Alike({"p1": "g", "gone": "g"}, twins)
    here = still(alike, every.offer.scope)
    assert here == Alike({"p1": "g"}, {"p1": ("p1", "p2"), "p2": ("p1", "p2")})
