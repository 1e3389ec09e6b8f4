"""PocketSphinx: hears the words of the products it is told about, with nothing to download. English sounds only.

A small language model is made of everyday talk and of the phrases (`grammar`); of what is heard only the phrases'
words travel. Words that are in neither are heard as the nearest that is.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pocketsphinx

from engines.errors import SpeechError
from engines.speech.agreement import Agreement
from engines.speech.base import RATE, Samples, TranscriberInfo, Word, is_english
from engines.speech.belief import Names, is_drawn_out
from engines.speech.clearing import Clearing, network
from engines.speech.gates import Echoes, Gate
from engines.speech.grammar import everyday, language_model
from engines.speech.letters import pronunciations
from engines.speech.rolling import BLOCK
from engines.speech.sieve import Sieve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engines.speech.clearing import Cepstra
    from engines.speech.rolling import Cut

FRAME_S = 0.01
READ_EVERY = 5  # blocks between two readings of an open piece: a word is committed after its second
SETTLED_S = 0.3  # a word this close to the end of what was heard may still grow
WAITS_S = 1.1  # a word that needs a posterior gets one after so long, whether its piece has ended or not
AGREED = 0.8  # confidence of a word committed before its piece has ended: no posterior exists yet
LANGUAGE_WEIGHT = 9.0  # against the sound: for the same names a sixth less work than by PocketSphinx's own 6.5
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_VARIANT = re.compile(r"\(\d+\)$")


class SphinxSession:
    """One livestream's ear. PocketSphinx keeps state where it keeps its model, so each has its own (about 6 MB)."""

    def __init__(self, phrases: Sequence[str]) -> None:
        names, talk = [words_of(phrase) for phrase in phrases], everyday().singles
        self._names = Names(names, talk)
        own = [name for name in names if not talk.keys() >= {*name}]  # a turn of phrase is as likely as talk has it
        self._decoder = _decoder(sorted(self._names.wanted), own)
        self._clearing = Clearing(network())
        self._sieve, self._agreement, self._echoes = Sieve(), Agreement(), Echoes()
        self._start, self._heard, self._unread = 0.0, 0.0, 0
        self._cepstra: list[Cepstra] = []  # of the piece, from `_start` on
        self._gated: Counter[str] = Counter()

    @property
    def gated(self) -> Mapping[str, int]:
        return dict(self._gated + self._sieve.refused)

    def push(self, samples: Samples) -> list[Word]:
        return self._take(self._sieve.push(samples))

    def end(self) -> list[Word]:
        return self._take(self._sieve.end())

    def _take(self, cuts: Iterable[Cut]) -> list[Word]:
        words = [word for cut in cuts for word in self._cut(cut) if word.text in self._names.wanted]
        kept, echoed = self._echoes.push(words)
        self._gated[Gate.ECHO] += echoed
        return kept

    def _cut(self, cut: Cut) -> list[Word]:
        if cut.first:
            self._begin(cut.at / RATE)
            self._clearing.begin()
        self._heard = (cut.at + len(cut.samples)) / RATE
        self._unread += len(cut.samples) // BLOCK  # a piece begins with all that was held back: read at once
        cepstra = self._clearing.push(cut.samples, last=cut.last)
        self._read(cepstra)
        if cut.last:
            return self._ended(inf)
        return self._so_far() if self._unread >= READ_EVERY else []

    def _begin(self, start: float) -> None:
        self._start, self._unread, self._cepstra = start, 0, []
        self._decoder.start_utt()

    def _read(self, cepstra: Cepstra) -> None:
        if len(cepstra):
            self._cepstra.append(cepstra)
            self._decoder.process_cep(cepstra.tobytes())

    def _so_far(self) -> list[Word]:
        self._unread = 0
        reading = [word._replace(confidence=AGREED) for word in self._reading()]
        settled = [word for word in reading if word.end <= self._heard - SETTLED_S]
        agreed = self._agreement.push(self._names.until_alone(settled))
        waits = self._names.behind_alone(settled)
        if waits is None or waits[0] > self._heard - WAITS_S:
            return agreed
        return agreed + self._parted(waits[1])

    def _parted(self, at: float) -> list[Word]:
        """Ends the piece where a word begins, and reads what is behind it as a piece of its own."""
        frames = round((at - self._start) / FRAME_S)
        rest = np.concatenate(self._cepstra)[frames:]
        words = self._ended(at)
        self._begin(self._start + frames * FRAME_S)
        self._read(rest)
        return words

    def _ended(self, until: float) -> list[Word]:
        """`until`: what is read behind it is not believed yet."""
        before = self._reading()
        self._decoder.end_utt()  # which reads all of it again, in another way
        reading = [word for word in self._reading() if (word.start + word.end) / 2 < until]
        believed = self._names.believed(reading, before)
        wanted = sum(word.text in self._names.wanted for word in reading)
        self._gated[Gate.LOW_LOG_PROBABILITY] += wanted - len(believed)
        return self._agreement.settle(believed)

    def _reading(self) -> list[Word]:
        if self._decoder.hyp() is None:  # nothing yet, or too little
            return []
        parts = [part for part in self._decoder.seg() if part.word[0] not in "<[+"]
        return [word for word in map(self._word, parts) if not is_drawn_out(word)]

    def _word(self, part: pocketsphinx.Segment) -> Word:
        start, end = self._start + part.start_frame * FRAME_S, self._start + (part.end_frame + 1) * FRAME_S
        return Word(start, end, _VARIANT.sub("", part.word), min(float(part.prob), 1.0))


class Sphinx:
    """The transcriber that is always there."""

    @property
    def info(self) -> TranscriberInfo:
        return TranscriberInfo("sphinx", "en-us", "en", "phrases")

    def session(self, phrases: Sequence[str], language: str | None = None) -> SphinxSession:
        if language and not is_english(language):
            raise SpeechError(
                f"language {language!r}: the built-in engine hears English only; name a Whisper as speech model"
            )
        return SphinxSession(phrases)


def warmed() -> Sphinx:
    """The same, with what all its sessions share already made: half a second of work."""
    everyday()
    return Sphinx()


def words_of(phrase: str) -> list[str]:
    """What is said of a phrase, in small letters; digits are not."""
    return [word for word in _WORD.findall(phrase.casefold()) if pronunciations(word)]


def _decoder(wanted: Sequence[str], names: Sequence[Sequence[str]]) -> pocketsphinx.Decoder:
    talk = everyday()
    words = dict.fromkeys((*talk.singles, *wanted))
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "words.dict"
        said.write_text("".join(_dictionary(words.keys())), encoding="utf-8")
        decoder = pocketsphinx.Decoder(
            hmm=str(_acoustic_model(Path(folder))), lm=None, dict=str(said), loglevel="FATAL", lw=LANGUAGE_WEIGHT
        )
        for word in words:
            if decoder.lookup_word(word) is None:
                _teach(decoder, word)
        path = Path(folder) / "words.lm"
        path.write_text(language_model(wanted, names, talk), encoding="utf-8")
        decoder.add_lm_file("words", str(path))
    decoder.activate_search("words")
    return decoder


def _acoustic_model(folder: Path) -> Path:
    """The model's own, but for one line: what comes in is about its mean already, and PocketSphinx's own is slow.

    Only a file in the model's folder can say so: what a decoder is told otherwise gives way to it.
    """
    made = folder / "hmm"
    made.mkdir()
    for path in Path(pocketsphinx.get_model_path("en-us/en-us")).iterdir():
        (made / path.name).symlink_to(path)
    told = (made / "feat.params").read_text(encoding="utf-8")
    (made / "feat.params").unlink()
    (made / "feat.params").write_text(told.replace("-cmn batch", "-cmn none"), encoding="utf-8")
    return made


def _dictionary(words: Collection[str]) -> list[str]:
    """The model's own lines on these words. With all its 130,000 words a decoder takes a second to make."""
    with Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).open(encoding="utf-8") as lines:
        return [line for line in lines if line.partition(" ")[0].partition("(")[0] in words]


def _teach(decoder: pocketsphinx.Decoder, word: str) -> None:
    for i, way in enumerate(pronunciations(word)):
        decoder.add_word(word if i == 0 else f"{word}({i + 1})", way, update=False)
