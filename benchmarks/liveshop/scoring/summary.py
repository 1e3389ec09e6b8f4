"""The figures of a score that people read, each with its name, its unit and what it means. Knows no medium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.liveshop.scoring.figures import share

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.liveshop.scoring.scores import Rate, Scores

    Value = float | None

Better = Literal["higher", "lower", "nearer"]  # nearer: to zero, from either side
DASH = "–"


@dataclass(frozen=True, slots=True)
class Figure:
    key: str
    name: str
    unit: Literal["share", "s", "s/h", "/h"]
    better: Better
    what: str
    value: Callable[[Scores], Value]
    rate: Callable[[Scores], Rate] | None = None  # where the figure has an interval of its own


FIGURES: tuple[Figure, ...] = (
    Figure("f1_1s", "F1 at 1 s", "share", "higher",
           "Harmonic mean of precision and recall. A told span is right when its product is right and both its ends "
           "are within one second of the introduction's; each is used once.", lambda s: s.events.at_1s.f1),
    Figure("precision_1s", "precision at 1 s", "share", "higher",
           "Of all that was told, the share that was right.", lambda s: s.events.at_1s.precision),
    Figure("recall_1s", "recall at 1 s", "share", "higher",
           "Of all introductions, the share that was told rightly.", lambda s: s.events.at_1s.recall),
    Figure("f1_3s", "F1 at 3 s", "share", "higher",
           "The same, with ends within three seconds.", lambda s: s.events.at_3s.f1),
    Figure("wrong_s_per_hour", "wrong product", "s/h", "lower",
           "Seconds in an hour during which a product was told that was not presented, an edge's second aside.",
           lambda s: s.events.wrong_s_per_hour),
    Figure("false_shows", "false shows, no product", "/h", "lower",
           "Products told although none was presented: how many in an hour of such time.",
           lambda s: s.events.false_shows.per_hour, lambda s: s.events.false_shows),
    Figure("unknown_shows", "false shows, unknown product", "/h", "lower",
           "Products told while one of no catalogue was presented: how many in an hour of such time.",
           lambda s: s.events.unknown_shows.per_hour, lambda s: s.events.unknown_shows),
    Figure("mistaken_shows", "false shows, another product", "/h", "lower",
           "Products told while another one of the catalogue was presented: how many in an hour of such time.",
           lambda s: s.events.mistaken_shows.per_hour, lambda s: s.events.mistaken_shows),
    Figure("onset_median", "onset delay, median", "s", "lower",
           "From the first frame in which the product can be seen to the event that tells of it.",
           lambda s: s.events.onset.median),
    Figure("onset_p95", "onset delay, p95", "s", "lower",
           "95 in 100 introductions that were told of were told at least so soon.", lambda s: s.events.onset.p95),
    Figure("hide_median", "hide delay, median", "s", "nearer",
           "From the last frame in which the product can be seen to the event that ends it; below zero: too early.",
           lambda s: s.events.hide.median),
    Figure("flaps", "flaps", "/h", "lower",
           "A product hidden and told again within five seconds that the host had not put away in between.",
           lambda s: s.events.flaps.per_hour, lambda s: s.events.flaps),
    Figure("untold", "introductions with nothing told", "share", "lower",
           "Abstention where there was something to tell.", lambda s: s.events.abstention.introductions),
    Figure("untold_time", "presented time with nothing told", "share", "lower",
           "The same, by time; spans count from the first frame that they speak of.",
           lambda s: s.events.abstention.time),
    Figure("left_alone", "unknown products left alone", "share", "higher",
           "Abstention where it is right.", lambda s: s.events.abstention.unlisted),
    Figure("groups", "groups that were right", "share", "higher",
           "Of look-alikes told as a group: one of them was presented, and the host did not say which.",
           lambda s: share(s.events.groups.right, s.events.groups.told)),
    Figure("rank1", "rank-1, all images", "share", "higher",
           "Of windows in which a product is presented, those that rank it first in the live's own gallery.",
           lambda s: s.all_images.rank1),
    Figure("rank5", "rank-5, all images", "share", "higher", "Among the first five.", lambda s: s.all_images.rank5),
    Figure("rank10", "rank-10, all images", "share", "higher", "Among the first ten.", lambda s: s.all_images.rank10),
    Figure("main_rank1", "rank-1, main image", "share", "higher",
           "The same with the main image of each product alone, which is the RICE protocol's gallery.",
           lambda s: s.main_image.rank1 if s.main_image else None),
    Figure("main_rank5", "rank-5, main image", "share", "higher", "Among the first five.",
           lambda s: s.main_image.rank5 if s.main_image else None),
    Figure("main_rank10", "rank-10, main image", "share", "higher", "Among the first ten.",
           lambda s: s.main_image.rank10 if s.main_image else None),
    Figure("ece", "expected calibration error", "share", "lower",
           "How far the probability of a window's first product is from the share that is right, over ten bins.",
           lambda s: s.calibration.ece if s.calibration else None),
    Figure("ece_presented", "the same, something presented", "share", "lower",
           "Only of windows in which there is something to tell; empty ones are easy.", lambda s: s.ece_presented),
    Figure("events_ece", "the same, of events", "share", "lower",
           "Of the confidence that a shown event carries.",
           lambda s: s.events_calibration.ece if s.events_calibration else None),
)  # fmt: skip


def told(value: float | None, unit: str) -> str:
    if value is None:
        return DASH
    if unit == "share":
        return f"{value:.3f}"
    return f"{value:.2f}" if unit == "s" else f"{value:.1f}"


def told_figure(figure: Figure, scores: Scores) -> str:
    """With its interval, where it is a rate."""
    value = told(figure.value(scores), figure.unit)
    rate = figure.rate(scores) if figure.rate else None
    if rate is None or rate.low is None or rate.high is None:
        return value
    return f"{value} ({told(rate.low, figure.unit)}–{told(rate.high, figure.unit)})"


UNITS = {"share": "", "s": "s", "s/h": "s an hour", "/h": "an hour"}


def named(figure: Figure) -> str:
    unit = UNITS[figure.unit]
    return f"{figure.name}, {unit}" if unit else figure.name
