"""Small made-up folders of photographs, in both layouts."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from benchmarks.liveshop.photos import read_photos

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.photos import PhotoSet

CARTONS = [
    f"{brand}-{sort}" for brand in ("Ama", "Bor", "Con", "Dun") for sort in ("Milk", "Juice", "Cream")
]  # four of them tuned on
LOOSE = ["Pear", "Plum", "Kale", "Corn"]  # two of them
PHOTOS = 4  # of each product


def save(path: Path, seed: int, size: tuple[int, int] = (96, 96)) -> None:
    """A picture like no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    assert cv2.imwrite(str(path), cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def make_sheets(root: Path) -> Path:
    feed = [["id", "title", "google_product_category", "product_type", "image_link", "price"]]
    sheet = [["image", "product_id", "split"]]
    for number, one in enumerate([*CARTONS, *LOOSE]):
        category = "Packages" if one in CARTONS else "Fruit"
        sort = one.split("-")[1] if one in CARTONS else one
        feed.append([one, one.replace("-", " "), category, sort, f"catalogue/{one}.jpg", "2.50 EUR"])
        save(root / "catalogue" / f"{one}.jpg", number)
        for n in range(PHOTOS):
            name = f"natural/{one}_{n}.jpg"
            save(root / name, 100 * (number + 1) + n, (96, 128) if n == 3 else (96, 96))
            sheet.append([name, one, "train" if n else "val"])
    write_rows(root / "catalogue.csv", feed)
    write_rows(root / "natural.csv", sheet)
    return root


def make_grocery(root: Path) -> Path:
    """As the Grocery Store Dataset is downloaded: leading slashes, blanks after commas, a description missing."""
    head = ["Class Name (str)", "Class ID (int)", "Coarse Class Name (str)", "Coarse Class ID (int)"]
    rows = [[*head, "Iconic Image Path (str)", "Product Description Path (str)"]]
    lists: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for number, one in enumerate([*CARTONS, *LOOSE]):
        group = "Packages" if one in CARTONS else "Fruit"
        coarse = one.split("-")[1] if one in CARTONS else one
        base = f"/iconic-images-and-descriptions/{group}/{coarse}/{one}/{one}"
        rows.append([one, str(number), coarse, "0", f"{base}_Iconic.jpg", f"{base}_Description.txt"])
        save(root / f"{base}_Iconic.jpg".lstrip("/"), number)
        if number:
            (root / f"{base}_Description.txt".lstrip("/")).write_text(f"{one}, described.\n")
        for split, listed in lists.items():
            name = f"{split}/{group}/{coarse}/{one}/{one}_001.jpg"
            save(root / name, 100 * (number + 1) + len(split))
            listed.append(f"{name}, {number}, 0\n")
    write_rows(root / "classes.csv", rows)
    for split, listed in lists.items():
        (root / f"{split}.txt").write_text("".join(listed))
    return root


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    return make_sheets(tmp_path / "sheets")


@pytest.fixture
def grocery(tmp_path: Path) -> Path:
    """The repository's folder; the data are in `dataset`."""
    make_grocery(tmp_path / "repository" / "dataset")
    return tmp_path / "repository"


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> PhotoSet:
    """A set that nobody changes."""
    return read_photos(make_sheets(tmp_path_factory.mktemp("photos")))
