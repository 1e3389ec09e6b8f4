"""What hearing is worth: the same watched lives decided again with nothing heard, with raw text, with its extract.

    python -m benchmarks.liveshop.speech_ablation LIVE... [--ear truth] [--rows]

LIVE: folders that `nowshowing eval liveshop` watched. The host is heard by the embedded recogniser over the live's
own sound, or with `--ear truth` by an ear without fault; words count from when they were known. All ways judge the
same views. Intervals are of differences to nothing heard, from resampling lives; with few lives they are
wide. A summariser behind an endpoint is not in the table: without a real model its figures would be of a fake.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.evaluate.galleries import galleries_of
from benchmarks.liveshop.evaluate.hearing import heard_in, spoken_in, words_in
from benchmarks.liveshop.evaluate.joining import decide_again
from benchmarks.liveshop.evaluate.replay import TRACE
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.score import TOLERANCE_S, match, wrong_seconds
from benchmarks.liveshop.scoring.events import LOOSE_S
from benchmarks.liveshop.scoring.spoken import spoken_of
from benchmarks.liveshop.scoring.variants import variants_of
from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from engines.speech.sphinx import Sphinx
from engines.text import Hearing
from stream.alike import Comparing
from stream.errors import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.liveshop.evaluate.hearing import Known
    from benchmarks.liveshop.evaluate.joining import Told, Way
    from benchmarks.liveshop.scoring.spoken import Spoken
    from benchmarks.liveshop.scoring.variants import Variant
    from benchmarks.liveshop.truth import Truth
    from engines.bundle import Bundle

WAYS: tuple[Way, ...] = ("nothing", "raw", "extract")
DRAWS, SEED = 2000, 7
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One live, decided one way. `right`: spans within a second of introductions; `loosely`: within three."""

    hours: float
    right: int
    loosely: int
    told: int
    asked: int
    onset_s: tuple[float, ...]
    wrong_s: float
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Live:
    name: str
    spoken: Spoken
    ways: Mapping[Way, Judged]


def judge_live(folder: Path, bundle: Bundle, ear: str) -> Live:
    truth, trace = read_truth(folder / TRUTH), read_trace(folder / TRACE)
    gallery, _ = galleries_of(folder, bundle)
    products = words_in(gallery)
    words: Sequence[Known] = spoken_in(truth) if ear == "truth" else heard_in(folder, products, Sphinx())
    hearing, alike = Hearing(products), Comparing(gallery, bundle.matcher()).alike_in(gallery.scope())
    titles = {product.product_id: product.title for product in products}
    groups = {product.product_id: product.group for product in products}
    ways = {}
    for way in WAYS:
        told = decide_again(trace, words, hearing, way, alike, bundle)
        ways[way] = _judged(truth, told, tuple(variants_of(truth, titles, groups, told.tellings)))
    return Live(folder.name, spoken_of(truth, hearing, words), ways)


def _judged(truth: Truth, told: Told, variants: tuple[Variant, ...]) -> Judged:
    asked = [shown for shown in truth.shown if shown.listed]
    pairs = match(asked, told.spans, TOLERANCE_S)
    return Judged(
        hours=truth.seconds / HOUR_S,
        right=len(pairs),
        loosely=len(match(asked, told.spans, LOOSE_S)),
        told=len(told.spans),
        asked=len(asked),
        onset_s=tuple(span.told_at - asked[i].shown_at for i, span in pairs.items()),
        wrong_s=sum(wrong_seconds(truth.shown, span, TOLERANCE_S) for span in told.spans),
        variants=variants,
    )


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _said(lives: Sequence[Judged]) -> list[Variant]:
    return [one for live in lives for one in live.variants if one.said_at is not None and not one.beside]


def _unsaid(lives: Sequence[Judged]) -> list[Variant]:
    return [one for live in lives for one in live.variants if one.said_at is None and not one.beside]


def _beside(lives: Sequence[Judged]) -> list[Variant]:
    return [one for live in lives for one in live.variants if one.beside]


def _told(variants: Sequence[Variant]) -> list[Variant]:
    """Those that vision found at all: speech is not to blame for the others."""
    return [one for one in variants if one.became != "untold"]


def _effects(lives: Sequence[Judged]) -> float | None:
    late = [one.told_at - one.said_at for one in _said(lives) if one.told_at is not None and one.said_at is not None]
    return median(max(seconds, 0.0) for seconds in late) if late else None


FIGURES: dict[str, Callable[[Sequence[Judged]], float | None]] = {
    "f1": lambda lives: 2 * sum(x.right for x in lives) / max(sum(x.told + x.asked for x in lives), 1),
    "precision": lambda lives: sum(x.right for x in lives) / max(sum(x.told for x in lives), 1),
    "recall": lambda lives: sum(x.right for x in lives) / max(sum(x.asked for x in lives), 1),
    "f1_3s": lambda lives: 2 * sum(x.loosely for x in lives) / max(sum(x.told + x.asked for x in lives), 1),
    "wrong_s_per_hour": lambda lives: sum(x.wrong_s for x in lives) / sum(x.hours for x in lives),
    "onset_median_s": lambda lives: median(found) if (found := [s for x in lives for s in x.onset_s]) else None,
    "said": lambda lives: len(_said(lives)),
    "right_where_said": lambda lives: _share([one.became == "right" for one in _said(lives)]),
    "wrong_where_said": lambda lives: _share([one.became == "wrong" for one in _said(lives)]),
    "right_where_said_and_told": lambda lives: _share([one.became == "right" for one in _told(_said(lives))]),
    "not_said": lambda lives: len(_unsaid(lives)),
    "group_where_not_said": lambda lives: _share([one.became == "group" for one in _unsaid(lives)]),
    "wrong_where_not_said": lambda lives: _share([one.became == "wrong" for one in _unsaid(lives)]),
    "group_where_not_said_and_told": lambda lives: _share([one.became == "group" for one in _told(_unsaid(lives))]),
    "right_beside_a_look_alike": lambda lives: _share([one.became == "right" for one in _beside(lives)]),
    "word_to_effect_median_s": _effects,
}


def table(lives: Sequence[Live]) -> dict[str, dict[str, object]]:
    """Each figure each way; beside all but the first, the 95% interval of its difference to the first."""
    dice = np.random.default_rng(SEED)
    draws = [dice.integers(0, len(lives), len(lives)).tolist() for _ in range(DRAWS)]
    out: dict[str, dict[str, object]] = {}
    for key, figure in FIGURES.items():
        row: dict[str, object] = {way: _rounded(figure([live.ways[way] for live in lives])) for way in WAYS}
        for way in WAYS[1:]:
            row[f"{way}_less_nothing"] = _interval(lives, way, figure, draws)
        out[key] = row
    return out


def _interval(
    lives: Sequence[Live],
    way: Way,
    figure: Callable[[Sequence[Judged]], float | None],
    draws: Sequence[Sequence[int]],
) -> list[float] | None:
    found = []
    for draw in draws:
        mine, theirs = (figure([lives[i].ways[one] for i in draw]) for one in (way, WAYS[0]))
        if mine is not None and theirs is not None:
            found.append(mine - theirs)
    return [round(float(edge), 3) for edge in np.quantile(found, [0.025, 0.975])] if found else None


def hearing_of(lives: Sequence[Live]) -> dict[str, float | None]:
    spoken = [live.spoken for live in lives]
    late = [seconds for one in spoken for seconds in one.late_s]
    return {
        "mentions": sum(one.said for one in spoken),
        "mention_recall": _rounded(sum(one.found for one in spoken) / max(sum(one.said for one in spoken), 1)),
        "mention_precision": _rounded(sum(one.right for one in spoken) / max(sum(one.told for one in spoken), 1)),
        "commit_median_s": _rounded(median(late) if late else None),
        "commit_p95_s": _rounded(float(np.quantile(late, 0.95)) if late else None),
        "invented_words_per_quiet_hour": _rounded(
            sum(one.invented for one in spoken) * HOUR_S / max(sum(one.quiet_s for one in spoken), 1.0)
        ),
        "quiet_hours": _rounded(sum(one.quiet_s for one in spoken) / HOUR_S),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 3)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.liveshop.speech_ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lives", type=Path, nargs="+", help="folders of watched lives")
    parser.add_argument("--ear", choices=("sphinx", "truth"), default="sphinx", help="who listens")
    parser.add_argument("--rows", action="store_true", help="every introduction of a product with look-alikes")
    chosen = parser.parse_args(arguments)
    try:
        bundle = open_bundle("classic")
        lives = [judge_live(folder, bundle, chosen.ear) for folder in chosen.lives]
    except KNOWN as error:
        print(f"speech_ablation: {error}", file=sys.stderr)
        return 1
    for live in lives if chosen.rows else []:
        for way, judged in live.ways.items():
            for one in judged.variants:
                print(live.name, way, one)
    for key, row in table(lives).items():
        print(json.dumps({"figure": key, **row}))
    print(json.dumps({"ear": chosen.ear, "lives": len(lives), **hearing_of(lives)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
