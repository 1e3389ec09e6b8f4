"""Galleries of a live's own feed: all images of each product, and the main image alone. Resumable; knows no stream.

Main image alone and all images are the two settings of the RICE protocol for ranking a live's products.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.fingerprint import of_sources, of_texts
from indexes.build import build_gallery
from indexes.gallery import open_gallery

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engines.bundle import Bundle
    from indexes.gallery import Gallery

FEED = "feed.csv"
MAIN_FEED = "feed-main.csv"
ALL, MAIN = "gallery", "gallery-main"
MORE = "additional_image_link"


def gallery_of(live: Path, bundle: Bundle, tell: Callable[[int, int], None] = lambda _done, _of: None) -> Gallery:
    """The gallery of all images, built where there is none of this very bundle and feed."""
    return _opened(live / FEED, live / ALL, bundle, tell)


def main_gallery_of(live: Path, bundle: Bundle) -> Gallery:
    """The gallery of main images alone."""
    feed = live / MAIN_FEED
    if not feed.exists():
        _write_main(live / FEED, feed)
    return _opened(feed, live / MAIN, bundle, lambda _done, _of: None)


def _opened(feed: Path, out: Path, bundle: Bundle, tell: Callable[[int, int], None]) -> Gallery:
    """Built anew when the feed, the bundle or the program differs from what made the one that is there."""
    made_by = out.with_name(out.name + ".made-by")
    key = of_texts(bundle.hash, of_sources("engines", "indexes"), feed.read_text(encoding="utf-8"))
    if not (out.exists() and made_by.exists() and made_by.read_text(encoding="ascii") == key):
        made_by.unlink(missing_ok=True)
        build_gallery(
            feed,
            encoder=bundle.encoder(1),
            bundle_name=bundle.name,
            bundle_hash=bundle.hash,
            out=out,
            votes=bundle.votes,
            progress=lambda now: tell(now.done, now.total),
        )
        made_by.write_text(key, encoding="ascii")
    return open_gallery(out, bundle_hash=bundle.hash)


def _write_main(feed: Path, out: Path) -> None:
    with feed.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        columns = [name for name in rows.fieldnames or () if name != MORE]
        kept = [{name: row[name] for name in columns} for row in rows]
    part = out.with_name(out.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(kept)
    part.rename(out)
