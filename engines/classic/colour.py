"""Does a piece of the frame look like the catalogue picture, light aside? Knows no patch and no product."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engines.base import Image

Lab = NDArray[np.float32]  # (height, width, 3)
Mask = NDArray[np.bool_]  # (height, width)

CANVAS = 128  # px of the longer side on which two pictures are compared: colour bands, not letters
PLACE, BLOCK = 9, 23  # px on it: a place that may disagree, and one in which brightness may correlate
BINS = 4  # a side of the colour histogram
ALIKE = 8  # in Lab: nearer colours do not tell look-alikes apart
MEDIAN_OF = 2000  # pixels: more of them move a median by less than a lamp flickers, and cost most of a comparison
CAST = 12  # in Lab: the most that a lamp tints
WHITE = 12  # how far from its corner's colour the paper of a packshot may stray


class Look(NamedTuple):
    """How alike, 0..1 each."""

    colour: float
    structure: float
    worst: float  # of the least agreeing twentieth of the places, each a few pixels wide: another band gives it away


def thumbnail(image: Image, side: int) -> Image:
    height, width = image.shape[:2]
    scale = side / max(height, width, 1)
    if scale >= 1 or min(height, width) == 0:
        return image.copy()
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def to_lab(image: Image) -> Lab:
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), dtype=np.float32)


def foreground(image: Image) -> Mask:
    """Without the paper it was photographed on: what the corners' colour floods. All of it where nothing floods."""
    height, width = image.shape[:2]
    mask = np.zeros((height + 2, width + 2), np.uint8)
    for corner in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
        if image[corner[1], corner[0]].min() > 225 and not mask[corner[1] + 1, corner[0] + 1]:
            cv2.floodFill(
                image.copy(), mask, corner, (0, 0, 0), (WHITE,) * 3, (WHITE,) * 3, 4 | cv2.FLOODFILL_MASK_ONLY
            )
    inside = mask[1:-1, 1:-1] == 0
    return inside if inside.mean() > 0.05 else np.ones_like(inside)


def colours(image: Image) -> NDArray[np.float32]:  # (BINS ** 3,), unit length
    """A soft-edged colour histogram of the whole picture, square-rooted."""
    small = cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([small], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3).ravel()
    root = np.sqrt(counts)
    return np.asarray(root / max(float(np.linalg.norm(root)), 1e-6), dtype=np.float32)


def relight(seen: Lab, true: Lab, mask: Mask) -> Lab:
    """The seen picture under the true picture's light: brightness free, colour cast only as far as lamps go."""
    out = seen.copy()
    if not mask.any():
        return out
    (level, spread), (wanted_level, wanted_spread) = _light(seen, mask), _light(true, mask)
    out[..., 0] = (seen[..., 0] - level) * min(max(wanted_spread / max(spread, 2.0), 0.5), 2.0) + wanted_level
    for channel, cast in enumerate(_casts(seen, true, mask.ravel().nonzero()[0]), start=1):
        out[..., channel] += cast
    return out


def _casts(seen: Lab, true: Lab, at: NDArray[np.intp]) -> tuple[float, float]:
    """What, by these pixels, brings both chroma channels to what they truly are, as far as lamps tint."""
    few = at[:: len(at) // MEDIAN_OF + 1]
    off = true.reshape(-1, 3).take(few, axis=0) - seen.reshape(-1, 3).take(few, axis=0)
    one, two = (min(max(quantile(0.5, off[:, channel]), -CAST), CAST) for channel in (1, 2))
    return one, two


def quantile(share: float, values: NDArray[np.float32]) -> float:
    """Numpy's own takes twice as long over the few thousand that there are here."""
    place = share * (len(values) - 1)
    low, rest = int(place), place - int(place)
    high = min(low + 1, len(values) - 1)
    sorted_there = np.partition(values, (low, high))
    return float(sorted_there[low]) * (1 - rest) + float(sorted_there[high]) * rest


def _light(picture: Lab, mask: Mask) -> tuple[float, float]:
    """Brightness, and how much it varies."""
    mean, spread = cv2.meanStdDev(picture, mask=mask.view(np.uint8))
    return float(mean[0, 0]), float(spread[0, 0])


def compare(seen: Lab, true: Lab, mask: Mask) -> Look:
    """Chroma that agrees after relighting, and brightness that rises and falls together block by block."""
    if np.count_nonzero(mask) < 50:
        return Look(0.0, 0.0, 0.0)
    seen, true, mask = seen[window := _window(mask)], true[window], mask[window]
    inside, at = mask.astype(np.float32), mask.ravel().nonzero()[0]
    chroma = _chroma_apart(seen, true, _casts(seen, true, at))
    around = np.asarray(cv2.boxFilter(chroma * inside, cv2.CV_32F, (PLACE, PLACE)), np.float32)
    around /= np.maximum(cv2.boxFilter(inside, cv2.CV_32F, (PLACE, PLACE)), 0.1)
    worst = quantile(0.95, around.ravel().take(at))
    return Look(
        float(np.exp(-chroma.ravel().take(at) / 20).mean()),
        _correlation(seen[..., 0], true[..., 0], inside),
        float(np.exp(-worst / 30)),
    )


def _chroma_apart(seen: Lab, true: Lab, casts: tuple[float, float]) -> NDArray[np.float32]:
    """How far colours are apart after relighting; brightness is not looked at, so not relit."""
    first, second = (seen[..., n] + cast - true[..., n] for n, cast in enumerate(casts, start=1))
    first *= first
    second *= second
    return np.asarray(np.sqrt(first + second), np.float32)


def _window(mask: Mask) -> tuple[slice, slice]:
    """Where there is anything to compare: a carton fills less than half of its picture."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _correlation(seen: NDArray[np.float32], true: NDArray[np.float32], inside: NDArray[np.float32]) -> float:
    """Mean correlation in blocks of a sixth of the canvas, weighed by how much there is to correlate; 0..1."""
    seen, true = seen * inside, true * inside

    def local(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.boxFilter(values, cv2.CV_32F, (BLOCK, BLOCK)), dtype=np.float32)

    share = np.maximum(local(inside), 1e-3)
    one, two = local(seen) / share, local(true) / share
    both = local(seen * true) / share - one * two
    first = np.maximum(local(seen * seen) / share - one * one, 0) + 4
    second = np.maximum(local(true * true) / share - two * two, 0) + 4
    worth = np.sqrt(second) * inside
    return float(np.clip((both / np.sqrt(first * second) * worth).sum() / max(float(worth.sum()), 1e-6), 0, 1))


def rather(seen: Lab, one: Lab, two: Lab, mask: Mask) -> float:
    """Which of two look-alikes was seen, judged only where they differ: above 0 the first, size says how sure.

    Light is taken from where the two agree, so that a coloured lamp does not pass for another flavour; and brightness
    counts only against its surroundings, so that a blue in glare does not pass for the lighter blue.
    """
    if not mask.any():
        return 0.0
    window = _window(mask)
    seen, one, two, mask = seen[window], one[window], two[window], mask[window]
    same = mask & (_apart(one, two) < ALIKE)
    lit = _glare_free(relight(seen, one, same if np.count_nonzero(same) > 100 else mask))
    one, two = _glare_free(one), _glare_free(two)
    differ = _apart(one, two)
    worth = np.where(mask, np.maximum(differ - ALIKE, 0), 0)
    total = float(worth.sum())
    if total < 200:
        return 0.0
    closer = _apart(lit, two) - _apart(lit, one)
    return float((worth * closer / np.maximum(differ, 1)).sum() / total)


def _apart(one: Lab, two: Lab) -> NDArray[np.float32]:
    """The distance of colours, pixel by pixel; numpy's norm takes five times as long along so short an axis."""
    off = one - two
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", off, off)), dtype=np.float32)


def _glare_free(picture: Lab) -> Lab:
    out = picture.copy()
    out[..., 0] -= cv2.blur(picture[..., 0], (BLOCK, BLOCK))
    return out
