"""Pieces of sound to words, many pieces at once, with a Whisper. Keeps nothing between calls; knows no livestream."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import ctranslate2
import numpy as np
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from engines.speech.base import RATE, Word
from engines.speech.reading import EDGES, Reading, plain
from engines.speech.weights import told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faster_whisper import WhisperModel

    from engines.speech.reading import Piece

Encoded = NDArray[np.float32]  # (pieces, frames, width); float16 on a GPU

LONGEST_S = 30.0  # what the model hears at once
BATCH = 16  # pieces that one pass takes: what they cost in memory has a bound
TOKENS = 224  # that CTranslate2 writes at most: half of the model's window
FEWEST, PER_S = 24, 10  # tokens of a piece, and for each second: fast talk, no more
RUN_ON = frozenset({"zh", "yue", "ja", "th", "lo", "my"})  # languages that faster-whisper parts into characters


class WhisperReader:
    """faster-whisper's model, asked for words alone: encodes and writes all at once, then finds the times."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._tokenizers: dict[str, Tokenizer] = {}

    def speaks(self, language: str) -> bool:
        if not self._model.model.is_multilingual:
            return language == "en"
        known = language in self._model.supported_languages
        return known and self._model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None

    def tokens(self, text: str) -> list[int]:
        return list(self._model.hf_tokenizer.encode(text, add_special_tokens=False).ids)

    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        try:
            return [
                reading for at in range(0, len(pieces), BATCH) for reading in self._batch(pieces[at : at + BATCH])
            ]
        except (RuntimeError, ValueError, MemoryError) as error:
            raise told(error, f"whisper, reading {len(pieces)} pieces on {self._model.model.device}") from error

    def _batch(self, pieces: Sequence[Piece]) -> list[Reading]:
        encoded = self._encode(pieces)
        languages = [self._language(piece, encoded[row : row + 1]) for row, piece in enumerate(pieces)]
        alike: dict[int, list[int]] = defaultdict(list)  # the model takes prompts of one length
        for row, piece in enumerate(pieces):
            alike[len(piece.prompt)].append(row)
        made: dict[int, Reading] = {}
        for rows in alike.values():
            some = self._written([pieces[row] for row in rows], [languages[row] for row in rows], encoded[rows])
            made |= dict(zip(rows, some, strict=True))
        return [made[row] for row in range(len(pieces))]

    def _encode(self, pieces: Sequence[Piece]) -> Encoded:
        hear = self._model.feature_extractor
        heard = np.stack([pad_or_trim(hear(piece.samples)[..., :-1]) for piece in pieces])
        return np.asarray(self._model.model.encode(ctranslate2.StorageView.from_array(heard), to_cpu=True))

    def _language(self, piece: Piece, encoded: Encoded) -> tuple[str, float]:
        if piece.language or not self._model.model.is_multilingual:
            return piece.language or "en", 1.0
        mark, sureness = self._model.model.detect_language(ctranslate2.StorageView.from_array(encoded))[0][0]
        return mark.strip("<|>"), float(sureness)

    def _written(
        self, pieces: Sequence[Piece], languages: Sequence[tuple[str, float]], encoded: Encoded
    ) -> list[Reading]:
        results = self._model.model.generate(
            ctranslate2.StorageView.from_array(np.ascontiguousarray(encoded)),
            [self._asked(piece, self._tokenizer(name)) for piece, (name, _) in zip(pieces, languages, strict=True)],
            beam_size=1,
            max_length=_most(pieces),
            return_scores=True,
            return_no_speech_prob=True,
        )
        made = []
        for row, (piece, (name, sureness), result) in enumerate(zip(pieces, languages, results, strict=True)):
            end = self._tokenizer(name).eot
            text = [token for token in result.sequences_ids[0][: _fresh(piece)] if token < end]
            words = self._placed(piece, name, text, encoded[row : row + 1])
            # The score is the mean over the tokens written; the end of the text is one more.
            mean = float(result.scores[0]) * len(text) / (len(text) + 1)
            made.append(Reading(words, name, sureness, mean, float(result.no_speech_prob)))
        return made

    def _placed(self, piece: Piece, language: str, text: list[int], encoded: Encoded) -> tuple[Word, ...]:
        """One piece at a time: in company, CTranslate2 lets the longest text move the words of the others."""
        frames = len(piece.samples) // self._model.feature_extractor.hop_length
        sound = ctranslate2.StorageView.from_array(encoded)
        (placed,) = self._model.find_alignment(self._tokenizer(language), [text], sound, [frames])
        return words_of(placed, len(piece.samples) / RATE, run_on=language in RUN_ON)

    def _asked(self, piece: Piece, tokenizer: Tokenizer) -> list[int]:
        before = [tokenizer.sot_prev, *piece.prompt] if piece.prompt else []
        return [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language=language
            )
        return self._tokenizers[language]


def _fresh(piece: Piece) -> int:
    """Tokens that a piece may take: a loop ends soon, and where it does depends on no other piece."""
    return min(TOKENS, FEWEST + int(PER_S * len(piece.samples) / RATE))


def _most(pieces: Sequence[Piece]) -> int:
    """CTranslate2 writes half of `max_length` at most, and counts the prompt towards it."""
    fresh = max(_fresh(piece) for piece in pieces)
    return min(2 * TOKENS, max(2 * fresh, fresh + len(pieces[0].prompt) + 5))


def words_of(placed: Sequence[Mapping[str, str | float]], length: float, *, run_on: bool) -> tuple[Word, ...]:
    """What CTranslate2 placed, as words: "26", ".", "95" are one, and so are " T", "-shirt".

    `run_on`: the language is written without spaces, and each part is a word.
    """
    made: list[Word] = []
    for part in placed:
        raw = str(part["word"])
        start, end = (min(max(float(part[edge]), 0.0), length) for edge in ("start", "end"))
        word = Word(start, max(start, end), raw.strip(), float(part["probability"]))
        bare = not raw.strip(EDGES)
        if made and (bare or not (run_on or raw.startswith(" "))):
            made[-1] = _joined(made[-1], word, bare=bare)
        elif not bare:
            made.append(word)
    bare_words = [word._replace(text=plain(word.text)) for word in made]
    return tuple(word for word in bare_words if word.text and "\ufffd" not in word.text)


def _joined(word: Word, part: Word, *, bare: bool) -> Word:
    """A mark takes no time of its own, and a doubt about it is no doubt about the word."""
    text = word.text + part.text
    if bare:
        return word._replace(text=text)
    return Word(word.start, max(word.end, part.end), text, min(word.confidence, part.confidence))
