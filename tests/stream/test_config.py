"""The annotated example is true, and every mistake in a config is one clear line that gives no secret away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from stream.config import (
    ENGLISH_SIZES,
    ComputeType,
    DecideConfig,
    HttpConfig,
    KafkaConfig,
    SourceConfig,
    SpeechConfig,
    StreamConfig,
    SummaryConfig,
    WindowConfig,
    WorkerConfig,
    load_config,
)
from stream.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).parents[2] / "deploy" / "config.example.toml"
SECTIONS: dict[str, type[BaseModel]] = {
    "kafka": KafkaConfig, "http": HttpConfig, "speech": SpeechConfig, "summary": SummaryConfig,
    "source": SourceConfig, "window": WindowConfig, "decide": DecideConfig,
}  # fmt: skip


def minimal(**changes: str) -> str:
    lines = {
        "gallery": 'gallery = "g"',
        "streams": '[[streams]]\nstream_id = "a"\nurl = "rtmp://host/live/secret-key"',
    } | changes
    return "\n".join(lines.values())


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_the_example_loads_and_its_paths_are_relative_to_it() -> None:
    config = load_config(EXAMPLE)
    assert config.gallery == EXAMPLE.parent / "gallery"
    assert config.streams[0].stream_id == "shop-42-live"


def test_the_example_states_the_defaults() -> None:
    config = load_config(EXAMPLE)
    stream = config.streams[0]
    assert (config.kafka, config.http, config.speech) == (KafkaConfig(), HttpConfig(), SpeechConfig())
    assert (stream.source, stream.window, stream.decide) == (SourceConfig(), WindowConfig(), DecideConfig())


def test_the_example_names_every_setting() -> None:
    text = EXAMPLE.read_text()
    models: list[type[BaseModel]] = [WorkerConfig, StreamConfig, *SECTIONS.values()]
    fields = {name for model in models for name in model.model_fields} - {"streams", *SECTIONS} | {"speech"}
    named = set(re.findall(r"^(?:# )?([a-z_]+) = ", text, re.MULTILINE))
    assert fields == named


def test_the_commented_settings_are_valid_too(write: Path) -> None:
    write.write_text(re.sub(r"^# (\[|[a-z_]+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert load_config(write).streams[0].products == ("sku-1", "sku-2")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gallery = ", "not valid TOML"),
        ("", "gallery: Field required"),
        (minimal(extra="[htpp]\nport = 1"), "htpp: there is no such setting"),
        (minimal(speech='[speech]\nlanguage = "english"'), "speech.language: .*write en, pt-BR.*english"),
        (minimal(speech='[speech]\nengine = "whisper"'), "speech: .*no model: name a folder"),
        (minimal(speech='[speech]\nengine = "sphinx"\nmodel = "small"'), "speech: .*'small' is whisper's.*drop one"),
        (
            minimal(speech='[speech]\nengine = "moonshine"\nlanguage = "de"'),
            "speech: .*'moonshine' hears English only, and language is 'de': drop one",
        ),
        (
            minimal(language='language = "zh-Hans"', speech='[speech]\nengine = "sphinx"'),
            "config: .*'sphinx' hears English only, and language of a is 'zh-Hans': drop one",
        ),
        (
            minimal(speech='[speech]\nmodel = "moonshine"'),
            "speech: .*'moonshine' is an engine: set engine = 'moonshine'",
        ),
        (minimal(speech=f'[speech]\nmodel = "{"m" * 300}"'), "speech.model: .*by its folder, its size"),
        (minimal(speech='[speech]\nmodel = ""'), "speech.model: .*by its folder, its size"),
        (minimal(speech='[speech]\nmodel = "https://u:secret-key@hub/m"'), r"speech.model: .*\(owner/name\)$"),
        (minimal(speech='[speech]\nmodel = "small"\ncompute_type = "int9"'), "speech.compute_type: .*'int8'.*int9"),
        (
            minimal(speech='[speech]\nmodel = "small.en"\nlanguage = "de"'),
            "speech: .*model 'small.en' hears English only, and language is 'de': drop one",
        ),
        (
            minimal(language='language = "fr"', speech='[speech]\nmodel = "tiny.en"'),
            "config: .*model 'tiny.en' hears English only, and language of a is 'fr': drop one",
        ),
        (minimal(http="[http]\nport = 99999"), "http.port: .*65535.*99999"),
        (minimal(http='[http]\nport = "many"'), "http.port: .*integer.*many"),
        (minimal(streams='[[streams]]\nstream_id = "a b"\nurl = "x"'), "stream_id: .*pattern.*a b"),
        (minimal(more='[[streams]]\nstream_id = "a"\nurl = "x"'), "stream_id a is given more than once"),
        (minimal(more="[streams.window]\nhop_s = 2.0"), "hop_s: .*less than or equal to 1"),
        (minimal(more="[streams.source]\nframes_per_second = 0"), "frames_per_second: .*greater than 0"),
        (minimal(more="[streams.window]\nlength_s = 0.1"), "length_s .* hop_s"),
        (minimal(kafka='[kafka]\nsasl_mechanism = "PLAIN"'), "sasl_username and sasl_password"),
        (minimal(kafka='[kafka]\nsecurity_protocol = "TELNET"'), "security_protocol: .*TELNET"),
    ],
)
def test_each_mistake_is_one_line_that_names_it(write: Path, text: str, says: str) -> None:
    write.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(write)
    message = str(caught.value)
    assert re.search(says, message)
    assert "\n" not in message
    assert "secret-key" not in message


def test_folders_are_looked_for_beside_the_config_and_a_model_s_name_stays_one(tmp_path: Path, write: Path) -> None:
    write.write_text(minimal(speech='[speech]\nmodel = "small"'))
    assert (load_config(write).gallery, load_config(write).speech.model) == (write.parent / "g", "small")
    (write.parent / "models" / "mine").mkdir(parents=True)
    write.write_text(minimal(speech='[speech]\nmodel = "models/mine"'))
    assert load_config(write).speech.model == str(write.parent / "models" / "mine")


def test_what_whisper_s_sizes_hear_and_compute_types_are_called_is_what_its_libraries_say() -> None:
    whisper = pytest.importorskip("faster_whisper", reason="no faster-whisper here (extra `speech`)")
    import ctranslate2

    assert {name for name in whisper.available_models() if name.endswith(".en")} == ENGLISH_SIZES
    assert ctranslate2.get_supported_compute_types("cpu") <= {*get_args(ComputeType)}


def test_a_missing_file_a_folder_and_bytes_are_told_apart(tmp_path: Path, write: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(tmp_path)
    write.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(write)


def test_a_secret_is_not_printed_by_any_repr(write: Path) -> None:
    write.write_text(minimal())
    config = load_config(write)
    assert "secret-key" not in repr(config)
