"""How views that follow one another add up, fitted to tuning lives and kept with the classic bundle. Decodes nothing.

    python -m benchmarks.liveshop.fit_presence LIVE... [--write]

LIVE: folders that `nowshowing eval liveshop` watched, of seeds 1000 to 1999, photographs of tuned-on products alone.
Every product that a view looked at closely counts: is it presented there? Least log loss, each family of lives by
half. Both maps are fitted together, since a product is presented when it is in view and does not rest.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.classic_calibration import descend
from benchmarks.liveshop.fit_false_shows import tuning_live
from benchmarks.liveshop.replay_decide import HOUR_S
from engines.presence import Presence
from stream.errors import KNOWN
from stream.fuse import Fuser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.replay_decide import Watched

KEPT = "presence.json"
START = (0.0, 1.0, 0.0, 0.0, 1.0)  # a view stands for itself
SURELY_HELD = 4.0  # log-odds: where nothing is known that speaks for rest, no more is made of it
RIDGE = 1e-5

Vector = NDArray[np.float64]


class Views(NamedTuple):
    """Every product that any view looked at closely."""

    odds: NDArray[np.float64]  # (looked at, 3): now, lately, held
    right: NDArray[np.bool_]
    worth: Vector


def gathered(lives: Sequence[Watched]) -> Views:
    parts = [_of_live(live) for live in lives]
    families = [live.name.split("-")[0] for live in lives]
    rows = {
        family: sum(len(part[0]) for part, f in zip(parts, families, strict=True) if f == family)
        for family in families
    }
    return Views(
        np.concatenate([odds for odds, _ in parts]),
        np.concatenate([right for _, right in parts]),
        np.concatenate(
            [
                np.full(len(odds), 1 / (len(rows) * rows[family]))
                for (odds, _), family in zip(parts, families, strict=True)
            ]
        ),
    )


def _of_live(live: Watched) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    fuser, odds, right = Fuser(), [], []
    for line in live.trace:
        presented = {s.product_id for s in live.truth.shown if s.listed and s.shown_at <= line.at <= s.hidden_at}
        for product_id, told in fuser.weigh(line.look()).items():
            odds.append((told.now, told.lately, min(told.held, SURELY_HELD)))
            right.append(product_id in presented)
    return np.array(odds, np.float64).reshape(-1, 3), np.array(right, np.bool_)


def loss(numbers: Vector, views: Views) -> float:
    """Mean log loss, and a little for large numbers."""
    constant, now, lately, resting, held = numbers
    in_view = constant + now * views.odds[:, 0] + lately * views.odds[:, 1]
    in_hand = resting + held * views.odds[:, 2]
    chance = np.clip(1 / ((1 + np.exp(-in_view)) * (1 + np.exp(-in_hand))), 1e-7, 1 - 1e-7)
    each = np.where(views.right, -np.log(chance), -np.log1p(-chance))
    return float(each @ views.worth + RIDGE * np.sum(numbers**2))


def fit(views: Views, hours: float) -> Presence:
    numbers = descend(lambda at: loss(at, views), np.array(START))
    constant, now, lately, resting, held = (round(float(value), 2) for value in numbers)
    return Presence(constant, now, lately, resting, held, round(hours, 2))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.liveshop.fit_presence",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lives", type=Path, nargs="+", help="folders of watched lives")
    parser.add_argument("--write", action="store_true", help="keep it with the classic bundle")
    chosen = parser.parse_args(arguments)
    try:
        lives = [tuning_live(folder) for folder in chosen.lives]
    except KNOWN as error:
        print(f"fit_presence: {error}", file=sys.stderr)
        return 1
    views = gathered(lives)
    found = fit(views, sum(live.truth.seconds for live in lives) / HOUR_S)
    before, after = loss(np.array(START), views), loss(np.array(found[:-1]), views)
    print(json.dumps({**found._asdict(), "loss_single_views": round(before, 5), "loss": round(after, 5)}))
    if chosen.write:
        text = json.dumps(found._asdict(), indent=2) + "\n"
        Path(str(files("engines.classic") / KEPT)).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
