"""Whisper's weights: where they are, whether they can be used here, and the model made of them. Knows no sound."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import ctranslate2
import httpx
from faster_whisper import WhisperModel, available_models, download_model
from faster_whisper.utils import _MODELS
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

from engines.errors import SpeechError
from engines.packaged import folders

if TYPE_CHECKING:
    from collections.abc import Collection

DeviceName = Literal["auto", "cpu", "cuda"]

FILES = ("model.bin", "config.json", "tokenizer.json")  # without the last the library would ask the network
WANTED = (*FILES, "preprocessor_config.json")
CONVERT = (
    "ct2-transformers-converter --model CHECKPOINT --output_dir FOLDER "
    "--copy_files tokenizer.json preprocessor_config.json"
)
FASTEST: dict[str, tuple[str, ...]] = {"cuda": ("float16", "int8_float16"), "cpu": ("int8", "int8_float32")}
CUBLAS = ("libcublasLt.so.12", "libcublas.so.12")


class Device(NamedTuple):
    kind: Literal["cpu", "cuda"]
    compute_type: str  # as CTranslate2 names it
    threads: int

    @property
    def said(self) -> str:
        cores = f", {self.threads} threads" if self.kind == "cpu" else ""
        return f"{self.kind} ({self.compute_type}{cores})"


def pick_device(device: DeviceName, compute_type: str | None, threads: int) -> Device:
    """`compute_type` None: the fastest that this device has; `threads` 0: half of the cores, four at most."""
    kind: Literal["cpu", "cuda"] = "cuda" if device != "cpu" and ctranslate2.get_cuda_device_count() > 0 else "cpu"
    if device == "cuda" and kind == "cpu":
        raise SpeechError("device 'cuda': no NVIDIA GPU is seen here; set the device to 'cpu' or 'auto'")
    can = ctranslate2.get_supported_compute_types(kind)
    chosen = compute_type or next((fast for fast in FASTEST[kind] if fast in can), "default")
    if chosen not in {"default", "auto", *can}:
        raise SpeechError(f"compute type {chosen!r}: {kind} here has {', '.join(sorted(can))}; choose one of these")
    return Device(kind, chosen, threads or max(1, min(4, len(os.sched_getaffinity(0)) // 2)))


def locate(model: str, *, download: bool) -> Path:
    """The folder of a model given as a folder, as a size ("small") or as a hub id ("owner/name")."""
    if not model or "://" in model:  # which may hold a password: not repeated
        raise SpeechError("a speech model is named by its folder, its size ('small') or its hub id (owner/name)")
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder if folder.name else folder.resolve()
    if model.startswith(("/", ".", "~")):
        raise SpeechError(f"model {model!r}: there is no such folder; name one that holds {', '.join(FILES)}")
    if "/" not in model and model not in available_models():
        raise SpeechError(f"model {model!r}: neither a folder nor one of {', '.join(available_models())}")
    return _from_hub(model, download=download)


def _from_hub(model: str, *, download: bool) -> Path:
    try:
        if download:
            _fetch(_MODELS.get(model, model))
        return Path(download_model(model, local_files_only=True))
    except RepositoryNotFoundError as error:
        raise SpeechError(f"model {model!r}: the hub knows no such model, or keeps it from you") from error
    except HFValidationError as error:
        raise SpeechError(f"model {model!r}: neither a folder nor a hub id (owner/name)") from error
    except LocalEntryNotFoundError as error:
        cure = (
            "is the hub reached from here? Or name a folder"
            if download
            else "set download = true in a config's [speech], or name a folder"
        )
        raise SpeechError(f"model {model!r}: not on this machine; {cure}") from error
    except (HfHubHTTPError, httpx.HTTPError, OSError) as error:
        raise SpeechError(
            f"model {model!r}: it could not be fetched ({type(error).__name__}); is the hub reached from here?"
        ) from error


def _fetch(repository: str) -> None:
    """File after file in this thread: the library's own threads are waited for when a process ends, however long."""
    for name in HfApi().list_repo_files(repository):
        if name in WANTED or name.startswith("vocabulary."):
            hf_hub_download(repository, name)


def check(folder: Path) -> None:
    """Says what is wrong with a folder before a library says it in its own words, or asks the network."""
    try:
        here = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise SpeechError(f"model folder {folder.name!r} cannot be read ({error.strerror})") from error
    missing = [name for name in FILES if name not in here]
    if not here & {"vocabulary.json", "vocabulary.txt"}:
        missing.append("vocabulary.json")
    if not missing:
        return
    if _is_checkpoint(here):
        raise SpeechError(f"model folder {folder.name!r} holds an unconverted checkpoint; convert it: {CONVERT}")
    raise SpeechError(
        f"model folder {folder.name!r} lacks {', '.join(missing)}; convert a Whisper so that it has it: {CONVERT}"
    )


def load(folder: Path, device: Device) -> WhisperModel:
    check(folder)
    if device.kind == "cuda":
        _preload_cublas()
    try:
        model = WhisperModel(
            str(folder),
            device=device.kind,
            compute_type=device.compute_type,
            cpu_threads=device.threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, MemoryError) as error:
        raise told(error, f"model folder {folder.name!r} on {device.kind}") from error
    _check_bands(folder, model)
    return model


def _check_bands(folder: Path, model: WhisperModel) -> None:
    """Without preprocessor_config.json the library takes 80 bands; a large-v3 would hear nothing but noise."""
    bands, wanted = model.feature_extractor.mel_filters.shape[0], model.model.n_mels
    if bands != wanted:
        raise SpeechError(
            f"model folder {folder.name!r} takes {wanted} bands of sound, and preprocessor_config.json says {bands} "
            "(80 where it is missing); copy the file of the same checkpoint"
        )


def told(error: Exception, what: str) -> SpeechError:
    """A library's error in our words, with the cure where we know it."""
    text = str(error) or type(error).__name__
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "bad_alloc" in text:
        return SpeechError(
            f"{what}: out of memory; take a smaller model, compute type int8, or another device ({text})"
        )
    if "libcublas" in text:
        return SpeechError(f"{what}: {text}; pip install nvidia-cublas-cu12, or set the device to 'cpu'")
    return SpeechError(f"{what}: {text}")


def _is_checkpoint(names: Collection[str]) -> bool:
    return any(name.endswith((".safetensors", ".pt")) or name.startswith("pytorch_model") for name in names)


def _preload_cublas() -> None:
    """CTranslate2 looks for cuBLAS 12 by name, where the wheel that brings it does not put it."""
    for folder in folders("nvidia"):
        for name in CUBLAS:
            if (path := folder / "cublas" / "lib" / name).exists():
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
