"""Shares, quantiles and hourly rates with their intervals. Pure; knows no live."""

from __future__ import annotations

from math import exp, lgamma, log
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.scores import Agreement, Delays, Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.types import Seconds

TAIL = 0.025  # of a 95% interval, on each side
HALVINGS = 60


def share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def agreement(tolerance_s: Seconds, right: int, told: int, asked: int) -> Agreement:
    """Nothing to tell and nothing told is right."""
    idle = float(not asked and not told)
    precision = right / told if told else idle
    recall = right / asked if asked else idle
    f1 = 2 * right / (told + asked) if told + asked else 1.0
    return Agreement(tolerance_s, right, told, asked, precision, recall, f1)


def rate(count: int, seconds: Seconds) -> Rate:
    hours = seconds / 3600
    if hours <= 0:
        return Rate(count, 0.0, None, None, None)
    low, high = poisson_interval(count)
    return Rate(count, hours, count / hours, low / hours, high / hours)


def poisson_interval(count: int) -> tuple[float, float]:
    """Garwood's exact one: the means under which so few, or so many, are just not surprising."""
    most = count + 10 * (count + 1) ** 0.5 + 10
    high = _falls(lambda mean: _at_most(count, mean) - TAIL, most)
    if count == 0:
        return 0.0, high
    return _falls(lambda mean: _at_most(count - 1, mean) - (1 - TAIL), most), high


def _at_most(count: int, mean: float) -> float:
    """The chance of no more than `count`."""
    if mean <= 0:
        return 1.0
    return min(1.0, sum(exp(i * log(mean) - mean - lgamma(i + 1)) for i in range(count + 1)))


def _falls(above: Callable[[float], float], most: float) -> float:
    """Where a falling function crosses zero between 0 and `most`."""
    low, high = 0.0, most
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) > 0 else (low, middle)
    return (low + high) / 2


def delays(seconds: Iterable[Seconds]) -> Delays:
    ordered = tuple(sorted(seconds))
    return Delays(len(ordered), median(ordered) if ordered else None, p95(ordered), ordered)


def p95(ordered: tuple[Seconds, ...]) -> Seconds | None:
    """The smallest one that at least 95 in 100 do not exceed."""
    return ordered[-(-95 * len(ordered) // 100) - 1] if ordered else None
