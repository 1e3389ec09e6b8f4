"""A voice; and a Whisper small enough for a test: random weights, made, converted and loaded as a real one is."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import subprocess
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.speech.base import RATE, Samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LANGUAGES = ("en", "zh", "de")
MARKS = (
    *("<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in LANGUAGES), "<|translate|>"),
    *("<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
)


@pytest.fixture(scope="session")
def say() -> Callable[[str], Samples]:
    """A synthetic voice, with a second of silence before and after."""
    return _said


@pytest.fixture(scope="session")
def tiny_whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `ct2-transformers-converter` makes it."""
    pytest.importorskip("ctranslate2", reason="no faster-whisper here (extra `speech`)")
    pytest.importorskip("torch", reason="no torch here (extra `models`)")
    source, made = tmp_path_factory.mktemp("checkpoint"), tmp_path_factory.mktemp("tiny-whisper")
    vocabulary = _tokenizer(source)
    _weights(source, vocabulary)
    from ctranslate2.converters import TransformersConverter

    converter = TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"])
    converter.convert(str(made), quantization="int8", force=True)
    return made


def _said(text: str) -> Samples:
    if not shutil.which("flite"):
        pytest.skip("no synthesiser here (flite)")
    command = ["flite", "-voice", "slt", "-o", "/dev/stdout", "-t", text]
    made = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    with wave.open(io.BytesIO(made)) as file:
        assert file.getframerate() == RATE
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    return np.concatenate([np.zeros(RATE, np.float32), sound, np.zeros(RATE, np.float32)])


def _tokenizer(folder: Path) -> int:
    """Bytes, made-up words, then Whisper's own marks in Whisper's own order; says how many there are."""
    import tokenizers

    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    words = [f"\u0120{''.join(parts)}" for parts in itertools.product("bdgklmnt", "aeiou", "bdgklmnt", "aeiou")]
    # CTranslate2 knows a multilingual model by its having an empty token.
    bpe = tokenizers.models.BPE(vocab={token: i for i, token in enumerate([*letters, *words, ""])}, merges=[])
    made = tokenizers.Tokenizer(bpe)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    made.add_special_tokens([tokenizers.AddedToken(mark, special=True) for mark in MARKS])
    made.save(str(folder / "tokenizer.json"))
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "bos_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind), encoding="utf-8")
    return int(made.get_vocab_size())


def _weights(folder: Path, vocabulary: int) -> None:
    import tokenizers
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    number = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).token_to_id
    end = number("<|endoftext|>")
    torch.manual_seed(3)
    config = WhisperConfig(
        vocab_size=vocabulary + 1501, num_mel_bins=80, d_model=64, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=128, decoder_ffn_dim=128,
        pad_token_id=end, bos_token_id=end, eos_token_id=end, decoder_start_token_id=number("<|startoftranscript|>"),
        begin_suppress_tokens=None, init_std=0.2,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        suppress_tokens=[number("<|startoftranscript|>")], begin_suppress_tokens=[end],
        lang_to_id={f"<|{name}|>": number(f"<|{name}|>") for name in LANGUAGES},
        pad_token_id=end, bos_token_id=end, eos_token_id=end, decoder_start_token_id=number("<|startoftranscript|>"),
        alignment_heads=[[1, 0], [1, 1]],
    )  # fmt: skip
    model.save_pretrained(folder)
    sound = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80, "hop_length": 160, "n_fft": 400}
    rest = {"sampling_rate": 16000, "chunk_length": 30, "nb_max_frames": 3000, "n_samples": 480000}
    (folder / "preprocessor_config.json").write_text(json.dumps(sound | rest), encoding="utf-8")
