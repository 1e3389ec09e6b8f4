"""How false shows fall with the threshold, fitted to tuning lives and kept with the classic bundle. Decodes nothing.

    python -m benchmarks.liveshop.fit_false_shows LIVE... [--write]

LIVE: folders that `nowshowing eval liveshop` watched, of seeds 1000 to 1999. Every live is decided again at many
thresholds. How far the false shows at the lowest one reach beyond it is taken for exponential, and one more is added
that nobody saw, of the reach that theory has: what did not happen in a few hours may happen in the next. What is told
at the highest threshold, too, is no matter of thresholds: it is counted apart, and no budget holds it.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.resources import files
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.replay_decide import HOUR_S, STEPS, account, decide_again, false_shows, read_live
from engines.bundle import open_bundle
from engines.shows import THEORY, FalseShows
from stream.errors import KNOWN
from stream.fuse import sigmoid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.replay_decide import Watched
    from engines.presence import Presence

TUNING = range(1000, 2000)
KEPT = "false_shows.json"


def counts(lives: Sequence[Watched], presence: Presence) -> list[int]:
    """False shows at each of STEPS."""
    told = [[account(live, decide_again(live.trace, sigmoid(odds), presence)) for live in lives] for odds in STEPS]
    return [false_shows(each) for each in told]


def fit(found: Sequence[int], hours: float) -> FalseShows:
    """`found`: false shows at each of STEPS, in so many hours."""
    lowest, pace, stubborn = STEPS[0], STEPS[1] - STEPS[0], found[-1]
    doubtful = [count - stubborn for count in found]
    reach = pace * (sum(doubtful) - doubtful[0] / 2)  # beyond the lowest, each to the middle of its last step
    fall = (doubtful[0] + 1) / (reach + 1 / THEORY.fall)
    at_even = (doubtful[0] + 1) / hours * exp(fall * lowest)
    return FalseShows(round(at_even, 1), round(fall, 3), round(hours, 2), round(stubborn / hours, 1))


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
        lives = [tuning_live(folder) for folder in chosen.lives]
        found = counts(lives, open_bundle("classic").presence)
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


def tuning_live(folder: Path) -> Watched:
    """A live's folder is named family-seed-index. WorldError where nothing may be fitted to it."""
    live = read_live(folder)
    parts = live.name.split("-")
    seed = int(parts[-2]) if len(parts) > 2 and parts[-2].isdigit() else -1
    if seed not in TUNING:
        raise WorldError(f"live {live.name}: seed {seed} is scored: fit on {TUNING.start} to {TUNING.stop - 1}")
    return live


if __name__ == "__main__":
    sys.exit(main())
