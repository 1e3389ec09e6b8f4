"""Which lives a run has, and how each is made. The same run gives the same lives."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.live import film_live
from benchmarks.liveshop.photos import photo_live, read_photos
from benchmarks.liveshop.render import printed_live

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.liveshop.live import Live
    from benchmarks.liveshop.photos import PhotoSet
    from stream.types import Seconds

Family = Literal["printed", "twins", "photos"]
Which = Literal["tuned", "never-met", "all"]
Kind = Literal["cartons", "loose", "all"]
FAMILIES: tuple[Family, ...] = ("printed", "twins", "photos")


@dataclass(frozen=True, slots=True)
class Run:
    """`--lives N --seed S`: live i of seed S has its own products and order."""

    family: Family
    seed: int
    lives: int
    seconds: Seconds
    photos: str | None = None
    catalogue: str | None = None
    which: Which = "never-met"  # this and `kind`: of photographs, the products that are introduced
    kind: Kind = "cartons"

    @property
    def names(self) -> list[str]:
        return [f"{self.family}-{self.seed}-{index}" for index in range(self.lives)]

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def run_from_json(text: str) -> Run:
    return Run(**json.loads(text))


@cache
def photos_of(photos: str, catalogue: str | None) -> PhotoSet:
    """Raises WorldError where they cannot be used."""
    return read_photos(Path(photos), None if catalogue is None else Path(catalogue))


def live_of(run: Run, index: int) -> Live:
    if run.photos is None:
        return printed_live(run.seed, index, run.seconds, twins=run.family == "twins")
    photos = photos_of(run.photos, run.catalogue)
    return photo_live(photos, run.seed, index, run.seconds, run.which, run.kind)


def film(run: Run, index: int, out: Path, progress: Callable[[int, int], None]) -> Path:
    """The live's folder, whole; one that is there already is left as it is."""
    return film_live(live_of(run, index), out, progress)
