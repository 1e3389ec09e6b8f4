"""A live drawn as a timeline: what was presented above, what was told below. Pure; an SVG with the page's classes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.liveshop.scoring.judged import Judged
    from benchmarks.liveshop.scoring.scores import Scores
    from benchmarks.liveshop.scoring.shop import Shop
    from stream.types import Seconds

WIDTH, MARGIN = 1100, 78
LANE, GAP = 22, 4
TICK_S = 30
NARROW = 16  # a bar that is no wider holds no number
QUIET = {"talk", "music", "noise", "silence", "low_bitrate"}  # of sound and coding: nothing to see on a timeline


class Bar(NamedTuple):
    start: Seconds
    stop: Seconds
    style: str
    text: str
    hint: str


def timeline(live: Judged, scores: Scores, shop: Shop) -> str:
    """`scores`: of this live alone. Numbers stand for products, the same above and below."""
    numbers = _numbers(live)
    bands = [
        ("presented", _presented(scores, numbers, shop)),
        ("told", _told(live, scores, numbers, shop)),
        ("also", _stretches(live)),
    ]
    y, parts = GAP, []
    for name, bars in bands:
        if name == "also" and not bars:
            continue
        parts.append(f'<text class="tick" text-anchor="end" x="{MARGIN - 8}" y="{y + 15}">{name}</text>')
        for lane in _lanes(bars) or [[]]:
            parts += [_bar(bar, y, live.truth.seconds) for bar in lane]
            y += LANE
        y += GAP * 2
    parts += _ticks(live.truth.seconds, y)
    box = f'viewBox="0 0 {WIDTH} {y + 16}"'
    return (
        f'<svg class="timeline" role="img" aria-label="{escape(live.name, quote=True)}" {box}>{"".join(parts)}</svg>'
    )


def _numbers(live: Judged) -> dict[str, str]:
    """In order of being presented; those only ever told, after them."""
    ids = [*(shown.product_id for shown in live.truth.shown), *(span.product_id for span in live.spans)]
    return {product_id: str(i) for i, product_id in enumerate(dict.fromkeys(ids), 1)}


def _presented(scores: Scores, numbers: dict[str, str], shop: Shop) -> list[Bar]:
    bars = []
    for row in scores.rows:
        fate, style = ("told rightly", "right") if row.right_1s else ("ends are off", "off")
        if row.onset_s is None:
            fate, style = "nothing told of it", "wrong"
        if not row.listed:
            fate, style = "not to be told", "unknown"
        hint = f"{shop.title(row.product_id)}\n{_times(row.shown_at, row.hidden_at)}: {fate}"
        bars.append(Bar(row.shown_at, row.hidden_at, style, numbers[row.product_id], hint))
    return bars


def _told(live: Judged, scores: Scores, numbers: dict[str, str], shop: Shop) -> list[Bar]:
    kinds = {(m.told, m.start): m for m in scores.mistakes}
    bars = []
    for span in live.spans:
        mistake = kinds.get((span.product_id, span.shown_at))
        style, what = "right", "right"
        if mistake is not None:
            style, what = ("off" if mistake.during is None else "wrong"), mistake.kind
        hint = f"{shop.title(span.product_id)}\n{_times(span.shown_at, span.hidden_at)}: {what}"
        bars.append(Bar(span.shown_at, span.hidden_at, style, numbers[span.product_id], hint))
    return bars


def _stretches(live: Judged) -> list[Bar]:
    seen = [stretch for stretch in live.truth.stretches if stretch.kind not in QUIET]
    return [Bar(s.start, s.stop, "stretch", s.kind, f"{s.kind}\n{_times(s.start, s.stop)}") for s in seen]


def _times(start: Seconds, stop: Seconds) -> str:
    return f"{start:.1f} to {stop:.1f} s"


def _lanes(bars: Sequence[Bar]) -> list[list[Bar]]:
    """Bars that overlap go below each other."""
    lanes: list[list[Bar]] = []
    for bar in sorted(bars):
        free = next((lane for lane in lanes if lane[-1].stop <= bar.start), None)
        if free is None:
            lanes.append([bar])
        else:
            free.append(bar)
    return lanes


def _x(at: Seconds, seconds: Seconds) -> float:
    return MARGIN + (WIDTH - MARGIN - 24) * at / max(seconds, 1e-9)


def _bar(bar: Bar, y: float, seconds: Seconds) -> str:
    x0, x1 = _x(bar.start, seconds), _x(min(bar.stop, seconds), seconds)
    wide = max(x1 - x0, 2)
    room = wide > max(NARROW, 7 * len(bar.text))
    text = f'<text x="{x0 + wide / 2:.1f}" y="{y + 14}">{escape(bar.text)}</text>' if room else ""
    box = f'x="{x0:.1f}" y="{y}" width="{wide:.1f}" height="{LANE - 3}" rx="3"'
    return f'<g class="{bar.style}"><title>{escape(bar.hint)}</title><rect {box}/>{text}</g>'


def _ticks(seconds: Seconds, y: float) -> list[str]:
    """Not more than a dozen."""
    step = TICK_S * max(1, round(seconds / TICK_S / 12))
    out = []
    for at in range(0, int(seconds) + 1, step):
        x = _x(at, seconds)
        out.append(f'<line class="grid" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{y}"/>')
        out.append(
            f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{y + 13}">{at // 60}:{at % 60:02d}</text>'
        )
    return out
