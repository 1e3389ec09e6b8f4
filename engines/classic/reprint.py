"""Whether two catalogue pictures show one print, saved anew: smaller, or with coarser JPEG. Knows no frame.

Saving anew takes patches away and blurs what is fine, by which the matcher rather finds the one picture than the
other although nothing that is printed differs. So their prints are laid on each other and compared place by place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.classic.fineprint import differing
from engines.classic.geometry import PRINT, fit, layout, tentative
from engines.classic.patchwise import likeness
from engines.classic.picture import canvas_of, laid_out

if TYPE_CHECKING:
    from engines.base import Encoded
    from engines.classic.colour import Lab, Mask

LIKEST = 0.75  # of embeddings: half the size and a JPEG of quality 60 leave 0.8 to 0.93
ALIGNED = 24  # patches that agree on where the one lies on the other
DIFFERS = 0.45  # worth of a place: half the size at quality 60 makes at most 0.3, "800 ml" for "400 ml" 0.6 or more
OTHER = 6.0  # in Lab: saving anew makes at most 4, a hue a twelfth of the circle away 11 or more
BLUR = 9  # px of the canvas: edges that were blurred are no other colour
WORST = 0.99  # of the print is nearer in colour than that which counts


def same_print(one: Encoded, two: Encoded) -> bool:
    """Either may be laid on the other: where a fit is a pixel off, letters differ that do not."""
    if float(one.embedding @ two.embedding) < LIKEST:
        return False
    return _lies_on(one, two) or _lies_on(two, one)


def _lies_on(one: Encoded, two: Encoded) -> bool:
    first, second = (layout(picture.patches, PRINT) for picture in (one, two))
    laid = fit(first, second, tentative(likeness(*(picture.patches.vectors[:PRINT] for picture in (one, two)))))
    if laid is None or len(laid.pairs.frame) < ALIGNED:
        return False
    here, there = canvas_of(one.patches.thumb), canvas_of(two.patches.thumb)
    other, covered = laid_out(here, laid.homography, there)
    inside = here.mask & covered
    return (
        bool(inside.any()) and worth_of(here.lab, other, inside) < DIFFERS and apart(here.lab, other, inside) < OTHER
    )


def worth_of(one: Lab, two: Lab, inside: Mask) -> float:
    """Of the place that differs most."""
    return max((place.worth for place in differing(one, two, inside)), default=0.0)


def apart(one: Lab, two: Lab, inside: Mask) -> float:
    """How far the colours of what differs most are apart."""
    off = cv2.blur(np.where(inside[..., None], one - two, 0).astype(np.float32), (BLUR, BLUR))
    return float(np.quantile(np.linalg.norm(off, axis=2)[inside], WORST))
