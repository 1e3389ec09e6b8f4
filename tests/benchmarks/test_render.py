"""Lives as files and as segments: whole or not there, and the same twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from benchmarks.liveshop import render, speech
from benchmarks.liveshop.errors import WorldError
from benchmarks.liveshop.programme import Programme
from benchmarks.liveshop.show import FPS, HEIGHT, WIDTH, Line, random_show
from benchmarks.liveshop.sound import mixed
from benchmarks.liveshop.truth import read_truth
from stream.demo.playlist import read_recording

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

SECONDS = 12.0


def decoded(path: Path) -> tuple[int, int, float]:
    """Frames, a checksum of their pixels, seconds of sound."""
    total = frames = samples = 0
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            assert (frame.width, frame.height) == (WIDTH, HEIGHT)
            total = (total * 31 + int(frame.to_ndarray(format="gray")[::7, ::7].astype(np.int64).sum())) % 2**61
            frames += 1
    with av.open(str(path)) as media:
        samples = sum(frame.samples for frame in media.decode(audio=0))
    return frames, total, samples / speech.RATE


def test_the_same_seed_gives_the_same_frames_and_truth(tmp_path: Path) -> None:
    show = random_show(4, SECONDS)
    one, two = (render.render_folder(show, tmp_path / name) for name in ("one", "two"))
    assert decoded(one / render.VIDEO) == decoded(two / render.VIDEO)
    assert (one / render.TRUTH).read_bytes() == (two / render.TRUTH).read_bytes()
    frames, _, sound_s = decoded(one / render.VIDEO)
    assert frames == round(SECONDS * FPS)
    assert sound_s == pytest.approx(SECONDS, abs=0.1)
    before = (one / render.VIDEO).stat().st_mtime_ns
    assert render.render_folder(show, one) == one
    assert (one / render.VIDEO).stat().st_mtime_ns == before, "a finished live is not rendered again"
    with pytest.raises(WorldError, match="another live"):
        render.render_folder(random_show(5, SECONDS), one)


def test_segments_are_a_second_each_and_play_as_one(tmp_path: Path) -> None:
    render.render_live(random_show(4, SECONDS), tmp_path / "live")
    recording = read_recording((tmp_path / "live" / "live.m3u8").read_text())
    assert recording.whole
    assert [segment.lasts for segment in recording.segments] == pytest.approx([1.0] * 12)
    assert decoded(tmp_path / "live" / "live.m3u8")[0] == round(SECONDS * FPS)
    assert read_truth(tmp_path / "live" / render.TRUTH).seconds == SECONDS


@pytest.mark.parametrize("make", [render.render_folder, render.render_live])
def test_nothing_is_left_of_a_live_that_failed_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: render.Make
) -> None:
    def full(_done: int, _of: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(WorldError, match="No space left"):
        make(random_show(4, SECONDS), tmp_path / "live", full)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_live_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letters").mkdir()
    assert render.main(["--seed", "4", "--seconds", "12", "--out", str(tmp_path / "letters")]) == 1
    assert "truth" in capsys.readouterr().err


def test_what_is_said_is_in_the_sound_at_its_time() -> None:
    if speech.voice() is None:
        pytest.skip("no synthesiser here (flite or espeak-ng)")
    (spoken,) = speech.speak([Line(2.0, "Look at this, Potato Chips from Fjodal.", "P")])
    assert 1.0 < spoken.end - spoken.start < 6.0
    words = spoken.words()
    assert [text for _, _, text in words][:2] == ["Look", "at"]
    assert words[0][0] == pytest.approx(2.0)
    assert words[-1][1] == pytest.approx(spoken.end, abs=0.01)
    sound = mixed([spoken], Programme(), 4, 10.0)
    assert len(sound) == 10 * speech.RATE
    assert not sound[: 2 * speech.RATE].any()
    assert np.abs(sound).max() > 0.3


def test_without_a_synthesiser_the_host_is_silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert speech.speak([Line(0.0, "Hello.")]) == ()
