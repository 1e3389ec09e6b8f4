"""Named gates: why a piece of sound, or what was read from it, is not what somebody said. Pure; no recogniser.

The gates of sound look at about two seconds of it before anything is read; those of text judge what was read.
Each gives the name of the gate that refused, or nothing: whoever asks counts.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from engines.speech.inventions import CREDITS, INVENTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.speech.base import Word

LEAST_LOG_PROBABILITY = -1.0  # mean of a segment's tokens; what Whisper's own authors distrust below
MOST_NO_SPEECH = 0.6
UNSURE_LOG_PROBABILITY = -0.5  # speech that is read with more than this is speech, whatever `no_speech` says
MOST_COMPRESSION = 2.4  # plain talk packs to about half, a loop to next to nothing
SHORTEST_PACKED = 60  # bytes: of less, the packer's own header is the most
LOOPS = 4  # a run of words this often in a row is a recogniser that got stuck
LONGEST_LOOP = 12  # words, or characters where words are not spaced
LOOP_WORDS = 5  # "no, no, no, no" is talk
ECHO_WORDS = 4  # fewer words than this people do say twice
ECHO_S = (0.15, 4.0)  # an echo comes so much later: sooner it is one sound, later a repetition
RUN_ON = ("CJK", "HIRAGANA", "KATAKANA")  # scripts that put no space between words
COUNTER = re.compile(r"\d+/\d+")  # of pictures or subtitles


class Gate(StrEnum):
    SILENCE = "silence"
    TONE = "tone"
    NOISE = "noise"
    MUSIC = "music"
    SINGING = "singing"
    NO_SPEECH = "no_speech"
    LOW_LOG_PROBABILITY = "low_log_probability"
    COMPRESSION = "compression"
    LOOP = "loop"
    ECHO = "echo"
    KNOWN_INVENTION = "known_invention"


def text_gate(
    text: str,
    language: str = "",
    *,
    log_probability: float = 0.0,
    no_speech: float = 0.0,
    least: float = LEAST_LOG_PROBABILITY,
) -> Gate | None:
    """What is wrong with one segment as it was read. `log_probability`: the mean of its tokens' natural logarithms.

    Without a language the inventions of all languages are known.
    """
    if no_speech > MOST_NO_SPEECH and log_probability < UNSURE_LOG_PROBABILITY:
        return Gate.NO_SPEECH
    if log_probability < least:
        return Gate.LOW_LOG_PROBABILITY
    if is_invention(text, language):
        return Gate.KNOWN_INVENTION
    if is_loop(text):
        return Gate.LOOP
    return Gate.COMPRESSION if compression(text) > MOST_COMPRESSION else None


def compression(text: str) -> float:
    """How many times shorter it packs; 1 where it is too short to tell."""
    raw = text.strip().encode()
    return len(raw) / len(zlib.compress(raw)) if len(raw) >= SHORTEST_PACKED else 1.0


def is_invention(text: str, language: str = "") -> bool:
    """Whether nothing is left once all that is known to be invented is taken away."""
    low = text.casefold()
    if any(credit in low for credit in CREDITS) or COUNTER.fullmatch(low.strip(" .")):
        return True
    whole = left = f" {' '.join(_tokens(text))} "
    for phrase in _inventions(language.partition("-")[0].lower()):
        while phrase in left:
            left = left.replace(phrase, " ")
    return left != whole and all(token.isdecimal() for token in left.split())  # credits carry a year


def is_loop(text: str) -> bool:
    """Whether some run of words comes again and again without anything between."""
    tokens = _tokens(text)
    longest = min(LONGEST_LOOP, len(tokens) // LOOPS)
    return any(_loops(tokens, length) for length in range(1, longest + 1))


class Echoes:
    """Drops what comes again a moment later, word for word: the host's own loudspeaker, or two feeds mixed.

    An echo's first words pass: only with the fourth it is known for one.
    """

    def __init__(self) -> None:
        self._heard: list[Word] = []

    def push(self, words: Sequence[Word]) -> tuple[list[Word], int]:
        """The words that are no echo, and how many were. A run that goes on through several calls is still one."""
        first = len(self._heard)
        self._heard += words
        kept = [word for i, word in enumerate(words, first) if not self._is_echo(i)]
        newest = self._heard[-1].end if self._heard else 0.0
        self._heard = [word for word in self._heard if word.end >= newest - 3 * ECHO_S[1]]
        return kept, len(words) - len(kept)

    def _is_echo(self, at: int) -> bool:
        """Whether it ends a run that stood before, each word by the same delay."""
        word = self._heard[at]
        for earlier in range(at):
            delay = word.start - self._heard[earlier].start
            if self._heard[earlier].text == word.text and ECHO_S[0] <= delay <= ECHO_S[1]:
                run = self._run(earlier, at, delay)
                if run >= ECHO_WORDS:
                    return True
        return False

    def _run(self, earlier: int, at: int, delay: float) -> int:
        """How many words back from there are alike, as much apart."""
        run = 0
        while earlier - run >= 0 and self._heard[earlier - run].text == self._heard[at - run].text:
            if abs(self._heard[at - run].start - self._heard[earlier - run].start - delay) > ECHO_S[0]:
                break
            run += 1
        return run


def _loops(tokens: Sequence[str], length: int) -> bool:
    alike = 0  # tokens in a row that are what stood `length` before
    for before, now in zip(tokens, tokens[length:], strict=False):
        alike = alike + 1 if before == now else 0
        if alike >= max(length * (LOOPS - 1), LOOP_WORDS):
            return True
    return False


@lru_cache(32)
def _inventions(language: str) -> tuple[str, ...]:
    """As they stand among spaced tokens, the longest first; of all languages where the language is not known."""
    chosen = INVENTIONS.get(language) if language and language != "auto" else None
    phrases = chosen if chosen is not None else tuple(p for some in INVENTIONS.values() for p in some)
    return tuple(sorted((f" {' '.join(_tokens(phrase))} " for phrase in phrases), key=lambda one: (-len(one), one)))


def _tokens(text: str) -> list[str]:
    """Words without punctuation; single characters where words are not spaced."""
    spaced = "".join(_spaced(letter) for letter in unicodedata.normalize("NFKC", text.casefold()))
    return spaced.split()


def _spaced(letter: str) -> str:
    if letter.isascii():
        return letter if letter.isalnum() or letter == "'" else " "
    if not letter.isalnum():
        return letter if unicodedata.category(letter).startswith("M") else " "
    return f" {letter} " if unicodedata.name(letter, "").startswith(RUN_ON) else letter
