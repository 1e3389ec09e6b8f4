"""What listens is what was asked for or what is there, said in one line; never something else in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.errors import SpeechError, SpeechLost
from engines.speech import choose as choosing
from engines.speech import moonshine_model
from engines.speech.choose import SpeechSettings, choose, look_for

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from pathlib import Path

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def no_moonshine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moonshine_model, "PACKAGE", "no_such_package")


@pytest.fixture
def lean(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra."""

    def nothing(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(choosing, "find_spec", nothing)


def test_off_is_off() -> None:
    choice = choose(SpeechSettings(engine="off", model="small"))
    assert (choice.engine, choice.transcriber, choice.said) == ("off", None, "off, as configured")


def test_with_nothing_said_the_built_in_engine_listens_and_says_how_to_hear_more() -> None:
    choice = choose(SpeechSettings())
    assert choice.transcriber is not None
    assert choice.transcriber.info.name == choice.engine == "sphinx"
    assert "English key words only (moonshine's package is not installed: pip install" in choice.said
    assert "name a Whisper as speech model" in choice.said


@pytest.mark.usefixtures("lean")
def test_without_the_extra_the_line_says_what_to_install() -> None:
    assert "pip install 'nowshowing[speech]'" in choose(SpeechSettings()).said


@pytest.mark.usefixtures("lean")
def test_without_the_extra_no_model_can_be_looked_for() -> None:
    with pytest.raises(SpeechError, match=r"'small': faster-whisper is not installed; pip install"):
        look_for("small")


def test_an_engine_that_brings_its_model_is_looked_for_by_its_own_name() -> None:
    look_for("sphinx")
    with pytest.raises(SpeechError, match=r"'moonshine': its package is not installed"):
        look_for("moonshine")


def test_where_the_package_has_other_weights_the_built_in_engine_says_why_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "another_moonshine" / "assets").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(moonshine_model, "PACKAGE", "another_moonshine")
    choice = choose(SpeechSettings())
    assert choice.engine == "sphinx"
    assert "moonshine's package has no assets/tiny-en (another version of it): pip install" in choice.said
    with pytest.raises(SpeechError, match=r"'moonshine': its package has no assets/tiny-en .*or set .* 'sphinx'"):
        choose(SpeechSettings(engine="moonshine"))


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moonshine's package, one file of which is another than ours."""
    folder = tmp_path / "damaged_moonshine" / moonshine_model.FOLDER
    folder.mkdir(parents=True)
    (folder / moonshine_model.ENCODER).write_bytes(b"another model")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(moonshine_model, "PACKAGE", "damaged_moonshine")


@pytest.mark.usefixtures("damaged")
def test_where_weights_are_damaged_the_built_in_engine_says_why_it_listens_unless_they_were_asked_for() -> None:
    choice = choose(SpeechSettings())
    assert choice.engine == "sphinx"
    assert "moonshine's encoder_model.ort is not the one we know" in choice.said
    with pytest.raises(SpeechError, match="is not the one we know"):
        choose(SpeechSettings(engine="moonshine"))


@pytest.mark.usefixtures("damaged")
def test_an_ear_whose_process_was_lost_is_no_reason_for_another_ear(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(maker: str) -> None:
        raise SpeechLost(f"{maker}: its process was ended by signal 9 (Killed)")

    monkeypatch.setattr(choosing, "Apart", lost)
    with pytest.raises(SpeechLost, match="Killed"):
        choose(SpeechSettings(apart=True))


def test_a_language_that_nothing_here_hears_turns_listening_off_and_says_so() -> None:
    choice = choose(SpeechSettings(language="zh-Hans"))
    assert choice.transcriber is None
    assert choice.said.startswith("off: what needs no model hears English only, not 'zh-Hans'")


def test_english_of_any_country_is_english() -> None:
    assert choose(SpeechSettings(language="en-GB")).engine == "sphinx"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (SpeechSettings(engine="sphinx", language="zh"), r"'sphinx' hears English only, not 'zh'.*drop one of both"),
        (SpeechSettings(engine="sphinx", model="small"), r"'small' is whisper's.*drop one"),
        (SpeechSettings(engine="whisper"), r"'whisper' has no model.*'small'"),
    ],
)
def test_what_was_asked_for_and_cannot_be_is_an_error(settings: SpeechSettings, says: str) -> None:
    with pytest.raises(SpeechError, match=says):
        choose(settings)


@pytest.mark.usefixtures("lean")
@pytest.mark.parametrize("engine", ["auto", "whisper"])
def test_a_model_without_the_package_is_an_error_and_not_the_built_in_engine(engine: choosing.EngineName) -> None:
    with pytest.raises(SpeechError, match=r"faster-whisper is not installed; pip install"):
        choose(SpeechSettings(engine=engine, model="small"))
