"""When the words of a piece were said, where the model that read them does not tell: shared out by letters. Pure."""

from __future__ import annotations

import numpy as np

from engines.speech.base import RATE, Samples, Word
from engines.speech.reading import plain

STEP = RATE // 100
LOUD = 0.15  # of the piece's loud parts: what is softer is a pause, in which nothing is said
FAINTEST = 1e-4
PAUSED = 0.02  # weight of a pause against speech, so that time never stands still


def spread(text: str, samples: Samples, confidence: float) -> tuple[Word, ...]:
    """The words of `text` over the loud parts of the piece, each as long as it has letters."""
    raw = text.split()
    steps = len(samples) // STEP
    if not raw or not steps:
        return ()
    edges = np.interp(_shares(raw), _said(samples, steps), np.arange(steps + 1) * STEP / RATE)
    words = [
        Word(float(start), float(end), plain(word), confidence)
        for word, start, end in zip(raw, edges[:-1], edges[1:], strict=True)
    ]
    return tuple(word for word in words if any(letter.isalnum() for letter in word.text))


def _shares(words: list[str]) -> list[float]:
    letters = np.cumsum([0, *(len(word) + 1 for word in words)])
    return [float(edge) for edge in letters / letters[-1]]


def _said(samples: Samples, steps: int) -> list[float]:
    """How much of all that was said had been said at each step's border, 0..1."""
    levels = np.sqrt(np.mean(np.square(samples[: steps * STEP].reshape(steps, STEP)), axis=1))
    loud = levels > max(LOUD * float(np.quantile(levels, 0.95)), FAINTEST)
    so_far = np.concatenate([[0.0], np.cumsum(np.where(loud, 1.0, PAUSED))])
    return [float(one) for one in so_far / so_far[-1]]
