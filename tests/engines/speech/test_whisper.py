"""A real Whisper graph with random weights, through the code that a trained one runs through."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import threading
import wave
from itertools import pairwise
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

pytest.importorskip("faster_whisper", reason="no faster-whisper here (extra `speech`)")

import ctranslate2

from engines.errors import SpeechError
from engines.speech import weights
from engines.speech.base import RATE, Samples, Together, Word
from engines.speech.choose import SpeechSettings, choose, look_for
from engines.speech.reader import WhisperReader, words_of
from engines.speech.reading import Piece, Reading
from engines.speech.rereading import Rereading
from engines.speech.vad import Silero, Turns
from engines.speech.weights import load, locate, pick_device, told
from engines.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.models

PHRASES = ["Kalane Green Tea Jasmine", "Brassa Tomato Soup Basil"]


@pytest.fixture(scope="module")
def whisper(tiny_whisper: Path) -> Whisper:
    return Whisper.open(str(tiny_whisper), device="cpu", threads=1)


@pytest.fixture(scope="module")
def reader(tiny_whisper: Path) -> WhisperReader:
    return WhisperReader(load(tiny_whisper, pick_device("cpu", None, 1)))


@pytest.fixture(scope="module")
def spoken() -> Samples:
    """Sixty seconds: sentences with pauses between, and silence at both ends."""
    if not shutil.which("flite"):
        pytest.skip("no synthesiser here (flite)")
    text = "Look at this, Green Tea from Kalane, in Jasmine. And the next one is a tomato soup."
    command = ["flite", "-voice", "slt", "-o", "/dev/stdout", "-t", text]
    made = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    with wave.open(io.BytesIO(made)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    turn = np.concatenate([np.zeros(RATE, np.float32), sound, np.zeros(RATE, np.float32)])
    return np.tile(turn, 60 * RATE // len(turn) + 1)[: 60 * RATE]


class Trusted:
    """The real reader; what random weights say is taken for sure and for many words, so that no gate refuses it."""

    def __init__(self, reader: WhisperReader) -> None:
        self._reader = reader

    def read(self, pieces: Sequence[Piece]) -> list[Reading]:
        return [self._sure(reading) for reading in self._reader.read(pieces)]

    def _sure(self, reading: Reading) -> Reading:
        words = tuple(word._replace(text=f"{word.text}{i}") for i, word in enumerate(reading.words))
        return reading._replace(words=words, log_probability=-0.1, no_speech=0.0)


def heard(session: Rereading, sound: Samples) -> list[Word]:
    step = RATE // 2
    words = [word for at in range(0, len(sound), step) for word in session.push(sound[at : at + step])]
    return words + session.end()


def test_a_minute_of_speech_gives_words_in_order_within_the_time_they_came_from(
    reader: WhisperReader, spoken: Samples
) -> None:
    words = heard(Rereading(Trusted(reader), Turns(Silero().voice()), (), "en"), spoken)
    assert len(words) > 10
    assert {type(value) for word in words for value in (word.start, word.end, word.confidence)} == {float}
    assert all(0 <= word.start <= word.end <= 60 for word in words)
    assert all(word.end <= later.start for word, later in pairwise(words))
    assert all(0.0 <= word.confidence <= 1.0 for word in words)


def test_nothing_that_random_weights_say_passes_the_gates(whisper: Whisper, spoken: Samples) -> None:
    session = whisper.session(PHRASES, "en")
    assert heard(session, spoken) == []
    assert sum(session.gated.values()) > 0


def test_a_piece_reads_the_same_alone_and_in_company(reader: WhisperReader, spoken: Samples) -> None:
    pieces = [
        Piece(spoken[: 4 * RATE], "en", (40, 41, 42)),
        Piece(spoken[: 9 * RATE], "zh"),
        Piece(spoken[5 * RATE : 9 * RATE], "en", (43, 44, 45)),
        Piece(spoken[: 2 * RATE], None),
    ]
    together = reader.read(pieces)
    alone = [reader.read([piece])[0] for piece in pieces]
    assert [[word.text for word in one.words] for one in together] == [
        [word.text for word in one.words] for one in alone
    ]
    assert [one.language for one in together][:3] == ["en", "zh", "en"]
    assert [word.start for one in together for word in one.words] == pytest.approx(
        [word.start for one in alone for word in one.words], abs=1e-6
    )


def part_of(at: int, text: str, sure: float) -> dict[str, str | float]:
    """As faster-whisper places it: a second each."""
    return {"word": text, "start": at, "end": at + 1, "probability": sure}


@pytest.mark.parametrize(
    ("parts", "run_on", "words"),
    [
        ([" only", " 26", ".", "95", "."], False, ["only", "26.95."]),
        ([" Mikko", " T", "-shirt", ","], False, ["mikko", "t-shirt"]),
        ([' "', "Soap", "?", '"'], False, ["soap?"]),
        ([" (", " ...", " tea"], False, ["tea"]),
        (["绿", "茶", "。", "现", "在"], True, ["绿", "茶。", "现", "在"]),
        ([" caf\ufffd", " ok"], False, ["ok"]),
    ],
)
def test_parts_that_belong_together_are_one_word(parts: list[str], run_on: bool, words: list[str]) -> None:
    made = words_of([part_of(i, part, 0.5) for i, part in enumerate(parts)], 4.5, run_on=run_on)
    assert [word.text for word in made] == words
    assert all(word.start <= word.end <= 4.5 for word in made)


def test_a_mark_is_no_doubt_about_its_word_and_a_part_is() -> None:
    parts = [(" 26", 0.9), (".", 0.1), ("95", 0.6), ("!", 0.1)]
    placed = [part_of(i, part, sure) for i, (part, sure) in enumerate(parts)]
    assert words_of(placed, 9.0, run_on=False) == (Word(0.0, 3.0, "26.95!", 0.6),)


def test_livestreams_pushed_together_hear_what_they_hear_alone(whisper: Whisper, spoken: Samples) -> None:
    sounds = [spoken[: 8 * RATE], spoken[3 * RATE : 11 * RATE]]
    together = [whisper.session(PHRASES, "en"), whisper.session([], "de")]
    alone = [whisper.session(PHRASES, "en"), whisper.session([], "de")]
    for at in range(0, 8 * RATE, RATE):
        pushed = [(session, sound[at : at + RATE]) for session, sound in zip(together, sounds, strict=True)]
        assert whisper.push_together(pushed) == [
            session.push(sound[at : at + RATE]) for session, sound in zip(alone, sounds, strict=True)
        ]
    assert [session.gated for session in together] == [session.gated for session in alone]


def test_it_is_one_that_reads_together(whisper: Whisper) -> None:
    assert isinstance(whisper, Together)
    assert whisper.at_once == 4  # a processor


def test_silence_and_noise_are_not_read(whisper: Whisper) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 20 * RATE).astype(np.float32)
    session = whisper.session(PHRASES)
    assert heard(session, np.concatenate([np.zeros(20 * RATE, np.float32), noise])) == []
    assert session.gated == {}


def test_the_choice_says_model_device_and_language(tiny_whisper: Path) -> None:
    choice = choose(SpeechSettings(model=str(tiny_whisper), language="zh-Hans", device="cpu", threads=1))
    assert choice.transcriber is not None
    info = choice.transcriber.info
    assert (choice.engine, info.name, info.language, info.mode) == ("whisper", "whisper", "zh", "free")
    assert choice.said == f"whisper {tiny_whisper.name} on cpu (int8_float32, 1 threads), language zh"


def test_a_language_the_model_lacks_is_an_error_for_the_engine_and_for_a_livestream(
    tiny_whisper: Path, whisper: Whisper
) -> None:
    with pytest.raises(SpeechError, match=r"language 'tlh'.*leave it unset"):
        Whisper.open(str(tiny_whisper), "tlh", device="cpu", threads=1)
    with pytest.raises(SpeechError, match=r"language 'fr-CA'.*another model"):
        whisper.session(PHRASES, "fr-CA")


@pytest.fixture
def folder(tiny_whisper: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_whisper, tmp_path / "model")


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_folder_that_lacks_a_file_says_which_and_how_it_is_made(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SpeechError, match=rf"'model' lacks {name};.*ct2-transformers-converter"):
        Whisper.open(str(folder), device="cpu")


def test_an_unconverted_checkpoint_is_told_from_a_wrong_folder(folder: Path) -> None:
    (folder / "model.bin").rename(folder / "model.safetensors")
    with pytest.raises(SpeechError, match=r"unconverted checkpoint; convert it: ct2-transformers-converter"):
        Whisper.open(str(folder), device="cpu")


def test_a_model_can_be_looked_for_without_loading_it(folder: Path) -> None:
    look_for(str(folder))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(SpeechError, match=r"'model' lacks tokenizer\.json"):
        look_for(str(folder))
    with pytest.raises(SpeechError, match="neither a folder nor one of tiny"):
        look_for("smal")


def test_damaged_weights_name_the_folder(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"no weights at all")
    with pytest.raises(SpeechError, match=r"model folder 'model' on cpu: "):
        Whisper.open(str(folder), device="cpu")


def test_small_models_come_without_their_preprocessor(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()
    assert Whisper.open(str(folder), device="cpu", threads=1).info.model == "model"


def test_bands_of_another_checkpoint_are_refused(folder: Path) -> None:
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"feature_size": 128}))
    with pytest.raises(SpeechError, match=r"takes 80 bands of sound, and preprocessor_config.json says 128"):
        Whisper.open(str(folder), device="cpu")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("/no/such/folder", r"'/no/such/folder': there is no such folder"),
        ("smal", r"'smal': neither a folder nor one of tiny"),
        ("nobody/nothing-here", r"'nobody/nothing-here': not on this machine; set download = true"),
        ("a/b/c", r"'a/b/c': neither a folder nor a hub id"),
    ],
)
def test_a_model_that_is_not_here_says_where_it_was_looked_for(model: str, says: str) -> None:
    with pytest.raises(SpeechError, match=says):
        locate(model, download=False)


@pytest.mark.parametrize("model", ["", "https://user:password@host/model"])
def test_what_names_no_model_is_refused_and_a_url_is_not_repeated(model: str) -> None:
    with pytest.raises(SpeechError, match="its folder, its size") as caught:
        locate(model, download=False)
    assert "password" not in str(caught.value)


def test_the_working_directory_is_a_folder_with_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert locate(".", download=False).name == "model"


def test_a_folder_that_cannot_be_read_is_an_error_of_speech(folder: Path) -> None:
    with pytest.raises(SpeechError, match=r"'config.json' cannot be read \(Not a directory\)"):
        weights.check(folder / "config.json")


def test_a_hub_out_of_reach_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreached:
        def list_repo_files(self, repository: str) -> list[str]:
            raise httpx.ConnectError("no route to host")

    monkeypatch.setattr(weights, "HfApi", Unreached)
    with pytest.raises(SpeechError, match=r"'small': it could not be fetched \(ConnectError\)"):
        locate("small", download=True)


def test_weights_are_fetched_in_the_thread_that_asks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a worker that is told to end while they come does not wait for them."""
    fetched: list[tuple[str, str, int]] = []

    class Hub:
        def list_repo_files(self, repository: str) -> list[str]:
            return ["README.md", "model.bin", "vocabulary.txt", "config.json", "tokenizer.json", "weights.old"]

    monkeypatch.setattr(weights, "HfApi", Hub)
    monkeypatch.setattr(
        weights, "hf_hub_download", lambda repo, name: fetched.append((repo, name, threading.get_ident()))
    )
    monkeypatch.setattr(weights, "download_model", lambda model, *, local_files_only: str(folder))
    assert locate("small", download=True) == folder
    files = ("model.bin", "vocabulary.txt", "config.json", "tokenizer.json")
    assert fetched == [("Systran/faster-whisper-small", name, threading.get_ident()) for name in files]


def test_memory_that_runs_out_names_the_cure() -> None:
    gone = told(RuntimeError("CUDA failed with error out of memory"), "whisper, reading 3 pieces on cuda")
    assert "reading 3 pieces on cuda: out of memory; take a smaller model" in str(gone)
    assert "out of memory" in str(told(MemoryError(), "model folder 'large' on cpu"))


def test_a_library_that_is_missing_on_a_gpu_names_its_package() -> None:
    error = told(RuntimeError("Library libcublas.so.12 is not found or cannot be loaded"), "whisper on cuda")
    assert "pip install nvidia-cublas-cu12" in str(error)


def test_a_device_or_type_that_is_not_here_is_refused() -> None:
    if ctranslate2.get_cuda_device_count() == 0:
        with pytest.raises(SpeechError, match=r"device 'cuda': no NVIDIA GPU"):
            pick_device("cuda", None, 0)
    with pytest.raises(SpeechError, match=r"compute type 'int3': cpu here has .*int8"):
        pick_device("cpu", "int3", 0)
    assert pick_device("cpu", None, 0).threads >= 1
