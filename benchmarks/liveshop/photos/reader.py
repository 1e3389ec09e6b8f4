"""A folder of photographs and its catalogue to a PhotoSet: what is spoilt is left out and counted. Knows no live."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.photos.layouts import feed_records, read_layout
from benchmarks.liveshop.photos.photoset import Item, Photo, PhotoSet
from indexes.fields import as_text, read_product
from indexes.image_header import read_header
from indexes.product import BadRow, Product

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.liveshop.ink import Canvas
    from benchmarks.liveshop.photos.layouts import Listed
    from indexes.feeds import Record

SPOILT = 0.05  # the share that may be unreadable; one may always be


def read_photos(root: Path, catalogue: Path | None = None) -> PhotoSet:
    """Raises WorldError for a folder in no known layout, one that is damaged, and an empty catalogue.

    `catalogue`: another feed than the folder's own. Photographs of products that it lacks are left out.
    """
    layout = read_layout(root)
    records, folder = layout.records, layout.root
    if catalogue is not None:
        records, folder = feed_records(catalogue), catalogue.parent
    items, bad = _items(records, folder)
    if not items:
        why = f"the first of {len(bad)} that were left out: {bad[0]}" if bad else "it has no row"
        raise WorldError(f"catalogue {catalogue or root}: has no usable product ({why})")
    listed = [photo for photo in layout.photos if photo.product_id in items]
    if not listed:
        raise WorldError(
            f"photos {root}: none of {len(layout.photos)} photographs is of a product in "
            f"{catalogue or 'its catalogue'}; the ids must be the same"
        )
    photos, spoilt = _readable(layout.root, listed)
    _few(f"catalogue {catalogue or root}", "products", bad, len(items))
    _few(f"photos {root}", "photographs", spoilt, len(photos))
    return PhotoSet(layout.root, items, tuple(photos), (*bad, *spoilt))


def read_pixels(path: Path) -> Canvas:
    """RGB. Raises WorldError for what is no picture."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    except (OSError, cv2.error) as error:
        raise WorldError(f"picture {path}: cannot be read ({error}); fetch it again") from error
    if picture is None:
        raise WorldError(f"picture {path}: is no picture that can be decoded; fetch it again")
    return np.asarray(picture, np.uint8)


def _items(records: Sequence[Record | BadRow], folder: Path) -> tuple[dict[str, Item], list[str]]:
    """Products by id, and what was wrong with the rows that had to be left out."""
    items: dict[str, Item] = {}
    bad: list[str] = []
    for record in records:
        if isinstance(record, BadRow):
            bad.append(str(record))
            continue
        for row in read_product(record, folder):
            if isinstance(row, BadRow):
                bad += [str(row)] if row.dropped else []
            elif flaw := _picture_flaw(row, folder):
                bad.append(f"line {record.line}: {row.image_link} {flaw}")
            else:
                category, sort = (as_text(record.values.get(n)) for n in ("google_product_category", "product_type"))
                items.setdefault(row.product_id, Item(row, folder, category, sort))
    return items, bad


def _picture_flaw(product: Product, folder: Path) -> str | None:
    return None if "://" in product.image_link else _flaw(folder / product.image_link)


def _readable(root: Path, listed: Sequence[Listed]) -> tuple[list[Photo], list[str]]:
    photos: list[Photo] = []
    spoilt: list[str] = []
    for photo in listed:
        path = root / photo.name
        if flaw := _outside(photo.name) or _flaw(path):
            spoilt.append(f"{photo.name} {flaw}")
        else:
            photos.append(Photo(photo.name, path, photo.product_id, photo.split))
    return photos, spoilt


def _outside(name: str) -> str | None:
    path = PurePosixPath(name)
    return "leaves the folder" if path.is_absolute() or ".." in path.parts else None


def _flaw(path: Path) -> str | None:
    """Why the file is no whole picture. Nothing is decoded: there may be thousands."""
    try:
        header = read_header(path.read_bytes())
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if header is None:
        return "is no picture"
    return None if header.whole else "is cut short"


def _few(thing: str, what: str, spoilt: Sequence[str], good: int) -> None:
    total = len(spoilt) + good
    if len(spoilt) > max(1, SPOILT * total):
        raise WorldError(
            f"{thing}: {len(spoilt)} of {total} {what} cannot be used (the first: {spoilt[0]}); "
            "fetch the folder again"
        )
