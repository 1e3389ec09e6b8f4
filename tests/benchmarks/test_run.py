"""A run's folder: whose it is, and that nothing half-made is left in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.evaluate import rendering
from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.lives import Run, run_from_json
from benchmarks.liveshop.evaluate.rendering import Renderer
from benchmarks.liveshop.evaluate.run import alone, claim, read_run
from benchmarks.liveshop.evaluate.verdict import about_lives, read_other
from benchmarks.liveshop.scoring.record import Result, write_result
from stream.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

RUN = Run("printed", 1001, 1, 15.0)


def test_a_run_is_what_its_folder_says(tmp_path: Path) -> None:
    assert run_from_json(RUN.to_json()) == RUN
    assert Run("photos", 7, 2, 60.0).names == ["photos-7-0", "photos-7-1"]
    claim(RUN, tmp_path / "run")
    claim(Run("printed", 1001, 9, 15.0), tmp_path / "run")  # more lives of the same run
    found = read_run(tmp_path / "run")
    assert (found.seed, found.lives) == (1001, 0)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    claim(RUN, tmp_path / "run")
    with pytest.raises(UsageError, match=r"another run \(seed 1001 instead of 1002\)"):
        claim(Run("printed", 1002, 1, 15.0), tmp_path / "run")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").touch()
    with pytest.raises(UsageError, match="holds something that is no run"):
        claim(RUN, tmp_path / "letters")
    with pytest.raises(UsageError, match="is a file"):
        claim(RUN, tmp_path / "letters" / "dear.txt")
    with pytest.raises(UsageError, match="cannot be written"):
        claim(RUN, tmp_path / ("a" * 300))
    (tmp_path / "run" / "run.json").write_text("{")
    with pytest.raises(UsageError, match="damaged"):
        claim(RUN, tmp_path / "run")


def test_two_runs_are_never_at_work_in_one_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(UsageError, match="another run is at work in it"), alone(tmp_path):
        pass
    with alone(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_a_score_of_other_lives_is_refused_before_any_is_made(tmp_path: Path) -> None:
    other = write_result(Result(about_lives(RUN), ()), tmp_path / "score.json")
    assert read_other(other, RUN).about["lives"] == 1
    with pytest.raises(UsageError, match="of lives 1, this run of 6"):
        read_other(other, Run("printed", 1001, 6, 15.0))
    loose = write_result(Result(about_lives(Run("photos", 7, 1, 60.0, kind="loose")), ()), tmp_path / "loose.json")
    with pytest.raises(UsageError, match="products 'never-met, loose', this run of 'never-met, cartons'"):
        read_other(loose, Run("photos", 7, 1, 60.0))


def test_a_live_that_cannot_be_rendered_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    other = tmp_path / "printed-1001-0"
    other.mkdir()
    with Renderer(RUN, tmp_path, lambda *_: None) as renderer, pytest.raises(EvaluationError, match="printed-1001-0"):
        renderer.wait(0)
    assert list(tmp_path.iterdir()) == [other]


def test_a_renderer_that_is_left_half_way_leaves_nothing(tmp_path: Path) -> None:
    begun = threading.Event()
    with Renderer(RUN, tmp_path, lambda _live, done, _of: begun.set() if done else None):
        assert begun.wait(60)
        assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    assert list(tmp_path.iterdir()) == []


def test_a_renderer_that_outlives_its_run_still_holds_the_folder(tmp_path: Path) -> None:
    begun = threading.Event()

    def told(_live: str, done: float, _of: float) -> None:
        if done:
            begun.set()

    with ExitStack() as run:
        lock = run.enter_context(alone(tmp_path))
        with Renderer(RUN, tmp_path, told, lock):
            assert begun.wait(60)
            run.close()  # as the system does when the run is killed
            with pytest.raises(UsageError, match="another run is at work in it"), alone(tmp_path):
                pass
    with alone(tmp_path):
        pass


def test_a_disk_that_is_full_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """The limit on the size of files stands for the disk: writing beyond it fails the same way, as an OSError."""
    limited = (
        f"ulimit -f 400; trap '' XFSZ; exec {sys.executable} -m {rendering.__name__} '{RUN.to_json()}' {tmp_path}"
    )
    child = subprocess.run(["bash", "-c", limited], check=False, capture_output=True, text=True, timeout=100)
    assert child.returncode == 1, child.stderr
    assert "File too large" in child.stderr
    assert len(child.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_signal_ends_the_renderer_quietly(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", rendering.__name__, RUN.to_json(), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert child.stdout is not None
    assert child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (130, "")
    assert list(tmp_path.iterdir()) == []
