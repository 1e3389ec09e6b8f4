"""The real Moonshine on speech made here: it writes down what is said, as it comes, or says plainly why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.errors import SpeechError
from engines.speech import moonshine_model
from engines.speech.apart import Apart
from engines.speech.base import RATE, Samples, Word
from engines.speech.choose import SpeechSettings, choose
from engines.speech.moonshine import Moonshine
from engines.speech.moonshine_model import locate, missing, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.media

TEXT = "Free shipping today, only while we are live. Let me check what you are writing in the chat."


@pytest.fixture(scope="module")
def ear() -> Moonshine:
    if why := missing():
        pytest.skip(f"no Moonshine here (extra `moonshine`): its package {why}")
    return Moonshine()


@pytest.fixture(scope="module")
def spoken(say: Callable[[str], Samples]) -> Samples:
    return say(TEXT)


def heard(ear: Moonshine, sound: Samples, step: int) -> list[tuple[float, Word]]:
    """With when each word was known."""
    session, words = ear.session([], "en-US"), list[tuple[float, Word]]()
    for at in range(0, len(sound), step):
        part = sound[at : at + step]
        words += [((at + len(part)) / RATE, word) for word in session.push(part)]
    return words + [(len(sound) / RATE, word) for word in session.end()]


def test_what_is_said_is_written_down(ear: Moonshine, spoken: Samples) -> None:
    words = [word for _, word in heard(ear, spoken, RATE // 10)]
    wanted = [word.strip(".,").casefold() for word in TEXT.split()]
    got = [word.text.strip(".,") for word in words]
    missed = [word for word in wanted if word not in got]
    assert len(missed) <= 2, got  # of eighteen
    assert all(before.end <= after.start + 1e-6 for before, after in pairwise(words))
    assert all(0.9 <= word.start <= word.end <= len(spoken) / RATE for word in words)


def test_made_up_names_are_heard_as_they_are_said_by_livestreams_side_by_side(
    ear: Moonshine, say: Callable[[str], Samples]
) -> None:
    """One model and one network hear them all, each in a thread of its own."""
    names = ("wenfen green tea", "wenfen", "camra almond shampoo", "camra")
    said = {name: say(f"Next up is the {name}, and I really love it.") for name in (names[0], names[2])}

    def told(name: str) -> list[str]:
        session = ear.session(names, "en")
        parts = [said[name][at : at + RATE // 2] for at in range(0, len(said[name]), RATE // 2)]
        return [word.text for part in parts for word in session.push(part)] + [word.text for word in session.end()]

    alone = {name: told(name) for name in said}
    assert all(name in " ".join(words) for name, words in alone.items()), alone
    with ThreadPoolExecutor(4) as livestreams:
        both = [*said, *said]
        assert list(livestreams.map(told, both)) == [alone[name] for name in both]


def test_a_word_is_known_before_its_sentence_has_ended(ear: Moonshine, spoken: Samples) -> None:
    words = heard(ear, spoken, RATE // 10)
    assert words[0][0] < words[0][1].end + 2.5 < len(spoken) / RATE - 2


def test_silence_says_nothing_and_noise_is_no_speech(ear: Moonshine) -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 10 * RATE).astype(np.float32)
    assert heard(ear, np.zeros(5 * RATE, np.float32), RATE) == []
    assert heard(ear, noise, RATE) == []


def test_another_language_is_refused_by_name(ear: Moonshine) -> None:
    with pytest.raises(SpeechError, match=r"language 'zh-Hans': moonshine hears English only; name a Whisper"):
        ear.session([], "zh-Hans")


def test_it_listens_where_it_is_asked_for(ear: Moonshine) -> None:
    choice = choose(SpeechSettings(engine="moonshine", language="en-GB"))
    assert choice.engine == "moonshine"
    assert choice.transcriber is not None
    assert choice.transcriber.info == ear.info


def test_where_its_package_is_it_listens_unasked_and_says_how_to_have_another(ear: Moonshine) -> None:
    choice = choose(SpeechSettings(language="en"))
    assert choice.transcriber is not None
    assert choice.transcriber.info == ear.info
    assert choice.said.startswith(
        "moonshine tiny-en, whatever is said in English (its package is here; engine 'sphinx'"
    )
    assert choose(SpeechSettings(engine="sphinx", language="en")).engine == "sphinx"
    assert choose(SpeechSettings(language="de")).engine == "off"


def test_in_a_process_of_its_own_it_hears_the_same(ear: Moonshine, spoken: Samples) -> None:
    choice = choose(SpeechSettings(engine="moonshine", apart=True))
    assert isinstance(choice.transcriber, Apart)
    try:
        far = choice.transcriber.session((), "en")
        assert far.push(spoken) + far.end() == [word for _, word in heard(ear, spoken, len(spoken))]
        assert choice.transcriber.info == ear.info
    finally:
        choice.transcriber.close()


def test_it_is_asked_for_english_alone() -> None:
    with pytest.raises(SpeechError, match=r"'moonshine' hears English only, not 'zh'; drop one of both, or"):
        choose(SpeechSettings(engine="moonshine", language="zh"))


def test_where_its_package_is_missing_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moonshine_model, "PACKAGE", "no_such_package")
    assert missing() == "is not installed"
    with pytest.raises(SpeechError, match=r"not installed; pip install 'nowshowing\[moonshine\]', or set.*'sphinx'"):
        choose(SpeechSettings(engine="moonshine"))


def test_weights_that_are_not_the_ones_we_know_are_not_run(ear: Moonshine, tmp_path: Path) -> None:
    assert ear.info.mode == "sounds"
    for file in locate().iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "encoder_model.ort").write_bytes(b"another")
    with pytest.raises(SpeechError, match=r"encoder_model.ort is not the one we know .*pip install"):
        Moonshine(tmp_path)
    (tmp_path / "encoder_model.ort").unlink()
    with pytest.raises(SpeechError, match=r"encoder_model.ort cannot be read \(No such file"):
        Moonshine(tmp_path)


def test_tokens_of_one_and_of_two_bytes_length() -> None:
    long = b"x" * 300
    assert tokens_of(b"\x02ab\x00" + bytes([128 + 300 % 128, 300 // 128]) + long) == [b"ab", b"", long]
