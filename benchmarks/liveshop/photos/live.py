"""A script of photographs as a live: its truth, pictures, sound and catalogue. Knows no recogniser."""

from __future__ import annotations

import csv
import shutil
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop import speech
from benchmarks.liveshop.catalogue import FEED
from benchmarks.liveshop.photos.camera import PhotoCamera
from benchmarks.liveshop.photos.reader import read_pixels
from benchmarks.liveshop.photos.script import write_script
from benchmarks.liveshop.photos.shots import fitted
from benchmarks.liveshop.programme import Stretch
from benchmarks.liveshop.show import FPS
from benchmarks.liveshop.sound import heard, mixed
from benchmarks.liveshop.truth import BOX_EVERY, Placed, Shown, Truth, Word, duration_of

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.liveshop.live import Live, Planes
    from benchmarks.liveshop.photos.photoset import Item, Kind, PhotoSet, Which
    from benchmarks.liveshop.photos.script import Introduction, Script
    from benchmarks.liveshop.photos.shots import Shot
    from benchmarks.liveshop.speech import Samples, Spoken

EDITION = 2  # of how scripts are written and shots are taken: a live of another is another live
COLUMNS = (
    *("id", "title", "description", "brand", "gtin", "price", "availability", "link"),
    *("image_link", "additional_image_link", "item_group_id", "google_product_category", "product_type"),
)


class PhotoLive:
    """What is asked of it is made then, and kept."""

    def __init__(self, script: Script, name: str) -> None:
        self.script = script
        self.name = name
        self.seed = script.seed
        self.seconds = script.seconds
        self.size = script.programme.size()
        self.bit_rate = script.programme.bit_rate

    def truth(self) -> Truth:
        frames = [self.script.prevails(frame) for frame in range(self.script.frames)]
        places = np.array([-1 if place is None else place for place in frames])
        shown = [
            _shown(self.script, one, np.flatnonzero(places == place).tolist())
            for place, one in enumerate(self.script.introductions)
        ]
        words = [Word(*timed, line.product_id) for line in self._spoken for timed in line.words()]
        stretches = (*self.script.programme.stretches, *_talk(shown, self.seconds))
        return Truth(self.name, self.seed, self.seconds, tuple(shown), tuple(words), stretches=stretches)

    def picture(self, frame: int) -> Planes:
        return self._camera.picture(frame)

    def sound(self) -> Samples:
        return mixed(self._spoken, self.script.programme, self.script.world, self.seconds)

    def write_catalogue(self, folder: Path) -> Path:
        return write_catalogue(self.script.listed, folder)

    @cached_property
    def _camera(self) -> PhotoCamera:
        return PhotoCamera(self.script)

    @cached_property
    def _spoken(self) -> tuple[Spoken, ...]:
        programme = self.script.programme
        return heard(speech.speak(self.script.lines, programme.voice), programme)


def photo_live(
    photos: PhotoSet,
    seed: int,
    index: int,
    seconds: float,
    which: Which = "never-met",
    kind: Kind = "cartons",
) -> Live:
    """Live `index` of a run's seed. `which` and `kind`: the products that are introduced; the catalogue holds all."""
    script = write_script(photos, seed, index, seconds, which, kind)
    return PhotoLive(script, f"photos {EDITION}: {which} {kind} {seed}-{index} of {photos.fingerprint}")


def write_catalogue(items: tuple[Item, ...], folder: Path) -> Path:
    """The feed and its pictures in `folder`; links into the web stay links. The feed comes last."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = [_row(number, item, folder) for number, item in enumerate(items)]
    part = folder / (FEED + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        sheet.writerows(rows)
    return part.rename(folder / FEED)


def _row(number: int, item: Item, folder: Path) -> dict[str, str]:
    product = item.product
    first, *others = [_copied(link, f"images/{number:05d}-{n}", item, folder) for n, link in enumerate(item.pictures)]
    return {
        "id": product.product_id,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "gtin": product.gtin,
        "price": product.price,
        "availability": product.availability,
        "link": product.link,
        "image_link": first,
        "additional_image_link": ",".join(others),
        "item_group_id": product.sku_group,
        "google_product_category": item.category,
        "product_type": item.sort,
    }


def _copied(link: str, name: str, item: Item, folder: Path) -> str:
    """Copied under a name of our own: what merchants call their files may not fit a feed."""
    if "://" in link:
        return link
    target = name + PurePosixPath(link).suffix.lower()
    shutil.copyfile(item.folder / link, folder / target)
    return target


def _shown(script: Script, one: Introduction, frames: list[int]) -> Shown:
    """`frames`: those in which it prevails; they follow one another."""
    start, stop = frames[0] / FPS, frames[-1] / FPS
    return Shown(
        product_id=one.item.product.product_id,
        group=one.item.product.sku_group or one.item.product.product_id,
        listed=one.listed,
        shown_at=start,
        hidden_at=stop,
        covered_s=0.0,
        boxes=tuple(_placed(script, frame) for frame in frames if frame % BOX_EVERY == 0),
        scale="large",  # a photograph fills the picture; how much of it the product does, nobody wrote down
        duration=duration_of(stop - start),
    )


def _placed(script: Script, frame: int) -> Placed:
    """The photograph's area, in shares of the picture."""
    scene, before, share = script.on_screen(frame)
    shot = before.shot if before is not None and share < 0.5 else scene.shot
    assert shot is not None
    return Placed(frame / FPS, *_window(shot, script.programme.size()))


@lru_cache(32)
def _window(shot: Shot, size: tuple[int, int]) -> tuple[float, float, float, float]:
    picture = read_pixels(shot.photo.path)
    window = fitted((picture.shape[1], picture.shape[0]), size, shot.closer)[1]
    x, y, w, h = window.x / size[0], window.y / size[1], window.w / size[0], window.h / size[1]
    return round(x, 4), round(y, 4), round(w, 4), round(h, 4)


def _talk(shown: list[Shown], seconds: float) -> tuple[Stretch, ...]:
    """Where the host talks without a product."""
    begins = [0.0, *(one.hidden_at + 1 / FPS for one in shown)]
    ends = [*(one.shown_at for one in shown), seconds]
    return tuple(Stretch(round(a, 4), round(b, 4), "talk") for a, b in zip(begins, ends, strict=True))
