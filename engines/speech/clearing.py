"""Sound to cepstra as they would be had nothing been played under the voice. Pure: no recogniser, no clock.

PocketSphinx's acoustic model was made from clean speech, and music or a crowd moves what it measures far from there.
A small network with a memory, which has heard synthetic voices with and without sounds under them, tells how much of
each band is the voice's: what is not touched stays as PocketSphinx itself would measure it, whoever speaks.
`benchmarks/train_clearing.py` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.speech.base import RATE, Samples

WINDOW, HOP, FFT = 410, 160, 512  # as PocketSphinx cuts sound: 25 ms every 10
EMPHASIS = 0.97
BANDS = 40  # that the network sees
LOWEST, HIGHEST = 60.0, 7800.0  # Hz
FILTERS, CEPSTRA, LIFTER = 25, 13, 22  # PocketSphinx's own, as its model's feat.params tells
LOWEST_FILTER, HIGHEST_FILTER = 130.0, 6800.0  # Hz
FULL_SCALE = 32768.0  # it measures numbers of 16 bits
BEFORE = 4  # frames before the one that is told, at once; the memory reaches further back
AHEAD = 8  # frames behind it: what comes out is so much late
SHORTEST_MEAN, LONGEST_MEAN = 30, 500  # frames: a mean moves fast at first, and then with the last five seconds
FIRST = 60  # frames that a voice's first mean is of: a piece begins with more
SOFTENS, RISES = 0.8, 0.005  # of a frame's bands into the floor's, and how fast the floor follows a louder room
SPREAD = 2.5  # nepers: about how far bands lie from their mean
SPEECH, FALLS = 30.0, 0.02  # of the first cepstrum: no softer than the loudest, which fades so much a frame
TINY, TINIEST = 1e-7, 1e-4
WEIGHTS = Path(__file__).with_name("clearing.npz")

Frames = NDArray[np.float32]  # (n, bands, or what else a row holds)
Cepstra = NDArray[np.float32]  # (n, 13), their mean over speech about 0


@dataclass(frozen=True, slots=True)
class Network:
    """A layer over a few frames, a memory (GRU: reset, update, new, as torch keeps them), and each filter's gain."""

    first: Frames
    first_bias: Frames
    taken: Frames
    taken_bias: Frames
    kept: Frames
    kept_bias: Frames
    last: Frames
    last_bias: Frames

    @property
    def memory(self) -> int:
        return len(self.kept)

    def states(self, seen: Frames, state: Frames) -> Frames:
        """What the memory holds after each row of `seen`."""
        given = np.maximum(seen @ self.first + self.first_bias, 0) @ self.taken + self.taken_bias
        made, size = np.empty((len(given), self.memory), np.float32), self.memory
        with np.errstate(over="ignore"):  # what is loud after digital silence shuts gates: 1 / infinity is right
            for row, told in zip(made, given, strict=True):
                held = state @ self.kept + self.kept_bias
                gates = 1 / (1 + np.exp(-(told[: 2 * size] + held[: 2 * size])))
                fresh = np.tanh(told[2 * size :] + gates[:size] * held[2 * size :])
                row[:] = state = fresh + gates[size:] * (state - fresh)
        return made

    def gains(self, states: Frames) -> Frames:
        """Of each filter, to be added to its logarithm."""
        return states @ self.last + self.last_bias


@lru_cache(1)
def network() -> Network:
    with np.load(WEIGHTS) as told:
        return Network(*(told[field.name].astype(np.float32) for field in fields(Network)))


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


class Voice:
    """The mean of what a voice measures: who speaks, and where, rather than what is said. For one livestream."""

    def __init__(self) -> None:
        self._frames, self._loudest = 0, 0.0
        self._mean = np.zeros(CEPSTRA, np.float32)

    def about(self, cepstra: Cepstra) -> Cepstra:
        if len(cepstra) and not self._frames:
            first = cepstra[:FIRST]
            self._frames, self._loudest = SHORTEST_MEAN, float(first[:, 0].max())
            self._mean = first[first[:, 0] > self._loudest - SPEECH].mean(axis=0)
        made = np.empty_like(cepstra)
        for frame, row in zip(cepstra, made, strict=True):
            self._loudest = max(float(frame[0]), self._loudest - FALLS)
            if frame[0] > self._loudest - SPEECH:
                self._frames = min(self._frames + 1, LONGEST_MEAN)
                self._mean = self._mean + (frame - self._mean) / self._frames
            row[:] = frame - self._mean
        return made


class Clearing:
    """One livestream's: `begin` a piece, `push` its sound; what it knows of room and voice outlasts pieces."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._room, self._voice = Room(), Voice()
        self.begin()

    def begin(self) -> None:
        self._sound, self._before = np.zeros(0, np.float32), 0.0
        self._rows = np.zeros((0, 2 * BANDS), np.float32)  # the last few
        self._waiting = np.zeros((0, FILTERS), np.float32)  # filters that the memory has not seen enough behind
        self._state = np.zeros(self._net.memory, np.float32)
        self._early = AHEAD  # states of frames that tell of none

    def push(self, samples: Samples, *, last: bool) -> Cepstra:
        """Of all frames that are certain now; with the last sound of a piece, of all."""
        self._sound = np.concatenate([self._sound, samples])
        if last:
            self._sound = np.concatenate([self._sound, np.zeros(WINDOW - HOP, np.float32)])
        power = self._power()
        rows = self._room.against(bands(power))
        self._waiting = np.concatenate([self._waiting, filtered(power)])
        if last and len(self._waiting):
            rows = np.concatenate([rows, np.repeat((rows if len(rows) else self._rows)[-1:], AHEAD, axis=0)])
        states = self._states(rows)
        told, self._waiting = self._waiting[: len(states)], self._waiting[len(states) :]
        return self._voice.about(np.asarray((told + self._net.gains(states)) @ cosines(), np.float32))

    def _states(self, rows: Frames) -> Frames:
        if not len(rows):
            return np.zeros((0, self._net.memory), np.float32)
        before = self._rows if len(self._rows) else np.repeat(rows[:1], BEFORE, axis=0)
        rows = np.concatenate([before, rows])
        self._rows = rows[-BEFORE:]
        states = self._net.states(together(rows), self._state)
        self._state = states[-1]
        early = min(self._early, len(states))
        self._early -= early
        return states[early:]

    def _power(self) -> Frames:
        count = max((len(self._sound) - WINDOW) // HOP + 1, 0)
        if not count:
            return np.zeros((0, FFT // 2 + 1), np.float32)
        made = power(self._sound[: (count - 1) * HOP + WINDOW], self._before)
        self._before = float(self._sound[count * HOP - 1])
        self._sound = self._sound[count * HOP :]
        return made


def power(sound: Samples, before: float = 0.0) -> Frames:
    """(frames, bins). `before`: the sample that came before."""
    sharper = sound - EMPHASIS * np.concatenate([[np.float32(before)], sound[:-1]])
    frames = np.lib.stride_tricks.sliding_window_view(sharper, WINDOW)[::HOP] * _hamming()
    return np.abs(np.fft.rfft(frames, FFT, axis=1)).astype(np.float32) ** 2


def bands(power: Frames) -> Frames:
    """Logarithms of power as the network sees it."""
    return np.asarray(np.log(power @ _triangles() + np.float32(TINY)), np.float32)


def filtered(power: Frames) -> Frames:
    """The same as PocketSphinx measures it."""
    return np.asarray(np.log(power @ _filters() + np.float32(TINIEST)), np.float32)


def together(rows: Frames) -> Frames:
    """Each row but the first few behind those before it."""
    count = len(rows) - BEFORE
    return np.concatenate([rows[i : i + count] / np.float32(SPREAD) for i in range(BEFORE + 1)], axis=1)


@lru_cache(1)
def cosines() -> Frames:
    """(filters, cepstra): from logarithms to PocketSphinx's cepstra."""
    order, place = np.arange(CEPSTRA), np.arange(FILTERS)[:, None] + 0.5
    made = np.cos(np.pi * place * order / FILTERS) * np.sqrt(2 / FILTERS)
    made[:, 0] *= np.sqrt(0.5)
    return np.asarray(made * (1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)), np.float32)


@lru_cache(1)
def _hamming() -> Frames:
    return np.hamming(WINDOW).astype(np.float32)


@lru_cache(1)
def _triangles() -> Frames:
    """(bins, bands): as wide as ears are, each adding up to one."""
    made = _between(_hertz(np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2)))
    return np.asarray(made / made.sum(axis=0), np.float32)


@lru_cache(1)
def _filters() -> Frames:
    """(bins, filters): the edges on bins, the areas alike."""
    edges = _hertz(np.linspace(_mel(LOWEST_FILTER), _mel(HIGHEST_FILTER), FILTERS + 2))
    edges = np.floor(edges * FFT / RATE + 0.5) * RATE / FFT
    return np.asarray(_between(edges) * (2 * FULL_SCALE**2 / (edges[2:] - edges[:-2])), np.float32)


def _between(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    bins = np.fft.rfftfreq(FFT, 1 / RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(700 * (10 ** (mels / 2595) - 1))
