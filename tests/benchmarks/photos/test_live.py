"""Lives of photographs: pictures, truth and catalogue on disk, the same twice, whole or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.live import TRUTH, VIDEO, film_live
from benchmarks.liveshop.photos import photo_live, read_photos
from benchmarks.liveshop.photos.live import PhotoLive, write_catalogue
from benchmarks.liveshop.photos.script import write_script
from benchmarks.liveshop.show import FPS
from benchmarks.liveshop.truth import read_truth, write_truth
from indexes.catalogue import read_catalogue
from indexes.product import Product

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.photos import PhotoSet

pytestmark = pytest.mark.media

SECONDS = 19.0


def live_of(photos: PhotoSet, index: int = 0, seconds: float = SECONDS) -> PhotoLive:
    return PhotoLive(write_script(photos, 1003, index, seconds), "a live")


def decoded(path: Path) -> tuple[int, int, tuple[int, int]]:
    """Frames, a checksum of their pixels, their size."""
    total = frames = 0
    size = (0, 0)
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            size = (frame.width, frame.height)
            total = (total * 31 + int(frame.to_ndarray(format="gray")[::7, ::7].astype(np.int64).sum())) % 2**61
            frames += 1
    return frames, total, size


def test_a_live_is_the_same_twice_on_disk_and_is_left_when_it_is_there(photos: PhotoSet, tmp_path: Path) -> None:
    one, two = (film_live(photo_live(photos, 1003, 0, SECONDS), tmp_path / name) for name in ("one", "two"))
    assert decoded(one / VIDEO) == decoded(two / VIDEO)
    assert decoded(one / VIDEO)[0] == round(SECONDS * FPS)
    for name in (TRUTH, "feed.csv"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    before = (one / VIDEO).stat().st_mtime_ns
    film_live(photo_live(photos, 1003, 0, SECONDS), one)
    assert (one / VIDEO).stat().st_mtime_ns == before
    with pytest.raises(WorldError, match="another live"):
        film_live(photo_live(photos, 1003, 0, SECONDS, "tuned"), one)


def test_frames_may_be_asked_for_in_any_order(photos: PhotoSet) -> None:
    forwards, backwards = live_of(photos), live_of(photos)
    frames = [0, 119, 121, 124, 130, 170, 240, 400]
    seen = {frame: forwards.picture(frame) for frame in frames}
    for frame in reversed(frames):
        assert np.array_equal(backwards.picture(frame), seen[frame]), frame


def test_the_truth_is_what_the_script_shows_and_reads_back(photos: PhotoSet, tmp_path: Path) -> None:
    live = photo_live(photos, 1003, 0, SECONDS)
    write_truth(live.truth(), tmp_path / TRUTH)
    truth = read_truth(tmp_path / TRUTH)
    assert truth == live.truth()
    script = live_of(photos).script
    assert [one.product_id for one in truth.shown] == [one.item.product.product_id for one in script.introductions]
    listed = {row.product_id for row in read_catalogue(live.write_catalogue(tmp_path)) if isinstance(row, Product)}
    for shown, one in zip(truth.shown, script.introductions, strict=True):
        assert abs(shown.shown_at - one.start) <= 5 / FPS
        assert abs(shown.hidden_at - one.stop) <= 6 / FPS
        assert shown.listed == (shown.product_id in listed)
        assert shown.boxes
        for box in shown.boxes:
            assert shown.shown_at <= box.at <= shown.hidden_at
            assert 0 <= box.x < box.x + box.w <= 1
            assert 0 <= box.y < box.y + box.h <= 1
    talk = [stretch for stretch in truth.stretches if stretch.kind == "talk"]
    assert talk[0].start == 0
    assert talk[-1].stop == SECONDS
    assert len(talk) == len(truth.shown) + 1


def test_the_photograph_is_in_the_picture_where_the_truth_says_and_the_host_before_it(photos: PhotoSet) -> None:
    live = live_of(photos)
    shown, script = live.truth().shown[0], live.script
    box = shown.boxes[2]
    shot = script.on_screen(round(box.at * FPS))[0].shot
    assert shot is not None
    width, height = live.size
    left, right = round(box.x * width), round((box.x + box.w) * width)
    top, bottom = round(box.y * height), round((box.y + box.h) * height)
    window = cv2.cvtColor(live.picture(round(box.at * FPS)), cv2.COLOR_YUV2BGR_I420)[top:bottom, left:right]
    photo = cv2.imread(str(shot.photo.path))
    before = cv2.cvtColor(live.picture(60), cv2.COLOR_YUV2BGR_I420)[top:bottom, left:right]
    assert alike(window, photo) > 0.7
    assert alike(before, photo) < 0.5


def alike(one: cv2.typing.MatLike, other: cv2.typing.MatLike | None) -> float:
    """Correlation of both at a glance."""
    assert other is not None
    small = [cv2.resize(picture, (12, 12), interpolation=cv2.INTER_AREA).ravel() for picture in (one, other)]
    return float(np.corrcoef(small[0], small[1])[0, 1])


def test_upright_lives_have_upright_pictures(photos: PhotoSet) -> None:
    uprights = [index for index in range(40) if live_of(photos, index).size == (720, 1280)]
    live = live_of(photos, uprights[0])
    for frame in (10, 125, 180):
        assert live.picture(frame).shape == (1920, 720)


def test_a_photograph_that_is_gone_leaves_no_half_of_a_live(sheets: Path, tmp_path: Path) -> None:
    photos = read_photos(sheets)
    live = photo_live(photos, 1003, 0, SECONDS)
    for photo in photos.photos:
        photo.path.write_bytes(b"gone")
    with pytest.raises(WorldError, match=r"picture .*jpg: is no picture that can be decoded"):
        film_live(live, tmp_path / "live")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheets"]


def test_the_catalogue_is_a_feed_with_pictures_of_its_own(sheets: Path, tmp_path: Path) -> None:
    feed = sheets / "other.csv"
    names = '"catalogue/Plum.jpg,catalogue/Kale.jpg"'
    feed.write_text(
        "id,title,image_link,additional_image_link,price,google_product_category\n"
        f"Pear,A pear,catalogue/Pear.jpg,{names},1.50 EUR,Fruit\n"
        "Plum,A plum,https://shop.example/plum.jpg,,,\n"
    )
    items = tuple(read_photos(sheets, feed).items.values())
    (tmp_path / "live").mkdir()
    rows = list(read_catalogue(write_catalogue(items, tmp_path / "live")))
    assert all(isinstance(row, Product) for row in rows)
    pear, plum = (row for row in rows if isinstance(row, Product))
    assert (pear.title, pear.price) == ("A pear", "1.50 EUR")
    assert len(pear.additional_image_links) == 2
    written = tmp_path / "live" / pear.additional_image_links[1]
    assert written.read_bytes() == (sheets / "catalogue" / "Kale.jpg").read_bytes()
    assert plum.image_link == "https://shop.example/plum.jpg"
