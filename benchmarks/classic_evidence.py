"""Evidence with known truth: pictures examined by the classic engine, the right candidate marked. Fits nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from benchmarks.bench_classic import SHORTLIST, read_picture
from benchmarks.classic_siblings import sibling
from benchmarks.liveshop.catalogue import FEED
from benchmarks.liveshop.show import FPS
from engines.classic import ClassicEncoder, ClassicMatcher
from engines.classic.calibration import CONSTANT, Rivalry, features
from engines.classic.geometry import PRINT
from indexes.voting import PatchIndex
from stream.config import SourceConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.bench_classic import Photos
    from benchmarks.liveshop.live import Live
    from benchmarks.liveshop.truth import Truth
    from engines.base import Encoded, Image
    from stream.types import Seconds

STEP_S = 0.8  # between two frames of a live: nearer ones repeat one another
COMING_S = 1.0  # before and after an introduction its product may be in view already, or still
EDGE_S = 0.3  # within it, right at its ends, a product is mostly out of the picture or blurred
FEATURES = CONSTANT
SEED = 5  # of the made-up siblings
LONGER_SIDE = SourceConfig().longer_side
QUALITY = 45  # of the JPEG a frame passes through: a livestream's compression, roughly


class Sample(NamedTuple):
    """One picture. Rows: the candidates that were looked at closely."""

    right: NDArray[np.bool_]
    evidence: NDArray[np.float64]  # (candidates, features)
    rivalry: Rivalry


class Shown(NamedTuple):
    """What is presented, and what merely lies there: products by their place in the catalogue."""

    picture: Image
    right: frozenset[int] = frozenset()
    lying: frozenset[int] = frozenset()  # in view, but not meant: they speak neither for nor against the odds


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
        """Every picture as it is; each so-manieth once more as if what it shows were not in the catalogue."""
        met = 0
        for picture, right, lying in shown:
            query = self._encoder.encode([picture])[0]
            shortlist = [owner for owner, _ in self._index.vote(query.patches.vectors, None, SHORTLIST)]
            yield self._sample(query, shortlist, right, lying)
            if right.isdisjoint(shortlist):
                continue
            if met % without_every == 0:
                yield self._sample(query, [owner for owner in shortlist if owner not in right], frozenset(), lying)
            met += 1

    def _sample(
        self, query: Encoded, shortlist: Sequence[int], right: frozenset[int], lying: frozenset[int]
    ) -> Sample:
        seen = self._matcher.examine(query, [self._gallery[owner] for owner in shortlist])
        owners = [shortlist[place] for place in seen.found]
        told = [n for n, owner in enumerate(owners) if owner not in lying]
        rows = np.array([features(found.evidence) for found in seen.found.values()]).reshape(-1, FEATURES)
        mine = np.array([owners[n] in right for n in told], np.bool_)
        return Sample(mine, rows[told], seen.rivalry.among(told))


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
    shown = (Shown(read_picture(photos.root / one), frozenset({ids.index(product)})) for one, product in chosen)
    return list(examiner.samples(shown, without_every=3))


def of_live(live: Live) -> list[Sample]:
    """Frames of a live: a product is plainly presented, or nothing is."""
    truth = live.truth()
    with TemporaryDirectory() as folder:
        live.write_catalogue(Path(folder))
        catalogue = read_feed(Path(folder))
        examiner = Examiner([read_picture(file) for file in files] for files in catalogue.values())
    ids = list(catalogue)
    shown = (
        Shown(_streamed(live, round(at * FPS)), _places(ids, presented), _places(ids, _lying(truth, at) - presented))
        for at in np.arange(0.0, live.seconds, STEP_S).tolist()
        if (presented := presented_at(truth, at)) is not None
    )
    return list(examiner.samples(shown, without_every=5))


def read_feed(folder: Path) -> dict[str, list[Path]]:
    """The pictures of each product of a live's catalogue, the main one first."""
    with (folder / FEED).open(encoding="utf-8", newline="") as feed:
        return {
            row["id"]: [
                folder / link for link in (row["image_link"], *row["additional_image_link"].split(",")) if link
            ]
            for row in csv.DictReader(feed)
        }


def presented_at(truth: Truth, at: Seconds) -> frozenset[str] | None:
    """Products that are presented, those of no catalogue among them; None near the ends of an introduction."""
    near = [one for one in truth.shown if one.shown_at - COMING_S <= at <= one.hidden_at + COMING_S]
    if any(not one.shown_at + EDGE_S <= at <= one.hidden_at - EDGE_S for one in near):
        return None
    return frozenset(one.product_id for one in near)


def _lying(truth: Truth, at: Seconds) -> frozenset[str]:
    return frozenset(other.product_id for other in truth.others if other.start <= at <= other.stop)


def _places(ids: Sequence[str], products: frozenset[str]) -> frozenset[int]:
    return frozenset(place for place, product_id in enumerate(ids) if product_id in products)


def _streamed(live: Live, frame: int) -> Image:
    """As a recogniser gets it: scaled, and through a livestream's compression."""
    picture = cv2.cvtColor(live.picture(frame), cv2.COLOR_YUV2BGR_I420)
    scale = min(LONGER_SIDE / max(picture.shape[:2]), 1.0)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)
