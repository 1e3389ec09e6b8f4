"""Places on the table and on the shelf, and how a product lies or stands there. Pure; knows no script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.bodies import Pose

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.liveshop.products import Product

How = Literal["standing", "lying"]

MIDDLE = 640  # of the scene: an upright picture shows only what is near it


@dataclass(frozen=True, slots=True)
class Place:
    x: float
    foot: float  # where a thing's lower edge is, in scene pixels
    how: How


# Standing things are at the table's far edge, clear of the lower third; lying ones nearer, where it does not reach.
TABLE = (
    *(Place(x, 632.0, "standing") for x in (110.0, 255.0, 395.0, 885.0, 1030.0, 1175.0)),
    *(Place(x, 700.0, "lying") for x in (610.0, 800.0, 985.0)),
)
TABLE_UPRIGHT = (
    *(Place(x, 632.0, "standing") for x in (505.0, 775.0)),
    *(Place(x, 700.0, "lying") for x in (560.0, 725.0)),
)
SHELF = tuple(Place(x, y, "standing") for y in (150.0, 300.0) for x in (110.0, 250.0, 400.0, 860.0, 1000.0))
ROUND = frozenset({"bottle", "can", "tube"})


def pose_at(rng: np.random.Generator, place: Place, product: Product) -> Pose:
    """Standing things are small beside what is held up; lying ones are seen from above at a slant."""
    x = place.x + float(rng.uniform(-14, 14))
    turn = float(rng.uniform(-0.5, 0.5))
    if product.kind.form == "garment":  # folded or rolled up, it does not stand
        height = float(rng.uniform(120, 165))
        return Pose(x, place.foot - height * 0.3, height, yaw=turn * 0.5, pitch=0.95)
    if place.how == "standing":
        height = float(rng.uniform(135, 200)) * (1.05 if product.kind.form == "bottle" else 0.95)
        return Pose(x, place.foot - height / 2, height, yaw=turn)
    height = float(rng.uniform(150, 215))
    if product.kind.form in ROUND:
        side = -1 if rng.random() < 0.5 else 1
        return Pose(x, place.foot - height * 0.24, height * 0.9, yaw=turn, roll=side * float(rng.uniform(1.35, 1.62)))
    pitch = float(rng.uniform(0.85, 1.1))
    return Pose(
        x, place.foot - height * 0.27, height, yaw=turn * 0.4, pitch=pitch, roll=float(rng.uniform(-0.15, 0.15))
    )


def shelf_pose(rng: np.random.Generator, place: Place) -> Pose:
    height = float(rng.uniform(88, 120))
    return Pose(
        place.x + float(rng.uniform(-25, 25)), place.foot - height / 2, height, yaw=float(rng.uniform(-0.2, 0.2))
    )
