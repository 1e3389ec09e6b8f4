"""A short live through the real worker: what it leaves in the live's folder, and when it is not done again."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import av
import pytest

from benchmarks.liveshop.evaluate import air, fingerprint, galleries, lives, replay
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.lives import Run
from benchmarks.liveshop.evaluate.replay import EVENTS, Recogniser, read_effort, watch_live
from benchmarks.liveshop.evaluate.trace import TOLD, read_trace
from benchmarks.liveshop.render import TRUTH, VIDEO
from benchmarks.liveshop.score import read_spans
from benchmarks.liveshop.truth import read_truth
from engines.bundle import open_bundle
from stream.demo.playlist import read_recording

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

RUN = Run("printed", 1004, 1, 15.0)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lives.film(RUN, 0, tmp_path_factory.mktemp("run") / RUN.names[0], lambda _done, _of: None)


@pytest.fixture(scope="module")
def classic() -> Recogniser:
    return Recogniser("classic", open_bundle("classic"))


def test_a_live_is_watched_once_and_leaves_events_and_trace(live: Path, classic: Recogniser) -> None:
    stages: dict[str, float] = {}
    effort = watch_live(live, classic, lambda stage, done, _of: stages.update({stage: done}))
    assert set(stages) >= {"gallery", "watching"}
    assert (effort.bundle, effort.live_s, effort.zero_utc) == ("classic", 15.0, None)
    trace, truth = read_trace(live / replay.TRACE), read_truth(live / TRUTH)
    assert len(trace) == effort.views == 30
    assert [view.at for view in trace] == pytest.approx([i / 2 for i in range(30)], abs=0.05)
    for view in trace:
        assert view.window is not None
        assert dict(view.window).keys() <= view.looks.keys()
        assert [p for _, p in view.window] == sorted((p for _, p in view.window), reverse=True)
        assert 0 < len(view.nearest) <= TOLD
        introduced = any(s.listed and s.shown_at <= view.at <= s.hidden_at for s in truth.shown)
        assert (view.main is not None) == introduced
    spans = read_spans((live / EVENTS).read_text().splitlines(), truth.seconds, effort.zero)
    assert all(0 <= span.shown_at <= span.told_at <= 15 for span in spans)
    again: list[str] = []
    assert watch_live(live, classic, lambda stage, _done, _of: again.append(stage)) == effort
    assert again == []


def test_another_program_or_feed_watches_again(
    live: Path, classic: Recogniser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = shutil.copytree(live, tmp_path / live.name)
    before = watch_live(copy, classic, lambda *_: None)
    monkeypatch.setattr(replay, "of_packages", lambda *_: "another program")
    after = watch_live(copy, classic, lambda *_: None)
    assert after.key != before.key
    assert read_effort(copy) == after
    (copy / replay.MADE_BY).write_text("{}")
    assert read_effort(copy) is None


def test_a_video_that_cannot_be_watched_is_one_error_and_leaves_no_word_of_success(
    live: Path, classic: Recogniser, tmp_path: Path
) -> None:
    copy = shutil.copytree(live, tmp_path / live.name)
    (copy / VIDEO).write_bytes(b"no video" * 1000)
    with pytest.raises(EvaluationError, match="cannot be watched"):
        watch_live(copy, classic, lambda *_: None)
    assert read_effort(copy) is None


def test_the_main_gallery_has_one_picture_of_each_product(live: Path, classic: Recogniser) -> None:
    whole, main = galleries.galleries_of(live, classic.bundle)
    with (live / galleries.FEED).open(newline="") as feed:
        rows = list(csv.DictReader(feed))
    assert main.manifest.pictures == main.manifest.products == whole.manifest.products == len(rows)
    assert whole.manifest.pictures > main.manifest.pictures


def test_a_live_on_air_is_the_same_frames_cut_by_the_second(live: Path, tmp_path: Path) -> None:
    air.cut(live / VIDEO, tmp_path)
    recording = read_recording((tmp_path / "live.m3u8").read_text())
    assert recording.whole
    assert [round(segment.lasts, 1) for segment in recording.segments] == [1.0] * 15

    def frames(path: Path) -> list[int]:
        with av.open(str(path)) as media:
            return [
                int(frame.to_ndarray(format="gray")[::9, ::9].astype(int).sum()) for frame in media.decode(video=0)
            ]

    assert frames(tmp_path / "live.m3u8") == frames(live / VIDEO)


def test_a_fingerprint_tells_parts_apart() -> None:
    assert fingerprint.of_texts("ab", "c") != fingerprint.of_texts("a", "bc")
    assert (
        fingerprint.of_packages("engines") == fingerprint.of_packages("engines") != fingerprint.of_packages("indexes")
    )
