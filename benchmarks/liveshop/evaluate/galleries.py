"""Galleries of a live's own feed: all images of each product, and the main image alone. Resumable; watches nothing.

Main image alone and all images are the two settings of the RICE protocol for ranking a live's products.
"""

from __future__ import annotations

import csv
import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.liveshop.evaluate.fingerprint import of_packages, of_texts
from indexes.build import build_gallery
from indexes.gallery import open_gallery
from stream.fetching import fetch_with
from stream.urls import GuardedClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engines.base import Encoded, EncoderInfo, FrameEncoder, Image
    from engines.bundle import Bundle
    from indexes.gallery import Gallery

    Tell = Callable[[int, int], None]

FEED = "feed.csv"
MAIN_FEED = "feed-main.csv"
ALL, MAIN = "gallery", "gallery-main"
MORE = "additional_image_link"


def galleries_of(live: Path, bundle: Bundle, tell: Tell = lambda _done, _of: None) -> tuple[Gallery, Gallery]:
    """Of all images and of main images alone, built where there are none of this very program and feed."""
    main_feed = live / MAIN_FEED
    if not main_feed.exists():
        _write_main(live / FEED, main_feed)
    encoder = Remembering(bundle.encoder(1))
    with closing(GuardedClient()) as client:
        fetch = fetch_with(client)
        return (
            _opened(live / FEED, live / ALL, bundle, encoder, fetch, tell),
            _opened(main_feed, live / MAIN, bundle, encoder, fetch, tell),
        )


class Remembering:
    """An encoder that encodes a picture once: main images are in both galleries."""

    def __init__(self, encoder: FrameEncoder) -> None:
        self._encoder = encoder
        self._known: dict[bytes, Encoded] = {}

    @property
    def info(self) -> EncoderInfo:
        return self._encoder.info

    def encode(self, images: Sequence[Image]) -> list[Encoded]:
        keys = [hashlib.sha256(image.tobytes()).digest() + str(image.shape).encode() for image in images]
        new = {key: image for key, image in zip(keys, images, strict=True) if key not in self._known}
        if new:
            self._known.update(zip(new, self._encoder.encode(list(new.values())), strict=True))
        return [self._known[key] for key in keys]


def _opened(
    feed: Path, out: Path, bundle: Bundle, encoder: Remembering, fetch: Callable[[str], bytes], tell: Tell
) -> Gallery:
    """Built anew when the feed, the bundle or the program differs from what made the one that is there."""
    made_by = out.with_name(out.name + ".made-by")
    key = of_texts(bundle.hash, of_packages("engines", "indexes"), feed.read_text(encoding="utf-8"))
    if not (out.exists() and made_by.exists() and made_by.read_text(encoding="ascii") == key):
        made_by.unlink(missing_ok=True)
        build_gallery(
            feed,
            encoder=encoder,
            bundle_name=bundle.name,
            bundle_hash=bundle.hash,
            out=out,
            votes=bundle.votes,
            fetch=fetch,
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
