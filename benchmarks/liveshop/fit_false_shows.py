"""How false shows fall with the threshold, fitted to tuning lives and kept with the classic bundle. Decodes nothing.

    python -m benchmarks.liveshop.fit_false_shows LIVE... [--write]

LIVE: folders that `nowshowing eval liveshop` watched, of seeds 1000 to 1999. Every live is decided again at many
thresholds; a Poisson regression through the false shows of each gives a rate at even odds and how fast it falls. A
threshold that let nothing through is evidence too: of a rate below what so few hours can show.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.replay_decide import HOUR_S, STEPS, decide_again, false_shows, read_live
from engines.shows import FalseShows
from stream.errors import KNOWN
from stream.fuse import sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.replay_decide import Watched

TUNING = range(1000, 2000)
KEPT = "false_shows.json"
PRIOR = 0.5  # a false show added at every threshold: of an unseen event no more is known than that it may happen
ROUNDS = 100


def counts(lives: Sequence[Watched], tolerance_s: float = 1.0) -> list[int]:
    """False shows at each of STEPS."""
    return [
        false_shows([(live.truth, decide_again(live.trace, sigmoid(odds))) for live in lives], tolerance_s)
        for odds in STEPS
    ]


def fit(found: Sequence[int], hours: float) -> FalseShows:
    """Newton's steps on the likelihood of counts whose logarithm is a line."""
    x = np.column_stack([np.ones(len(STEPS)), STEPS])
    y = np.asarray(found, float) + PRIOR
    line = np.array([np.log(y.mean()), 0.0])
    for _ in range(ROUNDS):
        expected = np.exp(x @ line)
        line += np.linalg.solve(x.T @ (x * expected[:, None]), x.T @ (y - expected))
    at_even, fall = float(np.exp(line[0])) / hours, float(-line[1])
    if fall <= 0:
        raise WorldError(f"false shows do not fall with the threshold ({list(found)}): take more lives")
    return FalseShows(round(at_even, 1), round(fall, 3), round(hours, 2))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.liveshop.fit_false_shows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lives", type=Path, nargs="+", help="folders of watched lives")
    parser.add_argument("--write", action="store_true", help="keep it with the classic bundle")
    chosen = parser.parse_args(arguments)
    try:
        lives = [_tuning(read_live(folder)) for folder in chosen.lives]
        found = counts(lives)
        curve = fit(found, sum(live.truth.seconds for live in lives) / HOUR_S)
    except KNOWN as error:
        print(f"fit_false_shows: {error}", file=sys.stderr)
        return 1
    told = {"counts": dict(zip(map(str, STEPS), found, strict=True)), **curve._asdict()}
    print(json.dumps({**told, "log_odds_for_one_an_hour": curve.log_odds(1.0)}))
    if chosen.write:
        text = json.dumps(curve._asdict(), indent=2) + "\n"
        Path(str(files("engines.classic") / KEPT)).write_text(text, encoding="utf-8")
    return 0


def _tuning(live: Watched) -> Watched:
    """A live's folder is named family-seed-index."""
    parts = live.name.split("-")
    seed = int(parts[-2]) if len(parts) > 2 and parts[-2].isdigit() else -1
    if seed not in TUNING:
        raise WorldError(f"live {live.name}: seed {seed} is scored: fit on {TUNING.start} to {TUNING.stop - 1}")
    return live


if __name__ == "__main__":
    sys.exit(main())
