"""Who is rather seen where several pictures were laid: by colours, by patches, by the trained eye.

Judges what was found; finds nothing. Knows no catalogue and no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.classic import insight
from engines.classic.calibration import Duel, Rivalry, log_odds, nobody
from engines.classic.closer import onto_frame
from engines.classic.colour import rather
from engines.classic.eye import Eye, Sight
from engines.classic.fineprint import Place, differing, own
from engines.classic.found import Memory
from engines.classic.geometry import PRINT, exclusive, fit, layout, overlap, tentative
from engines.classic.patchwise import likeness
from engines.classic.picture import laid_out
from engines.classic.square import Square, seen_in, square_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Image
    from engines.classic.closer import Scene
    from engines.classic.colour import Mask
    from engines.classic.found import Found
    from engines.classic.laying import Homography

ALIGNED = 12  # agreeing patches that make the alignment of two catalogue pictures trustworthy
SAME_PLACE = 0.4  # boxes that overlap by more claim the same thing in view
HOPELESS = -5.0  # log-odds: nothing that the eye could see would bring them back

RELATIONS = 4096  # pairs kept, some kilobytes each and two milliseconds to make: of sixty products, all that meet


class Print(NamedTuple):
    """A catalogue picture as the eye sees it."""

    square: Square
    sight: Sight


class View(NamedTuple):
    """What is seen in a print's place. `mask`: which of the square is print and in the frame."""

    sight: Sight
    mask: Mask


class Related(NamedTuple):
    """Where a picture lies on another by their own prints, and how these differ."""

    onto: Homography
    places: tuple[Place, ...]


Told = tuple["Found", "View | None"]


class Judge:
    """One caller thread. Keeps what it made of pictures met lately; verdicts do not depend on what it kept."""

    def __init__(self) -> None:
        self._eye = Eye()
        self._prints = Memory[Print]()
        self._relations = Memory["Related | None"](RELATIONS)
        self._laid = Memory[View]()

    def rivalry(self, frame: Scene, found: Sequence[Found]) -> Rivalry:
        """Candidates in the same place are rivals: they will share one probability. Completes their evidence."""
        rivalry = nobody(len(found))
        views = [self._view(one) if log_odds(one.evidence) > HOPELESS else None for one in found]
        for i, one in enumerate(found):
            for j, two in enumerate(found[:i]):
                if overlap(one.box, two.box) > SAME_PLACE:
                    rivalry.meet(i, j, self._duel(frame, (one, views[i]), (two, views[j])))
        for i, one in enumerate(found):
            self._complete(one, views[i], [two for two, met in zip(found, rivalry.contest[i], strict=True) if met])
        return rivalry

    def _view(self, found: Found) -> View:
        patches = found.scene.patches
        picture = patches.thumb if patches.picture is None else patches.picture
        return self._look(self._print(found), picture, found.fit.homography)

    def _look(self, print_: Print, picture: Image, homography: Homography) -> View:
        seen, mask = seen_in(print_.square, picture, homography)
        return View(self._eye.look([seen])[0], mask)

    def _print(self, found: Found) -> Print:
        def make() -> Print:
            square = square_of(found.canvas)
            seen, _ = seen_in(square, found.encoded.patches.thumb, np.eye(3))
            return Print(square, self._eye.look([seen])[0])

        return self._prints.of((found.encoded,), make)

    def _complete(self, one: Found, view: View | None, rivals: Sequence[Found]) -> None:
        related = [self._related(one, two) for two in rivals if two is not one]
        told = [own(one.seen[0], one.canvas.lab, one.seen[1], it.places) for it in related if it is not None]
        words = [likeness for likeness in told if likeness is not None]
        one.evidence = one.evidence._replace(
            words=sum(words) / len(words) if words else None,
            likeness=None if view is None else insight.likeness(view.sight, self._print(one).sight, view.mask),
        )

    def _duel(self, frame: Scene, first: Told, second: Told) -> Duel:
        """Compared in the better fit's place, the other picture laid over it."""
        (one, view), (two, others) = first, second
        if one.fit.weight < two.fit.weight:
            return Duel(*(-told for told in self._duel(frame, second, first)))
        related = self._related(one, two)
        onto = _through(frame, one, two) if related is None else related.onto
        seen, inside = one.seen
        other, covered = laid_out(one.canvas, onto, two.canvas)
        return Duel(
            look=rather(seen, one.canvas.lab, other, inside & covered),
            prints=exclusive(one.fit, two.fit) if one.scene is two.scene else 0.0,
            sight=0.0 if view is None or others is None else self._sight(one, view, two, onto, related),
        )

    def _sight(self, one: Found, view: View, two: Found, onto: Homography, related: Related | None) -> float:
        """The other's packshot is seen where it lies on this one's; kept if that is the same in every frame."""

        def lay() -> View:
            back = np.asarray(np.linalg.inv(onto), np.float64)
            return self._look(self._print(one), two.encoded.patches.thumb, back)

        laid = lay() if related is None else self._laid.of((one.encoded, two.encoded), lay)
        return insight.rather(view.sight, self._print(one).sight, laid.sight, view.mask & laid.mask)

    def _related(self, one: Found, two: Found) -> Related | None:
        """None: their prints do not agree on any place."""
        return self._relations.of((one.encoded, two.encoded), lambda: self._relate(one, two))

    def _relate(self, one: Found, two: Found) -> Related | None:
        first, second = (found.encoded.patches.vectors[:PRINT] for found in (one, two))
        here, there = (layout(found.encoded.patches, PRINT) for found in (one, two))
        direct = fit(here, there, tentative(likeness(first, second)))
        if direct is None or len(direct.pairs.frame) < ALIGNED:
            return None
        laid, covered = laid_out(one.canvas, direct.homography, two.canvas)
        places = differing(one.canvas.lab, laid, one.canvas.mask & covered)
        return Related(direct.homography, places)


def _through(frame: Scene, one: Found, two: Found) -> Homography:
    """From one picture to the other by where the two were laid in the frame."""
    first, second = (onto_frame(found.fit.homography, found.scene, frame.plane) for found in (one, two))
    return np.asarray(np.linalg.inv(first) @ second, dtype=np.float64)
