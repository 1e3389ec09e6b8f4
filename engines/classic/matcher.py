"""Looks closely: patches that agree on a place, colours that agree there, look-alikes judged by what differs.

Knows no catalogue and no time: one frame, a handful of candidates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.base import Match
from engines.classic.calibration import ABSENT, Evidence, Rivalry, log_odds, shared
from engines.classic.closer import Closer, Scene, in_frame, whole
from engines.classic.colour import compare
from engines.classic.found import Found, Memory
from engines.classic.geometry import PRINT, Fit, Layout, box_of, layout, overlap, propose, settle, spread, tentative
from engines.classic.patchwise import likeness
from engines.classic.picture import Canvas, canvas_of, seen_through
from engines.classic.reprint import same_print
from engines.classic.rivals import SAME_PLACE, Judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Box, Encoded, Image

CLOSE = 6  # candidates whose colours are compared; the rest have no consensus worth it
NEAR_BY = 0.1  # and with more than that they may: a first look is rough
SMALL = 0.12  # of the frame: what fills more has been seen well enough
UNSETTLED = (-5.0, 2.5)  # log-odds: small things in a hand below -3 came to 1 and more when they were seen larger
AGAIN = 2  # places of a frame that are looked at again, the likeliest first


class Examined(NamedTuple):
    """Candidates looked at closely, by their place in the list; then every pair of them, in the same order."""

    found: dict[int, Found]
    rivalry: Rivalry


class Laid(NamedTuple):
    owner: int
    picture: Encoded
    fit: Fit


class ClassicMatcher:
    """One caller thread. Keeps the canvases of pictures it met lately; results do not depend on what it kept."""

    def __init__(self) -> None:
        self._canvases = Memory[Canvas]()
        self._planes = Memory[Layout]()
        self._judge = Judge()
        self._closer = Closer()

    def match(self, query: Encoded, candidates: Sequence[Sequence[Encoded]]) -> list[Match]:
        seen = self.examine(query, candidates)
        alone = np.array([log_odds(found.evidence) for found in seen.found.values()])
        logits = dict(zip(seen.found, shared(alone, seen.rivalry).tolist(), strict=True))
        return [
            _verdict(query, pictures, seen.found.get(index), logits.get(index, ABSENT))
            for index, pictures in enumerate(candidates)
        ]

    def same_print(self, one: Encoded, two: Encoded) -> bool:
        return same_print(one, two)

    def examine(self, query: Encoded, candidates: Sequence[Sequence[Encoded]]) -> Examined:
        """The evidence before it is weighed: what the weights are fitted to."""
        frame = whole(query.patches)
        best = self._best(frame, candidates)
        if query.patches.picture is not None:
            self._again(query.patches.picture, best, candidates)
        return Examined(best, self._judge.rivalry(frame, list(best.values())))

    def _again(self, picture: Image, best: dict[int, Found], candidates: Sequence[Sequence[Encoded]]) -> None:
        for place in _unsettled(best):
            scene = self._closer.look(picture, place)
            if scene is not None:
                there = {owner for owner, found in best.items() if overlap(found.box, place) > NEAR_BY}
                known = [pictures if owner in there else () for owner, pictures in enumerate(candidates)]
                _take(best, place, self._best(scene, known))

    def _best(self, scene: Scene, candidates: Sequence[Sequence[Encoded]]) -> dict[int, Found]:
        best: dict[int, Found] = {}
        for one in self._consensus(scene, candidates):
            found = self._look(scene, one) if one.owner not in best and len(best) < CLOSE else None
            if found is not None:
                best[one.owner] = found
        return best

    def _consensus(self, scene: Scene, candidates: Sequence[Sequence[Encoded]]) -> list[Laid]:
        """Every picture proposes where it lies; the best supported are fitted. The heaviest fit first."""
        seen = scene.patches.vectors.astype(np.float32)
        proposed = []
        for owner, pictures in enumerate(candidates):
            most = int(PRINT / max(len(pictures), 1) ** 0.5)  # more views of one product repeat one another
            for picture in pictures:
                pairs = tentative(likeness(seen, picture.patches.vectors[:most]))
                proposal = propose(scene.plane, self._plane(picture).first(most), pairs)
                if proposal is not None:
                    proposed.append((proposal, owner, picture))
        proposed.sort(key=lambda one: -one[0].support)
        fits = [(owner, picture, settle(proposal)) for proposal, owner, picture in proposed[: 2 * CLOSE]]
        laid = [Laid(owner, picture, found) for owner, picture, found in fits if found is not None]
        return sorted(laid, key=lambda one: (-one.fit.weight, one.owner))

    def _look(self, scene: Scene, laid: Laid) -> Found | None:
        canvas = self._canvas(laid.picture)
        box = box_of(laid.fit.homography, canvas.outline, scene.plane)
        if box is None:
            return None
        box = in_frame(box, scene.window)
        seen, mask = seen_through(canvas, laid.fit.homography, scene.patches.thumb)
        look = compare(seen, canvas.lab, mask)
        evidence = Evidence(
            pairs=len(laid.fit.pairs.frame),
            weight=laid.fit.weight,
            share=len(laid.fit.pairs.frame) / max(len(laid.picture.patches.vectors), 1),
            colour=look.colour,
            structure=look.structure,
            worst=look.worst,
            area=box.w * box.h,
            spread=spread(laid.fit, self._plane(laid.picture), canvas.outline),
        )
        return Found(laid.picture, canvas, scene, laid.fit, box, (seen, mask), evidence)

    def _canvas(self, picture: Encoded) -> Canvas:
        return self._canvases.of((picture,), lambda: canvas_of(picture.patches.thumb))

    def _plane(self, picture: Encoded) -> Layout:
        return self._planes.of((picture,), lambda: layout(picture.patches))


def _unsettled(best: dict[int, Found]) -> list[Box]:
    """Small places where something may be, apart from one another; the likeliest first."""
    odds = {owner: log_odds(found.evidence) for owner, found in best.items()}
    places: list[Box] = []
    for owner in sorted(best, key=lambda owner: (-odds[owner], owner)):
        box = best[owner].box
        open_yet = box.w * box.h < SMALL and UNSETTLED[0] < odds[owner] < UNSETTLED[1]
        if open_yet and all(overlap(box, place) <= SAME_PLACE for place in places):
            places.append(box)
    return places[:AGAIN]


def _take(best: dict[int, Found], place: Box, again: dict[int, Found]) -> None:
    """What the second look found stands for all that the first found in that place, if it found anything."""
    if again:
        for owner in [owner for owner, found in best.items() if overlap(found.box, place) > SAME_PLACE]:
            del best[owner]
    for owner, found in again.items():
        if owner not in best or best[owner].fit.weight < found.fit.weight:
            best[owner] = found


def _verdict(query: Encoded, pictures: Sequence[Encoded], found: Found | None, logit: float) -> Match:
    visual = max((float(query.embedding @ picture.embedding) for picture in pictures), default=0.0)
    patches = 0.0 if found is None else 1 - float(np.exp(-found.fit.weight / 8))
    return Match(logit, float(np.clip(visual, 0, 1)), patches, None if found is None else found.box)
