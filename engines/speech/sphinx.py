"""PocketSphinx: hears the words of the products it is told about, with nothing to download. English sounds only.

A small language model is made of the phrases' words and of words that hosts say; of what is heard only the phrases'
words travel. Words that are in neither are heard as the nearest that is, and music is not told from speech.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pocketsphinx

from engines.errors import SpeechError
from engines.speech.agreement import Agreement
from engines.speech.base import RATE, Samples, TranscriberInfo, Word
from engines.speech.letters import pronunciations
from engines.speech.rolling import Cut, Rolling

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

FRAME_S = 0.01
READ_EVERY = 5  # blocks between two readings of an open piece: a word is committed after its second
SETTLED_S = 0.3  # a word this close to the end of what was heard may still grow
AGREED = 0.6  # confidence of a word committed before its piece has ended: no posterior exists yet
LEAST = 0.2  # posterior below which a word of a finished piece is not believed
PHRASED, TALK = 1.0, 1.0  # how likely a product's word and a host's are to each other
_HOST = """
a about all always an and are at be because beautiful better but buy can chat check color come coming could day
do down everybody everyone few first for free friends from get give go going good got great have he hearts hello
her here his home how i if in into is it just know last later let like little live look looks love make me
minute month more my name new next nice no not now of off old on one only open or order other our out over
patient people please price products put really right say second see she shipping show side so some something
still take talk talking thank thanks that the them then there these they thing this time to today two up us use
very want was we welcome well what when while who will with writing year yes you your
"""
HOST = _HOST.split()
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_VARIANT = re.compile(r"\(\d+\)$")


class SphinxSession:
    """One livestream's ear. PocketSphinx keeps state where it keeps its model, so each has its own (about 6 MB)."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._wanted = frozenset(word for phrase in phrases for word in words_of(phrase))
        self._decoder = _decoder(sorted(self._wanted))
        self._rolling, self._agreement = Rolling(), Agreement()
        self._start, self._heard, self._unread = 0.0, 0.0, 0
        self._gated: Counter[str] = Counter()

    @property
    def gated(self) -> Mapping[str, int]:
        return dict(self._gated)

    def push(self, samples: Samples) -> list[Word]:
        return self._take(self._rolling.push(samples))

    def end(self) -> list[Word]:
        return self._take(self._rolling.end())

    def _take(self, cuts: Iterable[Cut]) -> list[Word]:
        return [word for cut in cuts for word in self._cut(cut) if word.text in self._wanted]

    def _cut(self, cut: Cut) -> list[Word]:
        if cut.first:
            self._start, self._unread = cut.at / RATE, 0
            self._decoder.start_utt()
        self._heard = (cut.at + len(cut.samples)) / RATE
        self._unread += 1
        if len(cut.samples):
            self._decoder.process_raw(_bytes(cut.samples))
        if cut.last:
            return self._last()
        return self._so_far() if self._unread % READ_EVERY == 0 else []

    def _so_far(self) -> list[Word]:
        reading = [word._replace(confidence=AGREED) for word in self._reading()]
        return self._agreement.push([word for word in reading if word.end <= self._heard - SETTLED_S])

    def _last(self) -> list[Word]:
        self._decoder.end_utt()
        left = self._agreement.settle(self._reading())
        sure = [word for word in left if word.confidence >= LEAST]
        self._gated["low_log_probability"] += len(left) - len(sure)
        return sure

    def _reading(self) -> list[Word]:
        if self._decoder.hyp() is None:  # nothing yet, or too little
            return []
        return [
            Word(
                self._start + part.start_frame * FRAME_S,
                self._start + (part.end_frame + 1) * FRAME_S,
                _VARIANT.sub("", part.word),
                min(float(part.prob), 1.0),
            )
            for part in self._decoder.seg()
            if part.word[0] not in "<[+"
        ]


class Sphinx:
    """The transcriber that is always there."""

    @property
    def info(self) -> TranscriberInfo:
        return TranscriberInfo("sphinx", "en-us", "en", "phrases")

    def session(self, phrases: Sequence[str], language: str | None = None) -> SphinxSession:
        if language and language.split("-")[0].lower() != "en":
            raise SpeechError(
                f"language {language!r}: the built-in engine hears English only; install nowshowing[speech]"
            )
        return SphinxSession(phrases)


def words_of(phrase: str) -> list[str]:
    """What is said of a phrase, in small letters; digits are not."""
    return [word for word in _WORD.findall(phrase.casefold()) if pronunciations(word)]


def _bytes(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def _decoder(wanted: Sequence[str]) -> pocketsphinx.Decoder:
    chances = dict.fromkeys(HOST, TALK) | dict.fromkeys(wanted, PHRASED)
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "words.dict"
        said.write_text("".join(_dictionary(chances.keys())), encoding="utf-8")
        decoder = pocketsphinx.Decoder(lm=None, dict=str(said), samprate=RATE, loglevel="FATAL")
        for word in wanted:
            if decoder.lookup_word(word) is None:
                _teach(decoder, word)
        path = Path(folder) / "words.lm"
        path.write_text(_language_model(chances), encoding="utf-8")
        decoder.add_lm_file("words", str(path))
    decoder.activate_search("words")
    return decoder


def _dictionary(words: Collection[str]) -> list[str]:
    """The model's own lines on these words. With all its 130,000 words a decoder takes a second to make."""
    with Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).open(encoding="utf-8") as lines:
        return [line for line in lines if line.partition(" ")[0].partition("(")[0] in words]


def _teach(decoder: pocketsphinx.Decoder, word: str) -> None:
    for i, way in enumerate(pronunciations(word)):
        decoder.add_word(word if i == 0 else f"{word}({i + 1})", way, update=False)


def _language_model(chances: Mapping[str, float]) -> str:
    """ARPA, of single words: who introduces a product says its parts in any order."""
    whole = sum(chances.values()) + 1
    lines = [f"{math.log10(chance / whole):.4f} {word}" for word, chance in sorted(chances.items())]
    head = f"\\data\\\nngram 1={len(lines) + 2}\n\n\\1-grams:\n{math.log10(1 / whole):.4f} </s>\n-99 <s>\n"
    return head + "\n".join(lines) + "\n\n\\end\\\n"
