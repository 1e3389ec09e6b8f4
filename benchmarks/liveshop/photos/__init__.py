"""The `photos` family: lives made from a catalogue and photographs of its products. Knows no recogniser."""

from __future__ import annotations

from benchmarks.liveshop.photos.live import PhotoLive, photo_live
from benchmarks.liveshop.photos.photoset import Item, Kind, Photo, PhotoSet, Which
from benchmarks.liveshop.photos.reader import read_photos

__all__ = ["Item", "Kind", "Photo", "PhotoLive", "PhotoSet", "Which", "photo_live", "read_photos"]
