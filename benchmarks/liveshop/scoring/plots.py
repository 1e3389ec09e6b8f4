"""Plots as SVG text, in the page's own colours. Pure; knows a page's class names and nothing of lives."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.liveshop.scoring.scores import Bin, Calibration

    Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 44
LINES = ("line-0", "line-1", "line-2", "line-3")


class Axis(NamedTuple):
    """From `low` to `high`, with ticks."""

    low: float
    high: float
    ticks: Sequence[float]
    name: str

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


class Plot:
    """Axes first; what is drawn later lies above."""

    def __init__(self, x: Axis, y: Axis, title: str) -> None:
        self._x, self._y = x, y
        self._parts = [f"<title>{escape(title)}</title>", *self._axes()]
        self._title = title

    def at(self, x: float, y: float) -> tuple[float, float]:
        across, up = self._x.share(x), self._y.share(y)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Points, style: str) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        self._parts.append(f'<polyline class="{style}" points="{path}"/>')

    def bar(self, left: float, right: float, top: float, style: str, hint: str) -> None:
        (x0, y0), (x1, y1) = self.at(left, top), self.at(right, self._y.low)
        box = f'x="{x0 + 1:.1f}" y="{y0:.1f}" width="{max(x1 - x0 - 2, 1):.1f}" height="{max(y1 - y0, 0):.1f}"'
        self._parts.append(f'<rect class="{style}" {box}><title>{escape(hint)}</title></rect>')

    def dot(self, x: float, y: float, radius: float, style: str, hint: str) -> None:
        cx, cy = self.at(x, y)
        circle = f'<circle class="{style}" cx="{cx:.1f}" cy="{cy:.1f}" r="{radius:.1f}">'
        self._parts.append(f"{circle}<title>{escape(hint)}</title></circle>")

    def note(self, x: float, y: float, text: str, style: str = "note") -> None:
        px, py = self.at(x, y)
        self._parts.append(f'<text class="{style}" x="{px:.1f}" y="{py:.1f}">{escape(text)}</text>')

    def svg(self) -> str:
        label = escape(self._title, quote=True)
        return (
            f'<svg class="plot" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}">'
            f"{''.join(self._parts)}</svg>"
        )

    def _axes(self) -> Iterable[str]:
        (x0, y0), (x1, y1) = self.at(self._x.low, self._y.low), self.at(self._x.high, self._y.high)
        for tick in self._x.ticks:
            x, _ = self.at(tick, self._y.low)
            yield f'<line class="grid" x1="{x:.1f}" y1="{y0}" x2="{x:.1f}" y2="{y1}"/>'
            yield f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{y0 + 16}">{tick:g}</text>'
        for tick in self._y.ticks:
            _, y = self.at(self._x.low, tick)
            yield f'<line class="grid" x1="{x0}" y1="{y:.1f}" x2="{x1}" y2="{y:.1f}"/>'
            yield f'<text class="tick" text-anchor="end" x="{x0 - 6}" y="{y + 4:.1f}">{tick:g}</text>'
        middle, half = (x0 + x1) / 2, (y0 + y1) / 2
        yield f'<text class="axis" text-anchor="middle" x="{middle}" y="{HEIGHT - 6}">{escape(self._x.name)}</text>'
        turned = f'transform="translate(13 {half}) rotate(-90)"'
        yield f'<text class="axis" text-anchor="middle" {turned}>{escape(self._y.name)}</text>'


def reliability(bins: Sequence[Bin]) -> str:
    """On the diagonal, what is said with a probability of 0.7 is right in 7 of 10."""
    plot = Plot(
        Axis(0, 1, SHARES, "probability said"),
        Axis(0, 1, SHARES, "share that was right"),
        "Reliability of probabilities",
    )
    plot.line([(0, 0), (1, 1)], "ideal")
    most = max((one.count for one in bins), default=1)
    for one in bins:
        hint = f"{one.count} windows: {one.confidence:.3f} said, {one.right:.3f} right"
        plot.line([(one.confidence, one.confidence), (one.confidence, one.right)], "gap")
        plot.dot(one.confidence, one.right, 3 + 7 * (one.count / most) ** 0.5, "mark", hint)
    return plot.svg()


def coverage(curves: Sequence[tuple[str, Calibration]]) -> str:
    """Precision against coverage, one line a system."""
    low = min((point.precision for _, one in curves for point in one.curve), default=0.0)
    floor = 0.0 if low < 0.5 else 0.5
    ticks = SHARES if floor == 0 else (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    plot = Plot(
        Axis(0, 1, SHARES, "coverage: of windows with something to tell, told"),
        Axis(floor, 1, ticks, "precision of what is told"),
        "Precision against coverage",
    )
    for (_, one), style in zip(curves, LINES, strict=False):
        plot.line([(point.coverage, point.precision) for point in one.curve], style)
    return plot.svg()


def histogram(seconds: Sequence[float], name: str, title: str) -> str:
    """Half-second bars; what is later than the last one is counted in it."""
    longest = max(4.0, min(12.0, max(seconds, default=0.0)))
    bars = int(-(-longest // 0.5))
    counts = [0] * bars
    for late in seconds:
        counts[min(max(int(late / 0.5), 0), bars - 1)] += 1
    top = max([*counts, 4])
    plot = Plot(
        Axis(0, bars / 2, range(0, bars // 2 + 1, 1 if bars <= 16 else 2), name),
        Axis(0, top, range(0, top + 1, max(1, top // 4)), "introductions"),
        title,
    )
    for i, count in enumerate(counts):
        if count:
            plot.bar(i / 2, (i + 1) / 2, count, "bar", f"{i / 2:g} to {(i + 1) / 2:g} s: {count}")
    return plot.svg()
