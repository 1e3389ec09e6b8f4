"""Building: killed, starved, interrupted, repeated. Whatever happens, `out` is a whole gallery or what it was."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.errors import CatalogueError, FetchError, GalleryError
from indexes.manifest import read_manifest
from indexes.picture import Picture, PicturePatches
from indexes.publish import _move_over, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from indexes.build import BuildProgress
    from indexes.picture import Image
    from tests.indexes.conftest import Shop, ToyEncoder

pytestmark = pytest.mark.unit


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def beside(shop: Shop) -> set[str]:
    return {path.name for path in shop.folder.iterdir()} - {"feed.csv", "pictures"}


def test_nothing_but_the_gallery_is_left(shop: Shop) -> None:
    shop.write(5, pictures=2).build()
    assert beside(shop) == {"gallery"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=8)
@given(deaths=st.lists(st.integers(0, 40), max_size=3))
def test_a_build_that_dies_and_goes_on_equals_one_in_one_go(
    shop: Shop, dying_encoder: Callable[[int], ToyEncoder], deaths: list[int]
) -> None:
    shop.write(20, pictures=2)
    whole = shop.folder / "whole"
    shop.build(out=whole)
    for pictures in deaths:
        try:
            shop.build(dying_encoder(pictures))
        except KeyboardInterrupt:
            assert not (shop.folder / ".gallery.new").exists()
    shop.build()
    assert content(shop.out) == content(whole)


def test_what_was_encoded_before_the_kill_is_not_encoded_again(
    shop: Shop, dying_encoder: Callable[[int], ToyEncoder], encoder: ToyEncoder
) -> None:
    shop.write(40)
    with pytest.raises(KeyboardInterrupt):
        shop.build(dying_encoder(33))
    assert not shop.out.exists()
    report = shop.build(encoder)
    assert encoder.encoded == 8
    assert report.reused == 32
    assert report.products == 40


def test_another_bundle_does_not_use_what_this_one_encoded(
    shop: Shop, dying_encoder: Callable[[int], ToyEncoder], encoder: ToyEncoder
) -> None:
    shop.write(20)
    with pytest.raises(KeyboardInterrupt):
        shop.build(dying_encoder(16))
    shop.build(encoder, bundle_hash="ee" * 32)
    assert encoder.encoded == 20


KILLED = """
import os, sys, signal
from pathlib import Path
import numpy as np
from indexes.build import build_gallery
from indexes.picture import Picture, PicturePatches

class Encoder:
    left = 3
    def encode(self, images):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        empty = np.zeros((0, 8), np.float16), np.zeros((0, 4), np.float32), np.zeros((0, 0, 3), np.uint8)
        none = PicturePatches(*empty)
        return [Picture(np.ones(3, np.float32), none) for _ in images]

build_gallery(Path(sys.argv[1]), encoder=Encoder(), bundle_name="toy", bundle_hash="ab" * 32, out=Path(sys.argv[2]),
              votes=False)
"""


def test_a_process_killed_outright_loses_one_batch(shop: Shop) -> None:
    shop.write(40)
    command = [sys.executable, "-c", KILLED, str(shop.feed), str(shop.out)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert not shop.out.exists()
    (journal,) = shop.folder.glob(".gallery.work/*/journal.jsonl")
    assert len(journal.read_text().splitlines()) == 32


def test_identical_pictures_are_encoded_once(shop: Shop, encoder: ToyEncoder) -> None:
    shop.write(2)
    rows = "".join(f"x{i},X,pictures/0-0.png,,\n" for i in range(30))
    shop.feed.write_text(shop.feed.read_text() + rows)
    assert shop.build(encoder).pictures == 32
    assert encoder.encoded == 2


def test_the_same_content_has_the_same_hash_at_another_time(shop: Shop) -> None:
    first = shop.write(3).build().version
    second = shop.build(now=1_800_000_000.0).version
    assert first != second
    assert first.rpartition("-")[2] == second.rpartition("-")[2]


def test_bad_rows_and_lost_pictures_are_reported_and_the_rest_is_built(shop: Shop) -> None:
    shop.write(3, pictures=2)
    (shop.folder / "pictures/0-1.png").write_bytes(b"no picture")
    (shop.folder / "pictures/1-0.png").write_bytes(b"")
    (shop.folder / "pictures/1-1.png").write_bytes(b"")
    shop.feed.write_text(shop.feed.read_text() + ",nameless,pictures/0-0.png,,\n")
    report = shop.build()
    assert (report.products, report.pictures) == (2, 3)
    assert (report.bad_rows, report.lost_pictures, report.left_out) == (1, 3, 1)
    gallery = shop.open()
    assert [product.product_id for product in gallery.products] == ["sku0", "sku2"]
    assert [len(gallery.pictures(i)) for i in (0, 1)] == [1, 2]
    problems = [json.loads(line) for line in (shop.out / "problems.jsonl").read_text().splitlines()]
    assert len(problems) == len(report.problems) == 5
    assert [p["product_id"] for p in problems if "link" in p] == ["sku0", "sku1", "sku1"]
    assert "left out" in report.problems[-1]


def test_progress_is_told_to_the_end(shop: Shop) -> None:
    told: list[BuildProgress] = []
    shop.write(20).build(progress=told.append)
    last = {progress.stage: (progress.done, progress.total) for progress in told}
    assert last == {"reading": (20, 20), "encoding": (20, 20), "writing": (20, 20)}


def web_feed(shop: Shop, count: int) -> None:
    shop.write(count)
    shop.feed.write_text(shop.feed.read_text().replace("pictures/", "https://cdn.example/"))


def from_disk(shop: Shop, link: str) -> bytes:
    return (shop.folder / link.replace("https://cdn.example", "pictures")).read_bytes()


def test_web_pictures_come_through_fetch_and_not_twice_after_a_kill(
    shop: Shop, dying_encoder: Callable[[int], ToyEncoder]
) -> None:
    web_feed(shop, 40)
    asked: list[str] = []

    def fetch(link: str) -> bytes:
        asked.append(link)
        return from_disk(shop, link)

    with pytest.raises(KeyboardInterrupt):
        shop.build(dying_encoder(32), fetch=fetch)
    asked.clear()
    assert shop.build(fetch=fetch, now=1_700_000_600.0).reused == 32
    assert len(asked) == 8


def test_a_web_picture_found_long_ago_is_fetched_again(
    shop: Shop, dying_encoder: Callable[[int], ToyEncoder]
) -> None:
    web_feed(shop, 20)
    asked: list[str] = []

    def fetch(link: str) -> bytes:
        asked.append(link)
        return from_disk(shop, link)

    with pytest.raises(KeyboardInterrupt):
        shop.build(dying_encoder(16), fetch=fetch)
    asked.clear()
    shop.build(fetch=fetch, now=1_700_000_000.0 + 48 * 3600)
    assert len(asked) == 20


def test_a_web_picture_that_is_gone_costs_that_product_alone(shop: Shop) -> None:
    web_feed(shop, 3)

    def fetch(link: str) -> bytes:
        if "1-0" in link:
            raise FetchError(f"picture {link}: 404 not found", retriable=False)
        return from_disk(shop, link)

    report = shop.build(fetch=fetch)
    assert report.products == 2
    assert "404" in report.problems[0]


def test_a_new_feed_replaces_the_gallery_whole(shop: Shop) -> None:
    shop.write(5).build()
    shop.write(3, start=4).build()
    assert [product.product_id for product in shop.open().products] == ["sku4", "sku5", "sku6"]
    assert beside(shop) == {"gallery"}


def test_a_build_that_fails_leaves_the_old_gallery_as_it_was(
    shop: Shop, dying_encoder: Callable[[int], ToyEncoder]
) -> None:
    shop.write(5).build()
    before = content(shop.out)
    shop.write(40)
    with pytest.raises(KeyboardInterrupt):
        shop.build(dying_encoder(20))
    shop.feed.write_text("id,title,image_link\n")
    with pytest.raises(GalleryError, match="the feed has no products"):
        shop.build()
    shop.feed.write_text("nothing")
    with pytest.raises(CatalogueError):
        shop.build()
    assert content(shop.out) == before


def test_leftovers_of_a_killed_build_are_no_gallery_and_go_away(shop: Shop) -> None:
    shop.write(2)
    (shop.folder / ".gallery.new/votes").mkdir(parents=True)
    (shop.folder / ".gallery.new/stale.npy").write_bytes(b"x")
    shop.build()
    assert beside(shop) == {"gallery"}
    assert not (shop.out / "stale.npy").exists()


@contextmanager
def room_for(bytes_: int) -> Iterator[None]:
    """Files cannot grow beyond this: the kernel says so in the middle of a write, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("bytes_", [0, 100, 1000, 3000, 6000, 9000])
def test_a_full_disk_is_one_clear_error_and_no_half_gallery(shop: Shop, bytes_: int) -> None:
    shop.write(4).build()
    before = content(shop.out)
    shop.write(60)
    with room_for(bytes_), pytest.raises(GalleryError, match="cannot be written"):
        shop.build()
    assert content(shop.out) == before
    assert not (shop.folder / ".gallery.new").exists()
    assert shop.build().products == 60


def test_a_directory_that_is_no_gallery_is_never_replaced(shop: Shop) -> None:
    shop.write(2)
    (shop.out).mkdir()
    shop.build()  # an empty one may be
    for name in ("documents", "file"):
        target = shop.folder / name
        if name == "file":
            target.write_text("mine")
        else:
            target.mkdir()
            (target / "thesis.txt").write_text("mine")
        with pytest.raises((GalleryError), match="is no gallery"):
            shop.build(out=target)
    assert (shop.folder / "documents/thesis.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_says_so(shop: Shop) -> None:
    shop.write(1)
    with pytest.raises(GalleryError, match="cannot be written"):
        shop.build(out=shop.feed / "below a file")


@pytest.mark.parametrize("bundle_hash", ["ab" * 32, "cd" * 32])
def test_two_builds_of_one_gallery_do_not_mix(shop: Shop, bundle_hash: str) -> None:
    shop.write(3)

    class Nested:
        def encode(self, images: Sequence[Image]) -> list[Picture]:
            with pytest.raises(GalleryError, match="another build"):
                shop.build(bundle_hash=bundle_hash)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.build(Nested())
    assert shop.build().products == 3


class Wrong:
    """An encoder with something wrong in what it gives."""

    def __init__(self, spoil: Callable[[Picture], Picture] | None, good: ToyEncoder) -> None:
        self._spoil = spoil
        self._good = good

    def encode(self, images: Sequence[Image]) -> list[Picture]:
        good = self._good.encode(images)
        return good[:-1] if self._spoil is None else [*good[:-1], self._spoil(good[-1])]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (None, "1 results for 2 pictures"),
        (lambda p: Picture(p.embedding * np.float32("nan"), p.patches), "no number"),
        (lambda p: Picture(p.embedding[:3], p.patches), "embedding"),
        (lambda p: Picture(p.embedding[None], p.patches), "embedding"),
        (lambda p: Picture(p.embedding, replace(p.patches, places=p.patches.places[:0])), "places"),
        (lambda p: Picture(p.embedding, replace(p.patches, thumb=p.patches.thumb[..., 0])), "thumb"),
    ],
)
def test_an_encoder_that_gives_nonsense_makes_no_gallery(
    shop: Shop, encoder: ToyEncoder, spoil: Callable[[Picture], Picture] | None, message: str
) -> None:
    shop.write(2)
    with pytest.raises(GalleryError, match=message):
        shop.build(Wrong(spoil, encoder))
    assert not shop.out.exists()


def test_a_reader_never_meets_anything_but_one_whole_gallery(shop: Shop) -> None:
    shop.write(2).build()
    reader = os.fork()
    if reader == 0:  # reads as fast as it can until it is stopped; any error shows in its exit code
        try:
            for _ in range(150):
                assert len(shop.open().products) in (2, 3)
        except BaseException as error:  # noqa: BLE001 - a forked child must not run on into the test runner
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    for i in range(10):
        shop.write(3 if i % 2 else 2)
        shop.build(now=1_700_000_000.0 + i)
    assert os.waitpid(reader, 0)[1] == 0


def test_publishing_moves_the_new_over_the_old(tmp_path: Path) -> None:
    for name, text in (("old", "1"), ("new", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(text)
    publish(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old/x").read_text() == "2"
    assert not (tmp_path / "new").exists()


def test_without_a_swap_of_names_the_old_one_steps_aside_and_comes_back_if_it_must(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    _move_over(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old/x").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"old"}
    with pytest.raises(FileNotFoundError):
        _move_over(tmp_path / "nothing", tmp_path / "old")
    assert (tmp_path / "old/x").read_text() == "new"


def test_the_journal_keeps_no_link(shop: Shop, dying_encoder: Callable[[int], ToyEncoder]) -> None:
    web_feed(shop, 20)
    with pytest.raises(KeyboardInterrupt):
        shop.build(
            dying_encoder(16),
            fetch=lambda link: from_disk(shop, link),
        )
    (journal,) = shop.folder.glob(".gallery.work/*/journal.jsonl")
    assert "cdn.example" not in journal.read_text()


def test_the_manifest_counts_what_went_wrong(shop: Shop) -> None:
    shop.write(2)
    shop.feed.write_text(shop.feed.read_text() + "z,,,,\n")
    shop.build()
    assert read_manifest(shop.out).bad_rows == 2


class Bare:
    """An engine that has an embedding and nothing else."""

    def __init__(self, good: ToyEncoder) -> None:
        self._good = good

    def encode(self, images: Sequence[Image]) -> list[Picture]:
        return [
            Picture(
                picture.embedding,
                PicturePatches(
                    picture.patches.vectors[:0], picture.patches.places[:0], picture.patches.thumb[:0, :0]
                ),
            )
            for picture in self._good.encode(images)
        ]


@pytest.mark.parametrize("votes", [False, True])
def test_an_engine_without_patches_makes_a_gallery_that_finds(shop: Shop, encoder: ToyEncoder, votes: bool) -> None:
    shop.write(5).build(Bare(encoder), votes=votes)
    gallery = shop.open()
    picture = gallery.pictures(3)[0]
    assert picture.patches.thumb.shape == (0, 0, 3)
    assert gallery.shortlist(picture.embedding, picture.patches.vectors, gallery.scope(), 3)[0] == 3
