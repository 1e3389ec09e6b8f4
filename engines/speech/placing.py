"""When the words of a piece were said: they are laid along its sounds. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from engines.speech.agreement import STOPS
from engines.speech.base import Word
from engines.speech.reading import plain
from engines.text.fitting import traced
from engines.text.mishearing import mishearing
from engines.text.phones import PHONES, heard_as
from engines.text.sounding import Sounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.speech.sounding import Sounded

ANY = len(PHONES)  # stands for whatever a number sounds like
ENGLISH = re.compile(r"[\x00-\u024f\u2000-\u20cf]+")  # out of noise the model makes words of any script
A_SIGN = 4  # sounds of each of its digits
LOST = np.float32(-1.0)  # bits of each of those that was not heard
BREATH_S = 0.2  # between the last word and the piece's end: less is no pause
HALF_S = 0.05  # of a sound: it begins and ends about so far from where it is heard


def placed(text: str, sounded: Sounded, seconds: float, confidence: float, begun_s: float = 0.0) -> tuple[Word, ...]:
    """The words of `text`, one after the other: every sound of the piece behind `begun_s` is some word's.

    A sentence does not end where the piece was cut while somebody spoke, whatever the model writes there.
    """
    raw = [word for word in text.split() if any(map(str.isalnum, word)) and ENGLISH.fullmatch(word)]
    if not raw:
        return ()
    sounded = sounded.after(begun_s)
    owners = _owners(raw, sounded.heard)
    words, until = [], begun_s
    for number, word in enumerate(raw):
        mine = np.flatnonzero(owners == number)
        start, end = until, until
        if len(mine):
            start = min(max(float(sounded.at[mine[0]]) - HALF_S, until), seconds)
            end = min(max(float(sounded.at[mine[-1]]) + HALF_S, start), seconds)
        until = max(end, start)
        words.append(Word(start, until, plain(word), confidence))
    if seconds - until < BREATH_S:
        words[-1] = words[-1]._replace(text=words[-1].text.rstrip(STOPS))
    return tuple(words)


def _owners(words: list[str], heard: Sounds) -> NDArray[np.intp]:
    """Of each sound, the number of the word that it belongs to."""
    ways = [_way(word) for word in words]
    whose = np.repeat(np.arange(len(words)), [len(way) for way in ways])
    anything = Sounds(np.concatenate([heard.against, np.zeros_like(heard.against[:1])]), heard.added)
    _, owners = traced(b"".join(ways), anything, np.append(mishearing().dropped, LOST))
    return np.asarray(whose[owners], np.intp)


def _way(word: str) -> bytes:
    return heard_as(word) or bytes([ANY] * A_SIGN * sum(sign.isalnum() for sign in word))
