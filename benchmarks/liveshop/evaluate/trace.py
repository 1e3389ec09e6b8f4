"""What the recogniser saw in a live, view by view, as JSON lines: enough to fuse and decide again. Knows no pixels.

One line a view:

    {"at": 4.5, "looks": [["P7", 3.1, 0.62, 0.81, [0.4, 0.2, 0.2, 0.5]], ...], "window": [["P7", 0.93], ...],
     "nearest": [["P7", 0.62], ...], "cost_s": [0.071, 0.031]}

`looks`: every product looked at closely: id, log-odds, likeness of the picture, likeness of patches, box or null.
`window`: where a window closed here, the sighting's products, at most TOLD of them. `nearest`: products by the
frame's own embedding alone. `main`: as `window`, with the main image of each product only. `cost_s`: encode, search.
`grain`, where boxes are told coarsely: how coarsely. `frozen`, where the picture was that of the view before.
`away`, where the picture is none that the live comes back to: since when.
`earlier`, where earlier views were asked once more: for each, the newest first, its `at` and its `looks`.

To decide again without decoding anything:

    for line in read_trace(path):
        view = line.view()                 # empty but for its times: wall is stream time
        window = windower.push(view)
        fuser.push(line.look())
        if window is not None:
            decisions = decider.push(line.sighting(fuser.close(window)))
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from sys import intern
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.liveshop.evaluate.errors import EvaluationError
from engines.base import Box, Encoded, Match, Patches
from stream.fuse import Look
from stream.types import Moment, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stream.types import Seconds, Sighting

    Ranked = tuple[tuple[str, float], ...]  # product ids with a figure each, best first

TOLD = 12  # products of a sighting, or of the nearest, that a line holds
NOTHING = Encoded(
    np.zeros(0, np.float32),
    Patches(np.zeros((0, 0), np.float16), np.zeros((0, 4), np.float32), np.zeros((0, 0, 3), np.uint8)),
)


@dataclass(frozen=True, slots=True)
class Traced:
    """One view."""

    at: Seconds
    looks: Mapping[str, Match]
    window: Ranked | None = None  # None: no window closed at this view
    nearest: Ranked = ()
    main: Ranked | None = None  # None: not asked for
    encode_s: float = 0.0
    search_s: float = 0.0
    grain: float = 0.0
    frozen: bool = False
    away: Seconds | None = None
    earlier: tuple[tuple[Seconds, Mapping[str, Match]], ...] = ()

    def look(self) -> Look:
        return Look(self.at, self.looks, self.search_s, self.grain, frozen=self.frozen)

    def view(self) -> View:
        return View(at=self.at, encoded=NOTHING, wall=self.at, encode_s=self.encode_s)

    def sighting(self, fused: Sighting) -> Sighting:
        away_since = None if self.away is None else Moment(self.away, None, self.away)
        return replace(fused, away_since=away_since)

    def line(self) -> str:
        fields: dict[str, object] = {"at": round(self.at, 4), "looks": _told(self.looks)}
        if self.window is not None:
            fields["window"] = _rounded(self.window)
        fields["nearest"] = _rounded(self.nearest)
        if self.main is not None:
            fields["main"] = _rounded(self.main)
        if self.grain:
            fields["grain"] = round(self.grain, 4)
        if self.frozen:
            fields["frozen"] = True
        if self.away is not None:
            fields["away"] = round(self.away, 4)
        if self.earlier:
            fields["earlier"] = [[round(at, 4), _told(looks)] for at, looks in self.earlier]
        fields["cost_s"] = [round(self.encode_s, 4), round(self.search_s, 4)]
        return json.dumps(fields, separators=(",", ":"))


def write_trace(views: Iterable[Traced], path: Path) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text("".join(view.line() + "\n" for view in views), encoding="utf-8")
    part.rename(path)


def read_trace(path: Path) -> list[Traced]:
    try:
        return [_read(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise EvaluationError(f"trace {path}: cannot be read: {error.strerror}: evaluate its live again") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise EvaluationError(f"trace {path}: not a trace ({error!r}): remove it and evaluate again") from error


def _read(line: str) -> Traced:
    fields = json.loads(line)
    encode_s, search_s = fields["cost_s"]
    return Traced(
        at=fields["at"],
        looks=_matches(fields["looks"]),
        window=_pairs(fields["window"]) if "window" in fields else None,
        nearest=_pairs(fields["nearest"]),
        main=_pairs(fields["main"]) if "main" in fields else None,
        encode_s=encode_s,
        search_s=search_s,
        grain=fields.get("grain", 0.0),
        frozen=fields.get("frozen", False),
        away=fields.get("away"),
        earlier=tuple((at, _matches(looks)) for at, looks in fields.get("earlier", ())),
    )


def _told(looks: Mapping[str, Match]) -> list[list[object]]:
    return [[i, round(m.logit, 4), round(m.visual, 4), round(m.patches, 4), _shares(m.box)] for i, m in looks.items()]


def _matches(looks: Iterable[tuple[str, float, float, float, list[float] | None]]) -> dict[str, Match]:
    return {intern(i): Match(logit, visual, patches, _box(box)) for i, logit, visual, patches, box in looks}


def _rounded(ranked: Ranked) -> list[tuple[str, float]]:
    return [(product_id, round(figure, 4)) for product_id, figure in ranked[:TOLD]]


def _pairs(ranked: Iterable[tuple[str, float]]) -> Ranked:
    """An hour names its forty products 300,000 times."""
    return tuple((intern(product_id), figure) for product_id, figure in ranked)


def _shares(box: Box | None) -> list[float] | None:
    return None if box is None else [round(share, 4) for share in box]


def _box(shares: list[float] | None) -> Box | None:
    return None if shares is None else Box(*shares)
