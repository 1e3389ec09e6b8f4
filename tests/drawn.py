"""Lives drawn as text: `A` is product A presented or told, `.` nothing; one character is half a second."""

from __future__ import annotations

from itertools import groupby

import pytest

from benchmarks.liveshop.score import Span
from benchmarks.liveshop.scoring.judged import Judged, Ranking
from benchmarks.liveshop.truth import Other, Shown, Truth

HOP_S = 0.5
UNLISTED = "XYZ"  # in no catalogue
LATE_S = 1.0


def pieces(line: str) -> list[tuple[str, float, float]]:
    at, out = 0, []
    for letter, group in groupby(line):
        length = len(list(group))
        if letter != ".":
            out.append((letter, at * HOP_S, (at + length) * HOP_S))
        at += length
    return out


class Draw:
    """Several lines lie over each other; the first one says how long the live is."""

    def truth(self, *lines: str, lying: str = "", groups: dict[str, str] | None = None) -> Truth:
        shown = [
            Shown(letter, (groups or {}).get(letter, letter), letter not in UNLISTED, start, stop, 0.0)
            for line in lines
            for letter, start, stop in pieces(line)
        ]
        others = tuple(Other(*piece, "lying") for piece in pieces(lying))
        shown.sort(key=lambda one: (one.shown_at, one.product_id))
        return Truth("drawn", 0, len(lines[0]) * HOP_S, tuple(shown), others=others)

    def told(self, *lines: str, moved_s: float = 0.0, confidence: float | None = None) -> tuple[Span, ...]:
        spans = [
            Span(letter, start + moved_s, stop + moved_s, LATE_S, 2 * LATE_S, confidence)
            for line in lines
            for letter, start, stop in pieces(line)
        ]
        return tuple(sorted(spans, key=lambda span: (span.shown_at, span.product_id)))

    def live(
        self, truth: str | Truth, told: str | tuple[Span, ...], *windows: Ranking, name: str = "drawn-7-0"
    ) -> Judged:
        drawn = self.truth(truth) if isinstance(truth, str) else truth
        return Judged(name, drawn, self.told(told) if isinstance(told, str) else told, windows)


@pytest.fixture(scope="session")
def draw() -> Draw:
    return Draw()
