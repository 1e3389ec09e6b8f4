"""Moonshine's weights, which come inside a Python package, and the words that they write. Knows no livestream.

A small model that was trained on people who speak English. Its two networks run in ONNX Runtime: the first hears a
piece of sound as it is, of any length, the second writes token after token and remembers what it has written.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from engines.errors import SpeechError
from engines.packaged import folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engines.speech.base import Samples

PACKAGE = "moonshine_voice"
FOLDER = "assets/tiny-en"
ENCODER, DECODER, TOKENS = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"
SHA256 = {
    ENCODER: "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    DECODER: "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
    TOKENS: "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
}
INSTALL = "pip install 'nowshowing[moonshine]'"
HEADS, WIDTH = 8, 36  # of the second network's memory
BEGIN, END = 1, 2
SPACE = "\u2581"

Heard = NDArray[np.float32]  # (1, steps, 288)


class Written(NamedTuple):
    text: str
    log_probability: float  # mean of the tokens, the end among them


class MoonshineModel:
    """Both networks, shared by all livestreams; one piece at a time."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        for name in SHA256:
            _check(folder / name)
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4
        providers = ["CPUExecutionProvider"]
        self._encoder = ort.InferenceSession(str(folder / ENCODER), options, providers=providers)
        self._decoder = ort.InferenceSession(str(folder / DECODER), options, providers=providers)
        self._tokens = tokens_of((folder / TOKENS).read_bytes())
        self._remembers = [one.name for one in self._decoder.get_outputs()[1:]]
        empty = np.zeros((1, HEADS, 0, WIDTH), np.float32)
        self._blank = {_past(name): empty for name in self._remembers}

    def heard(self, samples: Samples) -> Heard:
        return np.asarray(
            self._encoder.run(None, {"input_values": samples[None], "attention_mask": _ones(len(samples))})[0]
        )

    def written(self, heard: Heard, most: int) -> Written:
        """What is said in a piece, in `most` tokens or fewer."""
        tokens, scores = self._write(heard, most)
        text = b"".join(self._tokens[token] for token in tokens).decode("utf-8", "replace")
        return Written(text.replace(SPACE, " ").strip(), float(np.mean(scores)))

    def _write(self, heard: Heard, most: int) -> tuple[list[int], list[float]]:
        fixed = {"encoder_hidden_states": heard, "encoder_attention_mask": _ones(heard.shape[1])}
        memory: dict[str, NDArray[np.generic]] = dict(self._blank)
        tokens, scores = [BEGIN], list[float]()
        while len(tokens) <= most:
            begun = len(tokens) > 1
            given = {"input_ids": np.array([tokens[-1:]], np.int64), "use_cache_branch": np.array([begun])}
            out = self._decoder.run(None, {**fixed, **given, **memory})
            chances = np.asarray(out[0])[0, -1]
            best = int(chances.argmax())
            scores.append(-float(np.log(np.exp(chances - chances[best]).sum())))
            if best == END:
                break
            tokens.append(best)
            # What was heard is remembered with the first token; later it comes back empty.
            memory |= {
                _past(name): value
                for name, value in zip(self._remembers, out[1:], strict=True)
                if not begun or ".decoder." in name
            }
        return tokens[1:], scores


def locate() -> Path:
    """The folder that the package brings; raises SpeechError where it is not installed."""
    if why := missing():
        raise SpeechError(f"speech engine 'moonshine': its package {why}; {INSTALL}, or set speech engine 'sphinx'")
    return next(_places())


def missing() -> str:
    """Why the weights are not here; empty: they are, and are checked when they are opened."""
    if next(_places(), None):
        return ""
    return f"has no {FOLDER} (another version of it)" if folders(PACKAGE) else "is not installed"


def _places() -> Iterator[Path]:
    return (place for folder in folders(PACKAGE) if (place := folder / FOLDER).is_dir())


def tokens_of(data: bytes) -> Sequence[bytes]:
    """A length, of two bytes where the first has its high bit, and so many bytes; one token after the other."""
    tokens, at = [], 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = data[at] * 128 + length - 128, at + 1
        tokens.append(data[at : at + length])
        at += length
    return tokens


def _check(path: Path) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SpeechError(f"moonshine's {path.name} cannot be read ({error.strerror}); {INSTALL} anew") from error
    if found != SHA256[path.name]:
        raise SpeechError(f"moonshine's {path.name} is not the one we know ({found[:12]}...); {INSTALL} anew")


def _past(name: str) -> str:
    return name.replace("present", "past_key_values")


def _ones(length: int) -> NDArray[np.int64]:
    return np.ones((1, length), np.int64)
