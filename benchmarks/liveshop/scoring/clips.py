"""The worst mistakes as strips of frames beside catalogue pictures, as HTML. Judges nothing; chooses an order."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.scoring.stills import stills, thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.liveshop.scoring.judged import Judged
    from benchmarks.liveshop.scoring.scores import Mistake
    from benchmarks.liveshop.scoring.shop import Shop
    from benchmarks.liveshop.scoring.stills import Rectangle
    from stream.types import Seconds

VIDEO = "live.mp4"
WRONG, MISSED, OFF = 8, 4, 2  # the most of each: what is told wrongly is worse than what is not told
FRAMES = 5
SHORTEST_S, LONGEST_S = 2.0, 12.0  # of a strip
MOST_BYTES = 5_000_000  # of all strips, as they stand in the page


def worst(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Of what was told wrongly, then of what was missed, then of ends that are off: each the costliest first."""
    wrong = [m for m in mistakes if m.told is not None and m.cost_s > 0]
    missed = [m for m in mistakes if m.told is None]
    off = [m for m in mistakes if m.told is not None and m.cost_s <= 0]
    return [*wrong[:WRONG], *missed[:MISSED], *off[:OFF]]


def clips(
    lives: Sequence[Judged], mistakes: Sequence[Mistake], folders: Mapping[str, Path], shops: Mapping[str, Shop]
) -> str:
    by_name = {live.name: live for live in lives}
    out: list[str] = []
    for mistake in worst(mistakes):
        live = by_name[mistake.live]
        frames = stills(folders[live.name] / VIDEO, {at: _marks(live, mistake, at) for at in moments(mistake)})
        clip = _clip(mistake, frames, shops[live.name])
        if sum(map(len, out)) + len(clip) > MOST_BYTES:
            break
        out.append(clip)
    return "".join(out)


def moments(mistake: Mistake) -> list[Seconds]:
    """Evenly over it, its very ends aside; of a long one its beginning, of a short one some time around it."""
    length = mistake.stop - mistake.start
    around = max(0.0, SHORTEST_S - length) / 2
    start, length = max(0.0, mistake.start - around), min(length + 2 * around, LONGEST_S)
    return [start + length * (i + 0.5) / FRAMES for i in range(FRAMES)]


def _marks(live: Judged, mistake: Mistake, at: Seconds) -> list[Rectangle]:
    """Where the product is that was presented: between the boxes before and after."""
    for shown in live.truth.shown:
        if shown.product_id == mistake.true and shown.boxes and shown.boxes[0].at <= at <= shown.boxes[-1].at:
            times = [box.at for box in shown.boxes]
            sides = [[box.x, box.y, box.w, box.h] for box in shown.boxes]
            x, y, w, h = (float(np.interp(at, times, side)) for side in zip(*sides, strict=True))
            return [(x, y, w, h)]
    return []


def _clip(mistake: Mistake, frames: Mapping[Seconds, str], shop: Shop) -> str:
    strip = "".join(
        f'<figure><img src="{uri}" alt="the live at {at:.1f} s"><figcaption>{at:.1f} s</figcaption></figure>'
        for at, uri in frames.items()
    )
    head = f"{mistake.live}, {mistake.start:.1f} to {mistake.stop:.1f} s · {_lost(mistake)}"
    same = mistake.told == mistake.true
    products = _product("told", mistake.told, shop)
    if not same:
        products += _product("presented", mistake.true, shop)
    return (
        f'<article class="mistake"><h3>{escape(mistake.kind)}</h3><p class="muted">{escape(head)}</p>'
        f'<div class="strip">{strip}</div><div class="products">{products}</div></article>'
    )


def _lost(mistake: Mistake) -> str:
    if mistake.told is None:
        return f"{mistake.cost_s:.1f} s untold"
    if mistake.cost_s > 0:
        return f"{mistake.cost_s:.1f} s wrong"
    return "wrong for a moment" if mistake.during else "nothing wrong was told"


def _product(role: str, product_id: str | None, shop: Shop) -> str:
    if product_id is None:
        return f'<div class="product"><b>{role}</b> nothing</div>'
    uri = thumbnail(shop.pictures.get(product_id))
    picture = f'<img src="{uri}" alt="">' if uri else ""
    return f'<div class="product">{picture}<span><b>{role}</b> {escape(shop.title(product_id))}</span></div>'
