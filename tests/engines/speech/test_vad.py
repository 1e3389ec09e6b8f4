"""Silero's memory goes on between calls, and speech is cut where it pauses, at the right samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import SpeechError
from engines.speech.base import RATE, Samples
from engines.speech.vad import LEAD, PAUSE, WINDOW, Likelihoods, Silero, Turns, Windows

if TYPE_CHECKING:
    from engines.speech.rolling import Cut

pytestmark = pytest.mark.unit


class Loud:
    """A judge for tests: a window is speech where its first sample is not zero."""

    def __init__(self) -> None:
        self.resets = 0

    def push(self, windows: Windows) -> Likelihoods:
        return np.asarray(windows[:, 0] != 0, np.float32)

    def reset(self) -> None:
        self.resets += 1


def drawn(timeline: str) -> Samples:
    """`#` is a window of speech, `.` one of silence; every sample of speech says where it stands."""
    loud = np.repeat([mark == "#" for mark in timeline], WINDOW)
    return np.where(loud, np.arange(1, len(loud) + 1), 0).astype(np.float32)


def pieces(cuts: list[Cut]) -> list[tuple[int, int]]:
    """First and last sample of each piece."""
    starts = [cut.at for cut in cuts if cut.first]
    ends = [cut.at + len(cut.samples) for cut in cuts if cut.last]
    return list(zip(starts, ends, strict=True))


def test_a_piece_begins_before_its_speech_and_ends_with_its_pause() -> None:
    sound = drawn("." * 20 + "#" * 5 + "." * 3 + "#" * 5 + "." * 30)
    assert pieces(Turns(Loud()).push(sound)) == [((20 - LEAD) * WINDOW, (33 + PAUSE) * WINDOW)]


def test_what_is_open_at_the_end_is_given_and_the_clock_goes_on() -> None:
    judge = Loud()
    turns = Turns(judge)
    sound = drawn("###")
    cuts = turns.push(np.concatenate([sound, np.ones(100, np.float32)])) + turns.end()
    assert pieces(cuts) == [(0, 3 * WINDOW + 100)]
    assert (turns.heard, judge.resets) == (3 * WINDOW + 100, 1)
    assert turns.end() == []


@given(st.text("#.", min_size=1, max_size=80), st.integers(1, 3000))
def test_pieces_do_not_depend_on_how_the_sound_comes_and_lose_no_speech(timeline: str, step: int) -> None:
    sound = drawn(timeline)
    whole, stepped = Turns(Loud()), Turns(Loud())
    at_once = whole.push(sound) + whole.end()
    in_steps = [cut for at in range(0, len(sound), step) for cut in stepped.push(sound[at : at + step])]
    in_steps += stepped.end()
    assert pieces(at_once) == pieces(in_steps)
    heard = np.concatenate([np.zeros(0, np.float32), *[cut.samples for cut in at_once]])
    assert np.array_equal(heard[heard != 0], sound[sound != 0])
    assert all(np.array_equal(cut.samples, sound[cut.at : cut.at + len(cut.samples)]) for cut in at_once)


@pytest.fixture(scope="module")
def silero() -> Silero:
    pytest.importorskip("faster_whisper", reason="no faster-whisper here (extra `speech`)")
    return Silero()


def noise(seconds: float) -> Samples:
    return np.random.default_rng(5).normal(0, 0.05, int(seconds * RATE)).astype(np.float32)


def test_the_voice_remembers_between_calls(silero: Silero) -> None:
    windows = noise(2.0)[: 60 * WINDOW].reshape(-1, WINDOW)
    voice = silero.voice()
    parts = [voice.push(windows[at : at + 7]) for at in range(0, len(windows), 7)]
    assert np.allclose(np.concatenate(parts), silero.voice().push(windows), atol=1e-6)


def test_neither_silence_nor_noise_is_speech(silero: Silero) -> None:
    turns = Turns(silero.voice())
    assert turns.push(np.concatenate([np.zeros(5 * RATE, np.float32), noise(5.0)])) == []


def test_a_voice_model_that_takes_something_else_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    onnx = pytest.importorskip("onnx", reason="no onnx here (extra `models`)")
    value = onnx.helper.make_tensor_value_info
    shape = [1]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["state"], ["out"])],
        "foreign",
        [value("state", onnx.TensorProto.FLOAT, shape)],
        [value("out", onnx.TensorProto.FLOAT, shape)],
    )
    model = onnx.helper.make_model(graph, ir_version=10, opset_imports=[onnx.helper.make_opsetid("", 17)])
    path = tmp_path_factory.mktemp("voice") / "foreign.onnx"
    onnx.save(model, path)
    with pytest.raises(SpeechError, match=r"foreign.onnx takes \['state'\].*faster-whisper"):
        Silero(path)
