"""One system's lives as numbers that can be drawn again and again: the bootstrap's half of a comparison. Pure.

A live is cut into cells, one an introduction, each from its beginning to the next one's. Drawn is a cell: the time in
it, what was told in it, and how it was ranked.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from benchmarks.liveshop.scoring import spells
from benchmarks.liveshop.scoring.calibration import BINS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.liveshop.scoring.scores import Calibration, Introduction, Mistake, Scores
    from benchmarks.liveshop.scoring.spells import Spell

    Draw = list[tuple[int, NDArray[np.intp]]]  # lives, each with which of its introductions

# Of a cell; a delay that is not known is NaN.
CELL = ("seconds", "empty_s", "unknown_s", "presented_s", "asked", "right_1s", "right_3s", "onset", "hide", "windows",
        "hit1", "hit5", "hit10", "main", "main1", "main5", "main10", "stray_1s", "stray_3s", "wrong_s", "nothing",
        "unknown", "other")  # fmt: skip
AT = {name: i for i, name in enumerate(CELL)}
NOT_KNOWN = float("nan")
NO_ROW = [0.0, 0.0, 0.0, NOT_KNOWN, NOT_KNOWN, *([0.0] * 8)]


@dataclass(frozen=True, slots=True)
class Pool:
    """What a draw adds up to."""

    cells: NDArray[np.float64]  # (cells, CELL)
    flaps: float
    hours: float  # of the whole lives
    bins: NDArray[np.float64]  # (BINS, 3): count, sum said, sum so
    event_bins: NDArray[np.float64]  # the same, of events

    def of(self, name: str) -> float:
        return float(self.cells[:, AT[name]].sum())

    def quantile(self, name: str, q: float) -> float | None:
        known = self.cells[:, AT[name]]
        known = known[~np.isnan(known)]
        method: Literal["linear", "inverted_cdf"] = "linear" if q == 0.5 else "inverted_cdf"
        return float(np.quantile(known, q, method=method)) if len(known) else None

    def f1(self, tolerance: str) -> float:
        right, stray, asked = self.of(f"right_{tolerance}"), self.of(f"stray_{tolerance}"), self.of("asked")
        return 2 * right / (right + stray + asked) if right + stray + asked else 1.0

    def an_hour(self, what: str, seconds: str) -> float | None:
        return _ratio(self.of(what) * 3600, self.of(seconds))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _ece(bins: NDArray[np.float64]) -> float | None:
    count, said, so = bins.sum(axis=0), bins[:, 1], bins[:, 2]
    return _ratio(float(np.abs(said - so).sum()), float(count[0]))


STATISTICS: Mapping[str, Callable[[Pool], float | None]] = {
    "f1_1s": lambda p: p.f1("1s"),
    "precision_1s": lambda p: _ratio(p.of("right_1s"), p.of("right_1s") + p.of("stray_1s")),
    "recall_1s": lambda p: _ratio(p.of("right_1s"), p.of("asked")),
    "f1_3s": lambda p: p.f1("3s"),
    "wrong_s_per_hour": lambda p: p.an_hour("wrong_s", "seconds"),
    "false_shows": lambda p: p.an_hour("nothing", "empty_s"),
    "unknown_shows": lambda p: p.an_hour("unknown", "unknown_s"),
    "mistaken_shows": lambda p: p.an_hour("other", "presented_s"),
    "onset_median": lambda p: p.quantile("onset", 0.5),
    "onset_p95": lambda p: p.quantile("onset", 0.95),
    "hide_median": lambda p: p.quantile("hide", 0.5),
    "flaps": lambda p: _ratio(p.flaps, p.hours),
    "rank1": lambda p: _ratio(p.of("hit1"), p.of("windows")),
    "rank5": lambda p: _ratio(p.of("hit5"), p.of("windows")),
    "rank10": lambda p: _ratio(p.of("hit10"), p.of("windows")),
    "main_rank1": lambda p: _ratio(p.of("main1"), p.of("main")),
    "main_rank5": lambda p: _ratio(p.of("main5"), p.of("main")),
    "main_rank10": lambda p: _ratio(p.of("main10"), p.of("main")),
    "ece": lambda p: _ece(p.bins),
    "events_ece": lambda p: _ece(p.event_bins),
}


class Sampled:
    """Lives in a given order; two systems over the same lives can share a draw."""

    def __init__(self, lives: Sequence[Scores]) -> None:
        self._cells = [cells_of(scores) for scores in lives]
        self._flaps = np.array([scores.events.flaps.count for scores in lives])
        self._hours = np.array([scores.hours for scores in lives])
        self._bins = np.array([_bins(scores.calibration) for scores in lives]).reshape(-1, BINS, 3)
        self._event_bins = np.array([_bins(scores.events_calibration) for scores in lives]).reshape(-1, BINS, 3)

    def draw(self, dice: np.random.Generator) -> Draw:
        lives = dice.integers(0, len(self._cells), len(self._cells))
        return [(int(i), dice.integers(0, n := len(self._cells[i]), n)) for i in lives]

    def figures(self, draw: Draw) -> dict[str, float | None]:
        which = [i for i, _ in draw]
        cells = np.concatenate([self._cells[i][chosen] for i, chosen in draw])
        flaps, hours = float(self._flaps[which].sum()), float(self._hours[which].sum())
        bins = (self._bins[which].sum(axis=0), self._event_bins[which].sum(axis=0))
        pool = Pool(cells, flaps, hours, *bins)
        return {key: statistic(pool) for key, statistic in STATISTICS.items()}


def cells_of(scores: Scores) -> NDArray[np.float64]:
    """One live cut where each introduction begins; the first cell begins with the live. (cells, CELL)"""
    rows, end = sorted(scores.rows, key=lambda row: row.shown_at), scores.hours * 3600
    starts = [0.0, *(row.shown_at for row in rows[1:])]
    cells = list(zip(starts, [*starts[1:], end], strict=True))
    listed, unlisted = ([(r.shown_at, r.hidden_at) for r in rows if r.listed is which] for which in (True, False))
    return np.array(
        [
            [
                *_time(cell, listed, unlisted),
                *(_row(rows[i]) if rows else NO_ROW),
                *_wrong(
                    [m for m in scores.mistakes if m.told is not None and bisect_right(starts, m.start) - 1 == i]
                ),
            ]
            for i, cell in enumerate(cells)
        ]
    )


def _time(cell: Spell, listed: Sequence[Spell], unlisted: Sequence[Spell]) -> list[float]:
    presented = spells.common([cell], listed)
    unknown = spells.common([cell], spells.without(unlisted, listed))
    whole = cell[1] - cell[0]
    return [whole, whole - presented - unknown, unknown, presented]


def _row(row: Introduction) -> list[float]:
    late = [NOT_KNOWN if delay is None else delay for delay in (row.onset_s, row.hide_s)]
    counts = [row.windows, *row.hits, row.main_windows, *row.main_hits]
    return [row.listed, row.right_1s, row.right_3s, *late, *counts]


def _wrong(strays: Sequence[Mistake]) -> list[float]:
    """Spans told wrongly that begin in the cell."""
    far = sum(not stray.right_3s for stray in strays)
    during = [sum(stray.during == what for stray in strays) for what in ("nothing", "unknown", "other")]
    return [len(strays), far, sum(stray.cost_s for stray in strays), *during]


def _bins(calibration: Calibration | None) -> NDArray[np.float64]:
    out = np.zeros((BINS, 3))
    for one in calibration.bins if calibration else ():
        out[round(one.low * BINS)] = (one.count, one.count * one.confidence, one.count * one.right)
    return out
