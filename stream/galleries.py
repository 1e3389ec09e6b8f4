"""The gallery in use, and what takes its place while livestreams go on. One loop's; knows no source and no sink.

Whoever changes the gallery on the disk changes it for every worker that reads it. The next version is opened beside
the one in use. If it cannot be had, that is said once, and the one in use serves on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from indexes.delta import NAME as DELTA
from indexes.delta import current_version
from indexes.errors import GalleryError
from indexes.files import open_files
from indexes.manifest import NAME as MANIFEST
from stream.engine import open_search
from stream.heard import NOBODY, Alike
from stream.kinship import Kinship
from stream.scribe import ProductFacts
from stream.shelf import Offer, Shelf
from stream.speech import MOST_PRODUCTS, words_of
from stream.web.facts import GalleryFacts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engines.bundle import Bundle
    from indexes.gallery import Gallery
    from indexes.scope import Scope
    from stream.clock import Clock
    from stream.config import StreamConfig, WorkerConfig
    from stream.metrics import Metrics

    Listed = tuple[str | None, tuple[str, ...] | None]  # a livestream's shop and products
    Stamp = tuple[tuple[int, int, int] | None, ...]

log = structlog.get_logger()

REFUSED_AGAIN_S = 60.0  # what was refused is tried again: files may still be on their way, or memory taken


@dataclass(slots=True)
class _Stand:
    """One livestream's shelf."""

    config: StreamConfig
    shelf: Shelf


class Galleries:
    def __init__(self, config: WorkerConfig, bundle: Bundle, metrics: Metrics, clock: Clock) -> None:
        self._config, self._bundle, self._metrics, self._clock = config, bundle, metrics, clock
        self._stands: list[_Stand] = []
        self._offers: dict[Listed, Offer] = {}
        self._kinship: Kinship | None = None
        self._comparing: asyncio.Task[None] | None = None
        self._stamp: Stamp = ()
        self._refused = ""
        self._tried = self._since = 0.0
        self._one = asyncio.Lock()

    async def open(self) -> None:
        """At the start: what is wrong is raised, also with what a livestream lists."""
        self._stamp = await asyncio.to_thread(stamp_of, self._config.gallery)
        self.gallery = await asyncio.to_thread(open_search, self._config, self._bundle.hash, self._metrics)
        self._kinship, self._offers = await asyncio.to_thread(self._offers_of, self.gallery, lenient=False)
        self._taken()

    async def compare(self) -> None:
        """Nobody waits for it but replays as fast as they go, which say the same each time."""
        self._compare()
        if self._comparing is not None and any(stream.source.pace == "fast" for stream in self._config.streams):
            await asyncio.wait([self._comparing])

    def stop(self) -> None:
        if self._comparing is not None and self._kinship is not None:
            self._comparing.cancel()
            self._kinship.stop()

    def _compare(self) -> None:
        if self._kinship is not None:
            self._comparing = asyncio.create_task(self._kinship.learn(), name="compare look-alikes")

    def shelf(self, config: StreamConfig, moved: Callable[[Offer], None]) -> Shelf:
        shelf = Shelf(self._offers[_listed(config)], moved)
        self._stands.append(_Stand(config, shelf))
        return shelf

    def facts(self) -> GalleryFacts:
        return GalleryFacts(
            version=self.gallery.version,
            bundle=self._bundle.name,
            products=len(self.gallery.products),
            searched_by=self.gallery.searched_by,
            since=self._since,
            refused=self._refused,
        )

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(self._config.gallery_check_s)
            await self.refresh(asked=False)

    async def refresh(self, *, asked: bool = True) -> GalleryFacts:
        """Takes up what lies in the gallery's folder, if it is another version. Raises nothing: see `refused`."""
        async with self._one:
            stamp = await asyncio.to_thread(stamp_of, self._config.gallery)
            again = asked or (self._refused and self._clock.now() - self._tried >= REFUSED_AGAIN_S)
            if stamp != self._stamp or again:
                self._stamp, self._tried = stamp, self._clock.now()
                await self._try()
        return self.facts()

    async def _try(self) -> None:
        try:
            found = await asyncio.to_thread(self._next)
        except GalleryError as error:
            self._refuse(str(error), None)
        except Exception as error:  # noqa: BLE001  a task's boundary: whatever the files do, livestreams go on
            self._refuse(f"{type(error).__name__}: {error}", error)
        else:
            self._refused = ""
            self._metrics.gallery_refused(refused=False)
            if found is not None:
                self._put(*found)

    def _next(self) -> tuple[Gallery, Kinship, dict[Listed, Offer]] | None:
        """In a thread; None where it is what is in use, which the next start must be able to open, too."""
        if current_version(self._config.gallery) == self.gallery.version:
            open_files(self._config.gallery, bundle_hash=self._bundle.hash)
            return None
        gallery = open_search(self._config, self._bundle.hash, self._metrics, known=self.gallery)
        return gallery, *self._offers_of(gallery, lenient=True)

    def _put(self, gallery: Gallery, kinship: Kinship, offers: dict[Listed, Offer]) -> None:
        log.info("gallery replaced", before=self.gallery.version, version=gallery.version)
        self.stop()
        self.gallery, self._kinship, self._offers = gallery, kinship, offers
        for stand in self._stands:
            stand.shelf.put(offers[_listed(stand.config)])
        self._compare()
        self._taken()

    def _taken(self) -> None:
        self._since = self._clock.now()
        self._metrics.gallery_loaded(self.gallery.version, self._bundle.name, len(self.gallery.products))

    def _refuse(self, why: str, fault: Exception | None) -> None:
        if why != self._refused:
            log.error(
                "gallery refused: the one in use serves on", why=why, in_use=self.gallery.version, exc_info=fault
            )
        self._refused = why
        self._metrics.gallery_refused(refused=True)

    def _offers_of(self, gallery: Gallery, *, lenient: bool) -> tuple[Kinship, dict[Listed, Offer]]:
        """Blocks. Livestreams of the same products share one."""
        kinship = Kinship(gallery, self._bundle.matcher(), self._clock)
        offers: dict[Listed, Offer] = {}
        for stream in self._config.streams:
            listed = _listed(stream)
            if listed not in offers:
                scope = gallery.scope(shop_id=stream.shop_id, product_ids=stream.products, lenient=lenient)
                kin = kinship.of(scope, self._known(listed, scope))
                offers[listed] = Offer(scope, kin, self._renamed(listed, scope))
            if lenient:
                _say_missing(stream, gallery)
        return kinship, offers

    def _known(self, listed: Listed, scope: Scope) -> Alike:
        """Who looked like whom before, as far as they are still there."""
        before = self._offers.get(listed)
        return NOBODY if before is None or len(scope) > MOST_PRODUCTS else still(before.kin.alike, scope)

    def _renamed(self, listed: Listed, scope: Scope) -> bool:
        before = self._offers.get(listed)
        if before is None or max(len(scope), len(before.scope)) > MOST_PRODUCTS:
            return False
        return words_of(before.scope) != words_of(scope)


def product_facts(gallery: Gallery, product_id: str) -> ProductFacts | None:
    index = gallery.find(product_id)
    if index is None:
        return None
    product = gallery.product(index)
    return ProductFacts(product.title, product.price, product.link, product.image_link, product.sku_group)


def still(alike: Alike, scope: Scope) -> Alike:
    groups = {product_id: group for product_id, group in alike.groups.items() if scope.has(product_id)}
    here = {one: tuple(other for other in twins if scope.has(other)) for one, twins in alike.twins.items()}
    return Alike(groups, {one: twins for one, twins in here.items() if one in twins and len(twins) > 1})


def stamp_of(gallery: Path) -> Stamp:
    """Differs whenever the gallery does. Cheap: nothing is read."""
    return tuple(_stat(gallery / name) for name in (MANIFEST, DELTA))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _listed(stream: StreamConfig) -> Listed:
    return stream.shop_id, stream.products


def _say_missing(stream: StreamConfig, gallery: Gallery) -> None:
    missing = [product_id for product_id in stream.products or () if gallery.find(product_id) is None]
    if unknown := [product_id for product_id in missing if product_id not in gallery.withdrawn]:
        log.warning(
            "products that a livestream lists are not in the gallery: they will not be shown",
            stream_id=stream.stream_id, count=len(unknown), first=unknown[0],
        )  # fmt: skip
