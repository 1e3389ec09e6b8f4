"""Folders of photographs: two layouts, one clear error for each thing that can be wrong with them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.photos import read_photos
from benchmarks.liveshop.photos.reader import read_pixels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.liveshop.photos import PhotoSet

pytestmark = pytest.mark.unit


def rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("".join(change(path.read_text().splitlines(keepends=True))))


def test_both_layouts_say_the_same_products(sheets: Path, grocery: Path) -> None:
    ours, theirs = read_photos(sheets), read_photos(grocery)
    assert list(ours.items) == list(theirs.items)
    assert [i.loose for i in ours.items.values()] == [i.loose for i in theirs.items.values()]
    assert theirs.items["Ama-Juice"].product.title == "Ama Juice"
    assert theirs.items["Ama-Juice"].product.description == "Ama-Juice, described."
    assert theirs.items["Ama-Juice"].sort == "Juice"
    assert theirs.items["Ama-Milk"].product.description == "", "a description that is not there is no reason to fail"
    assert {photo.split for photo in theirs.photos} == {"train", "val", "test"}
    assert (len(ours.of("Bor-Milk")), len(theirs.of("Bor-Milk"))) == (4, 3)
    assert ours.skipped == theirs.skipped == ()


def test_the_dataset_itself_may_be_named_instead_of_its_repository(grocery: Path) -> None:
    assert read_photos(grocery / "dataset").items == read_photos(grocery).items


def test_products_are_split_by_the_hash_of_their_id_packages_and_loose_goods_apart(photos: PhotoSet) -> None:
    def ranked(loose: bool) -> list[str]:
        ids = [i for i, item in photos.items.items() if item.loose == loose]
        return sorted(ids, key=lambda one: hashlib.sha256(one.encode()).hexdigest())

    assert photos.ids("tuned", "cartons") == ranked(loose=False)[:4]
    assert photos.ids("never-met", "cartons") == ranked(loose=False)[4:]
    assert photos.ids("tuned", "loose") == ranked(loose=True)[:2]
    assert photos.ids("never-met", "loose") == ranked(loose=True)[2:]
    assert set(photos.ids("tuned")) | set(photos.ids("never-met")) == set(photos.ids("all")) == set(photos.items)
    assert not set(photos.ids("tuned")) & set(photos.ids("never-met"))


def test_what_else_is_in_the_catalogue_has_no_say_in_the_split(photos: PhotoSet) -> None:
    half = replace(photos, items=dict(list(photos.items.items())[::2]))
    assert half.ids("tuned") == [one for one in photos.ids("tuned") if one in half.items]


def test_goods_are_loose_wherever_in_googles_taxonomy_fruit_stands(sheets: Path) -> None:
    whole = "Food, Beverages & Tobacco > Food Items > Fruits & Vegetables > Fresh & Frozen Fruits"
    rewrite(sheets / "catalogue.csv", lambda lines: [line.replace(",Fruit,", f',"{whole}",') for line in lines])
    assert read_photos(sheets).items["Pear"].loose


def test_a_single_spoilt_photograph_is_left_out_and_counted(sheets: Path) -> None:
    spoilt = sheets / "natural" / "Pear_0.jpg"
    spoilt.write_bytes(spoilt.read_bytes()[:200])
    read = read_photos(sheets)
    assert read.skipped == ("natural/Pear_0.jpg is cut short",)
    assert len(read.of("Pear")) == 3


def test_a_catalogue_picture_that_is_none_leaves_its_product_out(sheets: Path) -> None:
    (sheets / "catalogue" / "Pear.jpg").write_bytes(b"<html>not found</html>")
    read = read_photos(sheets)
    assert "Pear" not in read.items
    assert not read.of("Pear")
    assert [reason.split(": ", 1)[1] for reason in read.skipped] == ["catalogue/Pear.jpg is no picture"]


def test_too_many_missing_photographs_are_an_error(sheets: Path) -> None:
    for n in range(4):
        (sheets / "natural" / f"Pear_{n}.jpg").unlink()
    with pytest.raises(
        WorldError, match=r"4 of 64 photographs cannot be used \(the first: natural/Pear_0.jpg cannot be"
    ):
        read_photos(sheets)


def test_too_many_missing_catalogue_pictures_are_an_error(sheets: Path) -> None:
    for name in ("Pear", "Plum"):
        (sheets / "catalogue" / f"{name}.jpg").unlink()
    with pytest.raises(WorldError, match=r"2 of 16 products cannot be used .*fetch the folder again"):
        read_photos(sheets)


def test_a_photograph_outside_the_folder_is_not_opened(sheets: Path) -> None:
    rewrite(sheets / "natural.csv", lambda lines: [*lines, "../sheets/natural/Pear_0.jpg,Pear,train\n"])
    assert read_photos(sheets).skipped == ("../sheets/natural/Pear_0.jpg leaves the folder",)


def test_an_empty_catalogue_is_an_error(sheets: Path) -> None:
    rewrite(sheets / "catalogue.csv", lambda lines: lines[:1])
    with pytest.raises(WorldError, match=r"no usable product \(it has no row\)"):
        read_photos(sheets)


def test_a_catalogue_whose_every_row_is_bad_says_the_first_reason(sheets: Path) -> None:
    for path in (sheets / "catalogue").iterdir():
        path.unlink()
    with pytest.raises(WorldError, match=r"no usable product .*image_link 'catalogue/Ama-Milk.jpg' is no file"):
        read_photos(sheets)


@pytest.mark.parametrize("what", ["nothing there", "a file", "an empty folder", "a catalogue alone"])
def test_a_foreign_folder_says_what_was_expected(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "photos"
    if what == "a file":
        folder.write_text("")
    elif what != "nothing there":
        folder.mkdir()
    if what == "a catalogue alone":
        (folder / "catalogue.csv").write_text("id,title,image_link\n")
    expected = "has catalogue.csv alone" if what == "a catalogue alone" else "is in neither|is no folder"
    with pytest.raises(WorldError, match=f"({expected}).*; needs catalogue.csv with natural.csv, or classes.csv"):
        read_photos(folder)


@pytest.mark.parametrize(
    ("file", "line", "why"),
    [
        ("natural.csv", "natural/Pear_0.jpg,,train\n", "line 66 lacks its image or product_id"),
        ("natural.csv", b"\xff\xfe\x00".decode("latin-1"), None),
        ("catalogue.csv", None, "catalogue.csv"),
    ],
)
def test_a_damaged_sheet_is_named(sheets: Path, file: str, line: str | None, why: str | None) -> None:
    path = sheets / file
    if line is None:
        path.write_bytes(b"\x00\x01\x02" * 50)
    elif why is None:
        path.write_bytes(line.encode("latin-1"))
    else:
        rewrite(path, lambda lines: [*lines, line])
    with pytest.raises(WorldError, match=why or "cannot be read as text"):
        read_photos(sheets)


def test_a_sheet_with_other_columns_says_which_is_missing(sheets: Path) -> None:
    rewrite(sheets / "natural.csv", lambda lines: ["picture,product_id,split\n", *lines[1:]])
    with pytest.raises(WorldError, match="has no column 'image'"):
        read_photos(sheets)


def test_a_list_of_the_dataset_with_an_unknown_class_names_the_line(grocery: Path) -> None:
    rewrite(grocery / "dataset" / "val.txt", lambda lines: [lines[0], lines[1].replace(", 1, ", ", 99, ")])
    with pytest.raises(WorldError, match=r"val.txt: line 2 .* is not \"path, fine id, coarse id\""):
        read_photos(grocery)


def test_the_dataset_without_its_lists_is_damaged(grocery: Path) -> None:
    for name in ("train", "val", "test"):
        (grocery / "dataset" / f"{name}.txt").unlink()
    with pytest.raises(WorldError, match=r"has none of train.txt, val.txt, test.txt"):
        read_photos(grocery)


def test_another_feed_is_the_catalogue_and_photographs_of_others_are_left_out(sheets: Path, tmp_path: Path) -> None:
    feed = tmp_path / "shop" / "feed.csv"
    feed.parent.mkdir()
    (feed.parent / "milk.jpg").write_bytes((sheets / "catalogue" / "Ama-Milk.jpg").read_bytes())
    feed.write_text("id,title,image_link\nAma-Milk,Our own milk,milk.jpg\nPear,Pear,https://shop.example/pear.jpg\n")
    read = read_photos(sheets, feed)
    assert [item.product.title for item in read.items.values()] == ["Our own milk", "Pear"]
    assert {photo.product_id for photo in read.photos} == {"Ama-Milk", "Pear"}


def test_a_feed_of_other_products_is_an_error(sheets: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title,image_link\nx,Something,https://shop.example/x.jpg\n")
    with pytest.raises(WorldError, match=r"none of 64 photographs is of a product in .*the ids must be the same"):
        read_photos(sheets, feed)


def test_a_feed_that_is_not_there_is_an_error(sheets: Path, tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"nowhere.csv"):
        read_photos(sheets, tmp_path / "nowhere.csv")


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    for content in (b"", b"\xff\xd8\xff\xe0 nothing"):
        (tmp_path / "x.jpg").write_bytes(content)
        with pytest.raises(WorldError, match=r"x.jpg: is no picture that can be decoded"):
            read_pixels(tmp_path / "x.jpg")
    with pytest.raises(WorldError, match=r"y.jpg: cannot be read"):
        read_pixels(tmp_path / "y.jpg")


def test_a_set_is_known_by_its_products_and_photographs(sheets: Path, photos: PhotoSet) -> None:
    assert read_photos(sheets).fingerprint == photos.fingerprint
    (sheets / "natural" / "Pear_0.jpg").unlink()
    assert read_photos(sheets).fingerprint != photos.fingerprint
