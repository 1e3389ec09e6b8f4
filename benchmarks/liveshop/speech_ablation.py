"""What hearing is worth: the same watched lives decided again with nothing heard, raw text, its extract, summaries.

    python -m benchmarks.liveshop.speech_ablation LIVE... [--ear moonshine|truth] [--ear whisper --model DIR] [--rows]

LIVE: folders that `nowshowing eval liveshop` watched. The host is heard over the live's own sound by the embedded
recogniser or by a Whisper, or with `--ear truth` by an ear without fault; words count from when they were known. All
ways judge the same views. Intervals are of differences to nothing heard, from resampling lives; with few lives they
are wide. Summaries come from a chat completions endpoint: --summary-url and --summary-model, or else a service of
plain code that is started for it, whose figures say what the detour costs and nothing of what a model can do.
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

from benchmarks.liveshop.evaluate.endpoint import NAME, PlainService
from benchmarks.liveshop.evaluate.galleries import galleries_of
from benchmarks.liveshop.evaluate.hearing import heard_in, spoken_in, words_in
from benchmarks.liveshop.evaluate.joining import decide_again
from benchmarks.liveshop.evaluate.replay import TRACE
from benchmarks.liveshop.evaluate.summaries import Service, answers_to
from benchmarks.liveshop.evaluate.trace import read_trace
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.score import TOLERANCE_S, Span, match, wrong_seconds
from benchmarks.liveshop.scoring.events import LOOSE_S
from benchmarks.liveshop.scoring.grouped import resolved
from benchmarks.liveshop.scoring.spoken import spoken_of
from benchmarks.liveshop.scoring.variants import variants_of
from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from engines.speech.choose import SpeechSettings, choose
from engines.text import Hearing
from stream.alike import Comparing
from stream.errors import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.liveshop.evaluate.hearing import Known
    from benchmarks.liveshop.evaluate.joining import Telling, Told, Way
    from benchmarks.liveshop.scoring.spoken import Spoken
    from benchmarks.liveshop.scoring.variants import Variant
    from benchmarks.liveshop.truth import Truth
    from engines.bundle import Bundle
    from engines.speech.base import Transcriber
    from engines.speech.choose import EngineName

WAYS: tuple[Way, ...] = ("nothing", "raw", "extract", "summary")
THINKS_S = 1.5  # added to an answer of plain code: what a small model takes for a line
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
    taken_s: float  # wrong seconds for a reader who takes a group's guess for the product
    guessed_s: float  # the same as it was told, hop by hop: late words and late ends are in it
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Live:
    name: str
    spoken: Spoken
    ways: Mapping[Way, Judged]
    asked_s: tuple[float, ...]  # what each summary took to ask


def judge_live(folder: Path, bundle: Bundle, ear: Transcriber | None, service: Service) -> Live:
    """`ear`: None hears all without fault."""
    truth, trace = read_truth(folder / TRUTH), read_trace(folder / TRACE)
    gallery, _ = galleries_of(folder, bundle)
    products = words_in(gallery)
    words: Sequence[Known] = spoken_in(truth) if ear is None else heard_in(folder, products, ear)
    answers = answers_to(words, products, service)
    hearing = Hearing(products, sounds_like=ear is not None and ear.info.mode != "phrases")
    alike = Comparing(gallery, bundle.matcher()).alike_in(gallery.scope())
    titles = {product.product_id: product.title for product in products}
    groups = {product.product_id: product.group for product in products}
    ways = {}
    for way in WAYS:
        told = decide_again(trace, words, hearing, way, alike, bundle, answers)
        variants = variants_of(truth, titles, groups, told.spans, told.tellings)
        ways[way] = _judged(truth, told, resolved(truth, told.spans, titles), tuple(variants))
    return Live(folder.name, spoken_of(truth, hearing, words), ways, tuple(answer.took_s for answer in answers))


def _judged(truth: Truth, told: Told, spans: tuple[Span, ...], variants: tuple[Variant, ...]) -> Judged:
    """`spans`: those told, where a group is the right answer if nobody says which of it is shown."""
    asked = [shown for shown in truth.shown if shown.listed]
    pairs = match(asked, spans, TOLERANCE_S)
    return Judged(
        hours=truth.seconds / HOUR_S,
        right=len(pairs),
        loosely=len(match(asked, spans, LOOSE_S)),
        told=len(spans),
        asked=len(asked),
        onset_s=tuple(span.told_at - asked[i].shown_at for i, span in pairs.items()),
        wrong_s=_wrong(truth, spans),
        taken_s=_wrong(truth, (*told.spans, *told.guesses)),
        guessed_s=_wrong(truth, [_guess(one) for one in told.tellings]),
        variants=variants,
    )


def _wrong(truth: Truth, spans: Iterable[Span]) -> float:
    return sum(wrong_seconds(truth.shown, span, TOLERANCE_S) for span in spans)


def _guess(telling: Telling) -> Span:
    return Span(telling.product_id, telling.start, telling.stop, 0.0)


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
    "taken_wrong_s_per_hour": lambda lives: sum(x.taken_s for x in lives) / sum(x.hours for x in lives),
    "guessed_wrong_s_per_hour": lambda lives: sum(x.guessed_s for x in lives) / sum(x.hours for x in lives),
    "onset_median_s": lambda lives: median(found) if (found := [s for x in lives for s in x.onset_s]) else None,
    "said": lambda lives: len(_said(lives)),
    "right_where_said": lambda lives: _share([one.became == "right" for one in _said(lives)]),
    "right_in_view_where_said": lambda lives: _share([one.in_time for one in _said(lives)]),
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
    """Each figure each way; beside all but the first, 95% intervals of its difference to that and its ratio."""
    dice = np.random.default_rng(SEED)
    draws = [dice.integers(0, len(lives), len(lives)).tolist() for _ in range(DRAWS)]
    out: dict[str, dict[str, object]] = {}
    for key, figure in FIGURES.items():
        row: dict[str, object] = {way: _rounded(figure([live.ways[way] for live in lives])) for way in WAYS}
        for way in WAYS[1:]:
            both = _drawn(lives, way, figure, draws)
            row[f"{way}_less_nothing"] = _interval([mine - nothing for mine, nothing in both])
            row[f"{way}_by_nothing"] = _interval([mine / nothing for mine, nothing in both if nothing])
        out[key] = row
    return out


def _drawn(
    lives: Sequence[Live],
    way: Way,
    figure: Callable[[Sequence[Judged]], float | None],
    draws: Sequence[Sequence[int]],
) -> list[tuple[float, float]]:
    found = []
    for draw in draws:
        mine, theirs = (figure([lives[i].ways[one] for i in draw]) for one in (way, WAYS[0]))
        if mine is not None and theirs is not None:
            found.append((mine, theirs))
    return found


def _interval(found: Sequence[float]) -> list[float] | None:
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


def ear_of(name: str, model: str | None) -> Transcriber | None:
    if name == "truth":
        return None
    engines: dict[str, EngineName] = {"sphinx": "sphinx", "moonshine": "moonshine", "whisper": "whisper"}
    return choose(SpeechSettings(engine=engines[name], model=model)).transcriber


def summary_takes(url: str | None) -> float:
    """A real service takes what it takes."""
    return THINKS_S if url is None else 0.0


def summaries_of(lives: Sequence[Live], plain: bool, service: Service) -> dict[str, object]:
    took = [seconds for live in lives for seconds in live.asked_s]
    return {
        "summaries_by": "plain code: the plumbing and its delay, no model's skill" if plain else service.model,
        "answered": len(took),
        "asking_median_ms": _rounded(1000 * median(took) if took else None),
        "added_s": service.thinks_s,
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
    parser.add_argument(
        "--ear", choices=("sphinx", "moonshine", "whisper", "truth"), default="sphinx", help="who listens"
    )
    parser.add_argument("--model", help="whisper's: a folder, a size or a hub id")
    parser.add_argument("--summary-url", help="a chat completions service, up to and with /v1")
    parser.add_argument("--summary-model", default=NAME, help="the model that it is asked for")
    parser.add_argument("--rows", action="store_true", help="every introduction of a product with look-alikes")
    chosen = parser.parse_args(arguments)
    try:
        bundle, ear = open_bundle("classic"), ear_of(chosen.ear, chosen.model)
        with PlainService() as plain:
            service = Service(
                chosen.summary_url or plain.url, chosen.summary_model, summary_takes(chosen.summary_url)
            )
            lives = [judge_live(folder, bundle, ear, service) for folder in chosen.lives]
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
    print(json.dumps(summaries_of(lives, chosen.summary_url is None, service)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
