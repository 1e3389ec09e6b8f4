"""Everything that can be set, with its unit, its default and its limits. Read once, at the edge; frozen after."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from engines.speech.base import is_english
from engines.speech.choose import NEED_NO_MODEL
from stream.errors import UsageError

LONGEST_NAME = 255  # bytes that a file's name may have
SHOWN = 80  # characters of a wrong value that a message repeats


def _is_language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError("this is no language tag: write en, pt-BR, zh-Hans")
    return text


def _is_model(text: str) -> str:
    if not text or "://" in text or any(len(part) > LONGEST_NAME for part in text.split("/")):
        raise ValueError("a speech model is named by its folder, its size ('small') or its hub id (owner/name)")
    return text


Language = Annotated[str, AfterValidator(_is_language)]
SpeechModel = Annotated[str, AfterValidator(_is_model)]
Positive = Annotated[float, Field(gt=0)]

# Whisper's sizes that hear nothing else.
ENGLISH_SIZES = frozenset({"tiny.en", "base.en", "small.en", "medium.en", "distil-small.en", "distil-medium.en"})
ComputeType = Literal[
    "default",
    "auto",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class SourceConfig(Model):
    """How a livestream is opened, read, retried and given up."""

    open_timeout_s: Positive = 10.0
    read_timeout_s: Positive = 10.0
    stall_after_s: Positive = 6.0
    retry_first_s: Positive = 0.5
    retry_max_s: Positive = 30.0
    max_attempts: int | None = Field(default=None, ge=1)
    frames_per_second: Positive = 2.0
    longer_side: int = Field(default=1280, ge=64, le=4096)
    live: bool | None = None
    pace: Literal["realtime", "fast"] = "realtime"
    allow_private_hosts: bool = False
    allow_files: bool = False
    max_width: int = Field(default=4096, ge=64, le=16384)
    decode: Literal["processor", "gpu"] = "processor"


class WindowConfig(Model):
    length_s: Positive = 3.0
    hop_s: Annotated[float, Field(gt=0, le=1.0)] = 0.5

    @model_validator(mode="after")
    def _hops_cover_time(self) -> WindowConfig:
        if self.length_s < self.hop_s:
            raise ValueError(f"length_s {self.length_s} is below hop_s {self.hop_s}: windows would not cover time")
        return self


class DecideConfig(Model):
    """The sequential test. `show_at`: a probability of one's own, instead of what the budget of false shows asks."""

    false_shows_per_hour: Positive = 1.0
    show_at: Annotated[float | None, Field(gt=0.5, lt=1)] = None
    hide_at: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    hold_s: Annotated[float, Field(ge=0)] = 1.5
    update_every_s: Positive = 5.0
    max_shown: int = Field(default=3, ge=1)
    undecided_after_s: Annotated[float, Field(ge=0)] = 2.0  # of look-alikes: the host may yet say which
    announce_unseen: bool = False  # tell what was surely named though it is not seen


class StreamConfig(Model):
    """One livestream: what to watch, and which products it may show."""

    stream_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
    url: SecretStr
    shop_id: str | None = None
    products: tuple[str, ...] | None = None
    source: SourceConfig = SourceConfig()
    window: WindowConfig = WindowConfig()
    decide: DecideConfig = DecideConfig()
    speech: bool = True
    language: Language | None = None


class SummaryConfig(Model):
    """Any service that speaks OpenAI's chat completions, asked what was meant by what was heard."""

    url: SecretStr
    model: str
    token: SecretStr | None = None
    deadline_s: Positive = 8.0
    at_once: int = Field(default=4, ge=1, le=256)


class SpeechConfig(Model):
    """What listens to the hosts, for all livestreams of a worker. `text`: where product names are looked for."""

    engine: Literal["auto", "whisper", "moonshine", "sphinx", "off"] = "auto"
    model: SpeechModel | None = None
    language: Language | None = None
    download: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: ComputeType | None = None
    threads: int = Field(default=0, ge=0, le=256)
    text: Literal["raw", "extract"] = "raw"
    summary: SummaryConfig | None = None

    @model_validator(mode="after")
    def _engine_and_model_agree(self) -> SpeechConfig:
        if self.engine == "whisper" and self.model is None:
            raise ValueError("engine 'whisper' has no model: name a folder, a size such as 'small', or a hub id")
        if self.model in NEED_NO_MODEL:  # as `--speech-model moonshine` has it
            raise ValueError(
                f"model {self.model!r} is an engine: set engine = {self.model!r} and no model; "
                f"a Whisper in a folder of that name is './{self.model}'"
            )
        if self.english_only and not _english(self.language):
            raise ValueError(
                f"{self.english_only} hears English only, and language is {self.language!r}: "
                "drop one of both, or name a Whisper that hears it as model"
            )
        if self.engine in NEED_NO_MODEL and self.model is not None:
            raise ValueError(
                f"model {self.model!r} is whisper's, and the engine is {self.engine!r}: drop one of both"
            )
        return self

    @property
    def english_only(self) -> str:
        """What of these settings asks for an ear that hears nothing else; empty where none does."""
        if self.engine in NEED_NO_MODEL:
            return f"engine {self.engine!r}"
        return f"model {self.model!r}" if self.engine != "off" and self.model in ENGLISH_SIZES else ""


class KafkaConfig(Model):
    bootstrap_servers: str = "127.0.0.1:9092"
    client_id: str = "nowshowing"
    topic_prefix: str = "nowshowing"
    send_deadline_s: Positive = 10.0
    linger_ms: int = Field(default=0, ge=0, le=1000)
    create_topics: bool = True
    partitions: int = Field(default=8, ge=1, le=10_000)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> KafkaConfig:
        if self.sasl_mechanism and not (self.sasl_username and self.sasl_password):
            raise ValueError("sasl_mechanism needs sasl_username and sasl_password")
        return self


class HttpConfig(Model):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    read_token: SecretStr | None = None
    control_token: SecretStr | None = None
    open_on_loopback: bool = False
    allow_private_hosts: bool = False


class WorkerConfig(Model):
    """`nowshowing run --config FILE`: the whole of one worker process."""

    gallery: Path
    bundle: str = "classic"
    gallery_check_s: Positive = 5.0
    sinks: tuple[str, ...] = ("jsonl:-",)
    kafka: KafkaConfig = KafkaConfig()
    http: HttpConfig | None = None
    speech: SpeechConfig = SpeechConfig()
    streams: tuple[StreamConfig, ...] = ()
    max_batch: int = Field(default=8, ge=1, le=256)
    engine: Literal["auto", "tensorrt", "torch-cuda", "onnx-cpu"] = "auto"
    engine_precision: Literal["fp16", "bf16", "fp32", "int8", "fp8"] = "fp16"
    engine_threads: int = Field(default=1, ge=1, le=256)
    drain_deadline_s: Positive = 10.0

    @model_validator(mode="after")
    def _ids_are_unique(self) -> WorkerConfig:
        ids = [stream.stream_id for stream in self.streams]
        doubles = sorted({i for i in ids if ids.count(i) > 1})
        if doubles:
            raise ValueError(f"stream_id {', '.join(doubles)} is given more than once")
        return self

    @model_validator(mode="after")
    def _who_listens_knows_the_languages(self) -> WorkerConfig:
        only = self.speech.english_only
        for stream in self.streams:
            if only and stream.speech and not _english(stream.language):
                raise ValueError(
                    f"speech {only} hears English only, and language of {stream.stream_id} is {stream.language!r}: "
                    "drop one of both, set speech = false there, or name a Whisper that hears it as model"
                )
        return self


def _english(language: str | None) -> bool:
    return language is None or is_english(language)


def load_config(path: Path) -> WorkerConfig:
    """Reads a TOML file; `gallery`, and a speech model that is a folder, are looked for beside it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"config {path}: no such file") from error
    except OSError as error:
        raise UsageError(f"config {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"config {path}: cannot be read: it is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"config {path}: not valid TOML: {error}") from error
    try:
        config = WorkerConfig.model_validate(raw)
    except ValidationError as error:
        raise UsageError(f"config {path}: {describe(error)}") from error
    return _from(path.parent, config)


def _from(folder: Path, config: WorkerConfig) -> WorkerConfig:
    """A speech model may be a name, too: only one that is a folder there is meant as such."""
    speech = config.speech
    if speech.model and (folder / speech.model).is_dir():
        speech = speech.model_copy(update={"model": str(folder / speech.model)})
    return config.model_copy(update={"gallery": folder / config.gallery, "speech": speech})


def describe(error: ValidationError) -> str:
    """Every mistake in one line: where, what is wrong, which value (never a secret's)."""
    parts = []
    for item in error.errors(include_url=False, include_context=False):
        where = ".".join(str(step) for step in item["loc"]) or "config"
        # A misspelt setting may be that of a password, so its value is not repeated.
        unknown = item["type"] == "extra_forbidden"
        what = "there is no such setting" if unknown else item["msg"].removeprefix("Value error, ")
        parts.append(f"{where}: {what}{'' if unknown else _got(where, item['input'])}")
    return "; ".join(parts)


def _got(where: str, value: object) -> str:
    shown = repr(value)
    secret = any(word in where for word in ("url", "password", "token")) or "://" in shown
    if secret or isinstance(value, dict):
        return ""
    return f" (got {shown if len(shown) <= SHOWN else shown[:SHOWN] + '…'})"
