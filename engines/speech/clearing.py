"""Sound to cepstra as they would be had nothing been played under the voice. Pure: no recogniser, no clock.

PocketSphinx's acoustic model was made from clean speech, and music or a crowd moves what it measures far from there.
A small network, which has heard synthetic voices with and without sounds under them, tells from a tenth of a second,
and from how soft the softest lately was, what the voice alone would be. `benchmarks/train_clearing.py` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.speech.base import RATE, Samples

BANDS = 32
LOWEST, HIGHEST = 100.0, 7600.0  # Hz
WINDOW, HOP, FFT = 410, 160, 512  # as PocketSphinx cuts sound: 25 ms every 10
EMPHASIS = 0.97
AROUND = 5  # frames before and after the one that is told: what comes out is so much late
SHORTEST_MEAN, LONGEST_MEAN = 30, 500  # frames: the mean moves fast at first, and then with the last five seconds
SOFTENS, RISES = 0.8, 0.005  # of a frame's bands into the floor's, and how fast the floor follows a louder room
TINY = 1e-7
WEIGHTS = Path(__file__).with_name("clearing.npz")

Frames = NDArray[np.float32]  # (n, bands, or what else a row holds)
Cepstra = NDArray[np.float32]  # (n, 13), their mean over speech about 0


@dataclass(frozen=True, slots=True)
class Network:
    """Two hidden layers. `spread`: of what goes in; `middle`, `scale`: of what comes out."""

    first: Frames
    first_bias: Frames
    second: Frames
    second_bias: Frames
    last: Frames
    last_bias: Frames
    spread: Frames
    middle: Frames
    scale: Frames

    def __call__(self, rows: Frames) -> Cepstra:
        hidden = np.maximum(rows / self.spread @ self.first + self.first_bias, 0)
        hidden = np.maximum(hidden @ self.second + self.second_bias, 0)
        return np.asarray((hidden @ self.last + self.last_bias) * self.scale + self.middle, np.float32)


@lru_cache(1)
def network() -> Network:
    with np.load(WEIGHTS) as kept:
        return Network(*(kept[field.name].astype(np.float32) for field in fields(Network)))


class Room:
    """How loud each band is on average, and at its softest, as far as it was heard. For one livestream."""

    def __init__(self) -> None:
        self._frames = 0
        self._mean = self._floor = self._soft = np.zeros(BANDS, np.float32)

    def against(self, bands: Frames) -> Frames:
        """Each frame's bands above the mean, and the floor's."""
        made = np.empty((len(bands), 2 * BANDS), np.float32)
        if not self._frames and len(bands):
            self._frames, self._soft = SHORTEST_MEAN, bands[0]
            self._mean = self._floor = bands[:10].mean(axis=0)
        for frame, row in zip(bands, made, strict=True):
            self._frames = min(self._frames + 1, LONGEST_MEAN)
            self._mean = self._mean + (frame - self._mean) / self._frames
            self._soft = SOFTENS * self._soft + (1 - SOFTENS) * frame
            self._floor = np.minimum(self._soft, self._floor + RISES)
            row[:BANDS], row[BANDS:] = frame - self._mean, self._floor - self._mean
        return made


class Clearing:
    """One livestream's: `begin` a piece, `push` its sound; what it knows of the room outlasts pieces."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._room = Room()
        self.begin()

    def begin(self) -> None:
        self._sound, self._before = np.zeros(0, np.float32), 0.0
        self._rows = np.zeros((0, 2 * BANDS), np.float32)
        self._told = 0

    def push(self, samples: Samples, *, last: bool) -> Cepstra:
        """Of all frames that are certain now; with the last sound of a piece, of all."""
        self._sound = np.concatenate([self._sound, samples])
        if last:
            self._sound = np.concatenate([self._sound, np.zeros(WINDOW - HOP, np.float32)])
        self._rows = np.concatenate([self._rows, self._room.against(self._bands())])
        until = len(self._rows) - (0 if last else AROUND)
        first = max(self._told - AROUND, 0)
        if until <= self._told:
            return np.zeros((0, 13), np.float32)
        made = self._net(together(self._rows[first:])[self._told - first : until - first])
        self._told = until
        return made

    def _bands(self) -> Frames:
        count = max((len(self._sound) - WINDOW) // HOP + 1, 0)
        if not count:
            return np.zeros((0, BANDS), np.float32)
        part = self._sound[: (count - 1) * HOP + WINDOW]
        made = bands(part, self._before)
        self._before = float(self._sound[count * HOP - 1])
        self._sound = self._sound[count * HOP :]
        return made


def bands(sound: Samples, before: float = 0.0) -> Frames:
    """Logarithms of power in mel bands. `before`: the sample that came before."""
    sharper = sound - EMPHASIS * np.concatenate([[np.float32(before)], sound[:-1]])
    frames = np.lib.stride_tricks.sliding_window_view(sharper, WINDOW)[::HOP] * _hamming()
    power = np.abs(np.fft.rfft(frames, FFT, axis=1)).astype(np.float32) ** 2
    return np.asarray(np.log(power @ _filters() + np.float32(TINY)), np.float32)


def together(rows: Frames) -> Frames:
    """Each frame with those around it, and the floor there; at the ends the outermost stands for what is missing."""
    padded = np.pad(rows[:, :BANDS], ((AROUND, AROUND), (0, 0)), mode="edge")
    count = len(rows)
    return np.concatenate([*(padded[i : i + count] for i in range(2 * AROUND + 1)), rows[:, BANDS:]], axis=1)


@lru_cache(1)
def _hamming() -> Frames:
    return np.hamming(WINDOW).astype(np.float32)


@lru_cache(1)
def _filters() -> Frames:
    """(bins, bands): triangles as wide as ears are, each adding up to one."""
    mels = np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.fft.rfftfreq(FFT, 1 / RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    made = np.maximum(np.minimum(rising, falling), 0)
    return np.asarray(made / made.sum(axis=0), np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
