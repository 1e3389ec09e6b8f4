"""Which sounds of speech there are in what a network heard, and when. Knows no word and no name.

A small network of our own reads them off what Moonshine's first network makes of a piece of sound: made-up names are
heard as they are said, whatever words the second network makes of them.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engines.errors import SpeechError
from engines.text.sounding import Sounds

Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("sounding.npz")
STEP_S = 0.024  # between two steps of the network
AROUND = (2, 1)  # steps before and behind that each layer looks at
SURE = 0.95  # that there is no sound: such steps are left out
LEAST = -6.0  # bits of a sound where another was heard
SILENT = 1e-2  # chance that there was none


class Sounded(NamedTuple):
    """What was heard, sound after sound, and at which second."""

    at: NDArray[np.float64]
    heard: Sounds

    def after(self, second: float) -> Sounded:
        first = int(np.searchsorted(self.at, second))
        return Sounded(self.at[first:], self.heard.part(slice(first, None)))


class Sounding:
    """Shared by all livestreams."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        try:
            with np.load(BytesIO(path.read_bytes())) as told:
                first, middle, last = (
                    (told[f"{name}_w"].astype(np.float32), told[f"{name}_b"].astype(np.float32))
                    for name in ("first", "middle", "last")
                )
                chance = told["chance"].astype(np.float32)
        except (OSError, EOFError, KeyError, ValueError, BadZipFile, zlib.error) as error:
            raise SpeechError(f"sounds of speech: {path.name} cannot be read ({error}); install anew") from error
        self._first, self._middle, self._last, self._chance = first, middle, last, chance

    def sounds(self, heard: Floats) -> Sounded:
        """`heard[step, feature]`: what the encoder made of a piece."""
        return told_apart(self.chances(heard), self._chance)

    def chances(self, heard: Floats) -> Floats:
        """`[step, sound]`; the last is none."""
        level = heard - heard.mean(axis=1, keepdims=True)
        level /= np.sqrt(np.square(level).mean(axis=1, keepdims=True) + 1e-5)
        seen = np.maximum(_around(level, AROUND[0]) @ self._first[0] + self._first[1], 0)
        seen += np.maximum(_around(seen, AROUND[1]) @ self._middle[0] + self._middle[1], 0)
        scores = seen @ self._last[0] + self._last[1]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)


def told_apart(chances: Floats, chance: Floats) -> Sounded:
    """Steps in which one sound is likeliest become one; `chance[sound]`: of it anywhere in speech."""
    steps = np.flatnonzero(chances[:, -1] < SURE)
    if not len(steps):
        nothing = np.zeros((chances.shape[1] - 1, 0), np.float32)
        return Sounded(np.zeros(0), Sounds(nothing, nothing[0]))
    likeliest = chances[steps, :-1].argmax(axis=1)
    begins = np.flatnonzero(np.r_[True, (np.diff(steps) > 1) | (np.diff(likeliest) != 0)])
    most = np.maximum.reduceat(chances[steps], begins, axis=0)
    none = np.minimum.reduceat(chances[steps, -1], begins)
    weights = 1 - chances[steps, -1]
    at = np.add.reduceat(steps * weights, begins) / np.add.reduceat(weights, begins)
    against = np.maximum(np.log2(np.maximum(most[:, :-1], 1e-9) / chance), LEAST).T
    added = np.log2(np.maximum(none, SILENT))
    return Sounded((at + 0.5) * STEP_S, Sounds(np.ascontiguousarray(against, np.float32), added.astype(np.float32)))


def _around(rows: Floats, steps: int) -> Floats:
    """Each step with those around it, one behind the other."""
    padded = np.pad(rows, ((steps, steps), (0, 0)))
    return np.concatenate([padded[i : i + len(rows)] for i in range(2 * steps + 1)], axis=1)
