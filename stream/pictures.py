"""A product's own picture for the overlay: the small copy that the gallery keeps, as JPEG. Knows no route."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from indexes.errors import GalleryError
from stream.web.facts import Picture

if TYPE_CHECKING:
    from indexes.gallery import Gallery


def picture_of(gallery: Gallery, product_id: str) -> Picture | None:
    """None where the product is unknown, or where its bundle keeps no pictures."""
    try:
        pictures = gallery.pictures(gallery.index_of(product_id))
    except GalleryError:
        return None
    thumb = next((picture.patches.thumb for picture in pictures if picture.patches.thumb.size), None)
    if thumb is None:
        return None
    done, data = cv2.imencode(".jpg", cv2.cvtColor(thumb, cv2.COLOR_RGB2BGR))
    return Picture(data.tobytes(), "image/jpeg") if done else None
