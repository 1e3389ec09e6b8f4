"""Pictures to the work folder: fetched and decoded in threads, each encoded once. Knows no feed and no gallery.

What cannot be had is an answer, not an error: one dead link among thousands must not end a build.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from indexes.errors import GalleryError, ImageError
from indexes.images import decode, digest, in_order
from indexes.product import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from indexes.images import ImageLimits, Pictures
    from indexes.picture import EncodedLike, Encoder, Image
    from indexes.work import Work

THREADS = 8  # pictures fetched and decoded at once: they mostly wait for the network
AHEAD = 16  # pictures decoded and not yet encoded, 12 MB each at most
BATCH = 16  # pictures given to the encoder at once; as much is lost when the build is killed


@dataclass(frozen=True, slots=True)
class Found:
    """A picture on its way: `image` is None where it was encoded before, `digest` empty where it cannot be had."""

    product: int
    product_id: str
    link: str
    digest: str = ""
    image: Image | None = None
    why: str = ""


class Encoding:
    """One run; `reused`: pictures so far that the work folder had."""

    def __init__(
        self,
        encoder: Encoder,
        bundle_name: str,
        source: Pictures,
        limits: ImageLimits,
        store: Work,
        now: Callable[[], float],
    ) -> None:
        self._encoder, self._bundle_name = encoder, bundle_name
        self._source, self._limits = source, limits
        self._store, self._now = store, now
        self.reused = 0

    def batches(self, asked: Iterable[Found]) -> Generator[list[tuple[Found, int | None]], None, None]:
        """In the order asked, each with its number in the work folder; None where it cannot be had."""
        found = in_order(asked, self._find, threads=THREADS, ahead=AHEAD, stop=self._source.stop)
        with closing(found):
            while batch := list(islice(found, BATCH)):
                self._add(batch)
                yield [(picture, self._store.find(picture.digest)) for picture in batch]

    def _find(self, asked: Found) -> Found:
        """Runs in a thread of the pool."""
        link = asked.link
        if "://" in link and (known := self._store.find_link(link, self._now())):
            return replace(asked, digest=known)
        try:
            data = self._source.read(link)
            name = digest(data)
            if self._store.find(name) is not None:
                return replace(asked, digest=name)
            return replace(asked, digest=name, image=decode(data, self._limits, name=shown(link)))
        except ImageError as error:
            return replace(asked, why=str(error))

    def _add(self, batch: list[Found]) -> None:
        """Encodes what is new in the batch, every picture once."""
        fresh = {p.digest: p.image for p in batch if p.image is not None and self._store.find(p.digest) is None}
        self.reused += sum(1 for p in batch if p.digest and p.image is None)
        links = [(p.link, p.digest) for p in batch if p.digest and p.image is not None and "://" in p.link]
        encoded = list(self._encoder.encode(list(fresh.values()))) if fresh else []
        if len(encoded) != len(fresh):
            raise GalleryError(f"bundle {self._bundle_name}: {len(encoded)} results for {len(fresh)} pictures")
        for one in encoded:
            self._check(one, encoded[0])
        if fresh or links:
            self._store.add(list(zip(fresh, encoded, strict=True)), links, self._now())

    def _check(self, one: EncodedLike, first: EncodedLike) -> None:
        """An encoder that gives nonsense must not become a gallery that finds nonsense."""
        known = self._store.entries[0].dim if self._store.entries else len(first.embedding)
        patches, count = one.patches, len(one.patches.vectors)
        shapes = (one.embedding.shape, patches.vectors.shape, patches.places.shape, patches.thumb.shape)
        if shapes[0] != (known,) or len(shapes[1]) != 2 or shapes[2] != (count, 4) or shapes[3][2:] != (3,):
            raise GalleryError(
                f"bundle {self._bundle_name}: embedding, patch vectors, places and thumb of shapes {shapes}, "
                f"where the embedding has {known} numbers: check the bundle"
            )
        if not (np.isfinite(one.embedding).all() and np.isfinite(patches.vectors).all()):
            raise GalleryError(f"bundle {self._bundle_name}: vectors hold a value that is no number: check it")
