"""The shop's product feed: pictures on white and a Google Merchant CSV, for the products that are listed."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveshop import ink, paint
from benchmarks.liveshop.bodies import Pose, make_body
from benchmarks.liveshop.errors import WorldError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.liveshop.bodies import Body
    from benchmarks.liveshop.ink import Canvas
    from benchmarks.liveshop.products import Product, Saved

FEED = "feed.csv"
SIZE = 720  # pixels, square, as shops have them
VIEWS = {"front": Pose(SIZE / 2, SIZE / 2, 600), "angle": Pose(SIZE / 2, SIZE / 2, 540, yaw=0.5, pitch=0.12)}
COLUMNS = (
    *("id", "title", "description", "brand", "price", "availability", "link"),
    *("image_link", "additional_image_link", "item_group_id"),
)


def packshot(body: Body, pose: Pose) -> Canvas:
    """The product on white, with the faint shadow of a light box under it."""
    canvas = ink.plain(SIZE, SIZE, ink.WHITE)
    foot = round(pose.y + pose.height / 2)
    ink.disc(canvas, pose.x, foot, pose.height * body.aspect * 0.55, pose.height * 0.03, (205, 205, 208))
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 9), np.uint8)
    faces = body.faces(pose)
    area = paint.bounds(faces, SIZE, SIZE)
    assert area is not None
    spot = canvas[area.y : area.y + area.h, area.x : area.x + area.w]
    spot[:] = paint.onto(spot, paint.layer(faces, area))
    return canvas


def write_catalogue(products: Sequence[Product], folder: Path) -> Path:
    """Pictures and feed in `folder`; returns the feed's path. The feed comes last: it is never ahead of them."""
    listed = [product for product in products if product.listed]
    if not listed:
        raise WorldError(f"catalogue {folder}: no product to list (a show needs at least one listed product)")
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for product in listed:
        body = make_body(product)
        for view, pose in VIEWS.items():
            _save(packshot(body, pose), folder / _image(product, view), product.saved)
    part = folder / (FEED + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        rows.writerows(_row(product) for product in listed)
    return part.rename(folder / FEED)


def _image(product: Product, view: str) -> str:
    return f"images/{product.product_id}-{view}.jpg"


def _save(picture: Canvas, path: Path, how: Saved) -> None:
    if how.side != SIZE:
        picture = np.asarray(cv2.resize(picture, (how.side, how.side), interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, how.quality])
    assert done
    path.write_bytes(data.tobytes())


def _row(product: Product) -> dict[str, str]:
    return {
        "id": product.product_id,
        "title": product.title,
        "description": f"{product.kind.name} by {product.brand}, {product.flavour}, {product.kind.size}.",
        "brand": product.brand,
        "price": product.price,
        "availability": "in_stock",
        "link": f"https://shop.example/p/{product.product_id}",
        "image_link": _image(product, "front"),
        "additional_image_link": _image(product, "angle"),
        "item_group_id": product.group,
    }
