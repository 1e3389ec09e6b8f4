"""What a second or two of sound is like, in seven figures that tell talk from what is not. Pure; knows no recogniser.

Talk changes its timbre with every syllable and glides in pitch. Music holds its partials, or changes all at once;
noise and crowds have no pitch of their own; a tone is all in one place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.speech.base import RATE, Samples
from engines.speech.gates import Gate

WINDOW_S = 1.5  # of sound that is judged at once: a few syllables
FRAME, HOP = 512, 160
BAND = slice(6, 110)  # bins: 190 Hz to 3.4 kHz
FINE = 70  # bins in which partials stand apart
SMOOTH = 7  # bins that a formant is wide
STEP, STEPS = 8, 16  # frames: 80 and 160 ms, half a syllable and a whole one
LAGS = slice(45, 240)  # samples: pitches of 67 to 355 Hz
RUMBLE = 10  # bins of 7.8 Hz: below any voice, wind and hands on the table
LOUD = 0.3  # of the mean power: only there a pitch is looked for
TINY = 1e-9
FAINT = 0.002  # of full scale

SHORT, SHORT_HOP = 128, 64  # samples: so short that a trill stands still
SHORT_BAND = slice(1, 28)  # bins of 125 Hz

# What is all in one place stays so when what is higher counts for more, by 6 dB an octave. A voice does not: without
# this a high voice at a microphone that booms has next to all of its power in one partial.
SHARPER, SHORT_SHARPER = (np.arange(band.start, band.stop, dtype=np.float64) ** 2 for band in (BAND, SHORT_BAND))

TONE = 0.92  # nearly always nearly all in four bins
ONE_PLACE, ONE_PLACE_MOSTLY = 0.8, 0.94  # a tone that glides: at each moment in one place
PITCHLESS, UNSTEADY = 0.66, 1.2  # no pitch, and little change
HELD, HELD_LONG, HELD_BOTH = 0.72, 0.58, 1.15  # partials that stay as they are
STRUCK, STRUCK_HELD = 3.0, 0.5  # everything changes at once, and stays then
ONE_VOICE = 0.93  # a single pitch explains nearly all

Spectra = NDArray[np.float64]  # (frames, bins), power


class Timbre(NamedTuple):
    level: float  # root mean square
    pure: float  # power in the four strongest bins, in nine frames of ten, by `SHARPER`
    placed: float  # power in three neighbouring bins of 8 ms, in nine frames of ten, by `SHORT_SHARPER`
    placed_mostly: float  # in every other frame
    change: float  # of the envelope within 60 ms, nepers
    held: float  # how alike the fine structure is to that of 80 ms before, -1..1
    held_long: float  # to that of 160 ms before
    pitched: float  # how periodic the louder half is, 0..1


def sound_gate(samples: Samples) -> Gate | None:
    """Why this stretch of about `WINDOW_S` is no talk; nothing where it may be."""
    if len(samples) < RATE // 2:
        return None  # too short to tell
    return judged(timbre(samples))


def judged(sound: Timbre) -> Gate | None:
    if sound.level < FAINT:
        return Gate.SILENCE
    if sound.pure > TONE:
        return Gate.TONE
    if _is_held(sound) or (sound.change > STRUCK and sound.held > STRUCK_HELD):
        return Gate.SINGING if sound.pitched > ONE_VOICE and sound.change < STRUCK else Gate.MUSIC
    if sound.pitched < PITCHLESS and sound.change < UNSTEADY:
        return Gate.NOISE
    return Gate.TONE if sound.placed > ONE_PLACE and sound.placed_mostly > ONE_PLACE_MOSTLY else None


def _is_held(sound: Timbre) -> bool:
    return sound.held > HELD or sound.held_long > HELD_LONG or sound.held + sound.held_long > HELD_BOTH


def timbre(samples: Samples) -> Timbre:
    spectra = _spectra(samples)
    power = spectra[:, BAND].sum(axis=1)
    loudness = np.sqrt(power)
    sharper = spectra[:, BAND] * SHARPER
    pure = np.sort(sharper, axis=1)[:, -4:].sum(axis=1) / sharper.sum(axis=1)
    fine = _fine(spectra)
    placed, placed_mostly = _placed(samples)
    return Timbre(
        level=float(np.sqrt(np.mean(samples * samples))),
        pure=float(np.quantile(pure[power >= LOUD * power.mean()], 0.1)),
        placed=placed,
        placed_mostly=placed_mostly,
        change=_change(spectra, loudness),
        held=_alike(fine, loudness, STEP),
        held_long=_alike(fine, loudness, STEPS),
        pitched=_pitched(samples),
    )


def _spectra(samples: Samples) -> Spectra:
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=1)) ** 2 + TINY)


def _placed(samples: Samples) -> tuple[float, float]:
    frames = np.lib.stride_tricks.sliding_window_view(samples, SHORT)[::SHORT_HOP]
    bins = (np.abs(np.fft.rfft(frames * np.hanning(SHORT), axis=1)) ** 2 + TINY)[:, SHORT_BAND]
    power, sharper = bins.sum(axis=1), bins * SHORT_SHARPER
    share = (sharper[:, :-2] + sharper[:, 1:-1] + sharper[:, 2:]).max(axis=1) / sharper.sum(axis=1)
    least, middle = np.quantile(share[power >= LOUD * power.mean()], (0.1, 0.5))
    return float(least), float(middle)


def _fine(spectra: Spectra) -> Spectra:
    """Partials without formants: what stands out from its neighbours."""
    logs = np.log(spectra[:, BAND])
    sums = np.cumsum(np.pad(logs, ((0, 0), (SMOOTH // 2 + 1, SMOOTH // 2)), mode="edge"), axis=1)
    return np.asarray((logs - (sums[:, SMOOTH:] - sums[:, :-SMOOTH]) / SMOOTH)[:, :FINE])


def _alike(fine: Spectra, loudness: NDArray[np.float64], apart: int) -> float:
    now, then = fine[apart:], fine[:-apart]
    alike = (now * then).sum(axis=1) / np.sqrt((now**2).sum(axis=1) * (then**2).sum(axis=1) + TINY)
    return float(np.average(alike, weights=np.sqrt(loudness[apart:] * loudness[:-apart])))


def _change(spectra: Spectra, loudness: NDArray[np.float64]) -> float:
    bands = np.log(spectra[:, 2:130].reshape(len(spectra), 16, 8).sum(axis=2))
    bands -= bands.mean(axis=1, keepdims=True)  # louder and softer is no other timbre
    moved = np.sqrt(((bands[6:] - bands[:-6]) ** 2).mean(axis=1))
    return float(np.average(moved, weights=loudness[6:]))


def _pitched(samples: Samples) -> float:
    """The median over loud frames of the best autocorrelation, by a window that is long enough for two periods."""
    window = np.hanning(2 * LAGS.stop + FRAME // 4)
    frames = np.lib.stride_tricks.sliding_window_view(samples, len(window))[:: 2 * HOP]
    power = (frames**2).sum(axis=1)
    loud = frames[power >= LOUD * power.mean()] * window
    spectra = np.abs(np.fft.rfft(loud - loud.mean(axis=1, keepdims=True), 2048, axis=1)) ** 2
    spectra[:, :RUMBLE] = 0
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 2048)) ** 2)[LAGS]
    correlation = np.fft.irfft(spectra, axis=1)
    best = (correlation[:, LAGS] / own).max(axis=1) / (correlation[:, 0] + TINY) * float(np.sum(window**2))
    return float(np.median(best))
