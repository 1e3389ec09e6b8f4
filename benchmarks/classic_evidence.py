"""Evidence with known truth: pictures examined by the classic engine, the right candidate marked. Fits nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from benchmarks.bench_classic import SHORTLIST, read_picture
from benchmarks.classic_siblings import sibling
from benchmarks.liveshop.bodies import make_body
from benchmarks.liveshop.camera import Camera
from benchmarks.liveshop.catalogue import write_catalogue
from benchmarks.liveshop.show import FPS, random_show
from benchmarks.liveshop.truth import visible
from engines.classic import ClassicEncoder, ClassicMatcher
from engines.classic.calibration import Evidence, Rivalry, features
from engines.classic.geometry import PRINT
from indexes.voting import PatchIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.bench_classic import Photos
    from benchmarks.liveshop.show import Show
    from engines.base import Encoded, Image

STEP_S = 0.8  # between two frames of a world: nearer ones repeat one another
SEEN = 0.5  # share of a front that must be visible for a frame to be evidence for or against its product
FEATURES = len(Evidence._fields) + 1
SEED = 5  # of the made-up siblings
QUALITY = 45  # of the JPEG a frame passes through: a livestream's compression, roughly


class Sample(NamedTuple):
    """One picture. Rows: the candidates that were looked at closely."""

    right: NDArray[np.bool_]
    evidence: NDArray[np.float64]  # (candidates, features)
    rivalry: Rivalry


class Shown(NamedTuple):
    picture: Image
    product: int | None  # its place in the catalogue; None where nothing listed is in view


class Examiner:
    """A catalogue in memory and the engine's way to a verdict, stopped before the evidence is weighed."""

    def __init__(self, catalogue: Iterable[Sequence[Image]]) -> None:
        self._encoder, self._matcher = ClassicEncoder(), ClassicMatcher()
        self._gallery = [self._encoder.encode(pictures) for pictures in catalogue]
        owned = [
            (owner, encoded.patches.vectors[:PRINT])
            for owner, pictures in enumerate(self._gallery)
            for encoded in pictures
        ]
        owners = np.concatenate([np.full(len(rows), owner, np.int32) for owner, rows in owned])
        self._index = PatchIndex.build(np.concatenate([rows for _, rows in owned]), owners)

    def samples(self, shown: Iterable[Shown], without_every: int) -> Iterator[Sample]:
        """Every picture as it is; each so-manieth once more as if its product were not in the catalogue."""
        met = 0
        for picture, product in shown:
            query = self._encoder.encode([picture])[0]
            shortlist = [owner for owner, _ in self._index.vote(query.patches.vectors, None, SHORTLIST)]
            yield self._sample(query, shortlist, product)
            met += product in shortlist
            if product in shortlist and met % without_every == 0:
                yield self._sample(query, [owner for owner in shortlist if owner != product], None)

    def _sample(self, query: Encoded, shortlist: Sequence[int], product: int | None) -> Sample:
        seen = self._matcher.examine(query, [self._gallery[owner] for owner in shortlist])
        rows = [features(found.evidence) for found in seen.found.values()]
        right = np.array([shortlist[place] == product for place in seen.found], np.bool_)
        return Sample(right, np.array(rows).reshape(len(rows), FEATURES), seen.rivalry)


def of_photos(photos: Photos, *, packages: bool, every: int, siblings: int = 0) -> list[Sample]:
    """Photographs of the tuned-on products alone; the catalogue pictures of all products stand against them.

    `siblings`: as many made-up look-alikes of each tuned-on package beside them.
    """
    ids = list(photos.products)
    pictures = [read_picture(photos.root / picture) for _, picture in photos.products.values()]
    tuned = photos.group(packages=packages, which="tuned")
    for number, product in enumerate(tuned if siblings else ()):
        rng = np.random.default_rng([SEED, number])
        others = [pictures[ids.index(other)] for other in tuned if other != product]
        pictures += [sibling(pictures[ids.index(product)], others, rng) for _ in range(siblings)]
    examiner = Examiner([picture] for picture in pictures)
    chosen = [(picture, product) for picture, product in photos.natural if product in tuned][::every]
    shown = (Shown(read_picture(photos.root / picture), ids.index(product)) for picture, product in chosen)
    return list(examiner.samples(shown, without_every=3))


def of_world(seed: int, seconds: float) -> list[Sample]:
    """Frames of a made-up show, with look-alikes and products that no catalogue lists among what is shown."""
    show = random_show(seed, seconds)
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write_catalogue(show.products, path)
        catalogue = [
            [read_picture(file) for file in sorted(path.glob(f"images/{product.product_id}-*.jpg"), key=_front_first)]
            for product in show.products
            if product.listed
        ]
    return list(Examiner(catalogue).samples(_frames(show), without_every=5))


def _frames(show: Show) -> Iterator[Shown]:
    """Frames in which every product is either plainly in view or out of it."""
    listed = [product.product_id for product in show.products if product.listed]
    bodies = {item.product.product_id: make_body(item.product) for item in show.introductions}
    camera = Camera(show)
    for number in range(0, show.frames, int(STEP_S * FPS)):
        at = number / FPS
        there = [item for item in show.introductions if item.path.pose(at) is not None]
        if any(visible(bodies[item.product.product_id], item, at) < SEEN for item in there):
            continue
        known = [listed.index(item.product.product_id) for item in there if item.product.listed]
        picture = cv2.cvtColor(camera.picture(number), cv2.COLOR_YUV2RGB_I420)
        yield Shown(_streamed(np.asarray(picture, np.uint8)), known[-1] if known else None)


def _streamed(picture: Image) -> Image:
    small = cv2.resize(picture, (640, 360), interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


def _front_first(file: Path) -> tuple[bool, str]:
    return "front" not in file.name, file.name
