"""`nowshowing eval liveshop` as a user runs it: a short live, everything real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from benchmarks.liveshop.errors import WorldError
from stream.cli import app
from stream.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

SHORT = ("--family", "printed", "--seed", "1005", "--lives", "1", "--minutes", "0.25")


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stream", "eval", "liveshop", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "160"},
    )


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.timeout(300)  # three runs, one of them whole
def test_stopped_half_way_it_leaves_nothing_half_made_and_goes_on_the_next_time(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start(*SHORT, "--json", "--out", str(out))
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["stage"] == "rendering":
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    live = out / "printed-1005-0"
    assert {path.name for path in out.iterdir()} == {"run.json", live.name}
    assert not (live / "replay.json").exists()
    rendered = (live / "live.mp4").stat().st_mtime_ns

    told, err = start(*SHORT, "--json", "--out", str(out)).communicate(timeout=200)
    assert "Traceback" not in err
    assert (live / "live.mp4").stat().st_mtime_ns == rendered, "what was rendered is kept"
    types = [line["type"] for line in lines(told)]
    assert set(types) == {"nowshowing.eval.progress", "nowshowing.eval.live", "nowshowing.eval.score"}
    assert types.count("nowshowing.eval.score") == 3, "ours, and two baselines"
    assert not list(out.rglob("*.part"))
    watched = (live / "replay.json").read_bytes()

    score = out / "score.json"
    told, err = start(*SHORT, "--out", str(out), "--against", str(score)).communicate(timeout=60)
    assert err == ""
    assert (live / "replay.json").read_bytes() == watched, "what was watched is kept"
    for text in ("nowshowing (classic)", "nearest frame", "majority of frames", "against nowshowing (classic)"):
        assert text in told
    assert score.exists()
    assert "<!doctype html>" in (out / "report.html").read_text()


def test_another_runs_score_is_refused_before_anything_starts(tmp_path: Path) -> None:
    other = tmp_path / "score.json"
    about = {"family": "printed", "seed": 8, "minutes": 4.0}
    other.write_text(json.dumps({"schema": "nowshowing.liveshop.score/1", "about": about, "systems": []}))
    arguments = ["eval", "liveshop", "--family", "printed", "--against", str(other), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UsageError)
    assert "it is of seed 8, this run of 7" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["score.json"]


@pytest.mark.parametrize(
    ("photos", "why"),
    [("nowhere", "nowhere"), (".", "photos")],
)
def test_a_folder_without_photographs_is_refused_before_anything_starts(
    tmp_path: Path, photos: str, why: str
) -> None:
    (tmp_path / "letters").mkdir()
    arguments = ["--family", "photos", "--photos", str(tmp_path / "letters" / photos), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, ["eval", "liveshop", *arguments])
    assert isinstance(result.exception, WorldError)
    assert why in str(result.exception)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--family", "drawn"], "eval --family drawn: no such family: give one of printed, twins, photos"),
        (["--family", "photos"], "needs --photos DIR"),
        (["--family", "printed", "--photos", "."], "makes its own products"),
        (["--family", "printed", "--events", "nowhere"], "no printed-7-0/events.jsonl"),
    ],
)
def test_wrong_use_is_said_before_anything_starts(tmp_path: Path, arguments: list[str], why: str) -> None:
    result = CliRunner().invoke(app, ["eval", "liveshop", *arguments, "--out", str(tmp_path / "run")])
    assert isinstance(result.exception, UsageError)
    assert why in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dear.txt").write_text("letter")
    process = start(*SHORT, "--out", str(tmp_path))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "holds something that is no run of lives" in err.replace("\n", " ")
    assert [path.name for path in tmp_path.iterdir()] == ["dear.txt"]


def test_a_full_disk_is_one_line_and_no_half_written_live(tmp_path: Path) -> None:
    """The limit on the size of files stands for the disk."""
    out = tmp_path / "run"
    command = (
        f"ulimit -f 400; trap '' XFSZ; exec {sys.executable} -m stream eval liveshop {' '.join(SHORT)} --out {out}"
    )
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "error: live printed-1005-0: " in done.stderr
    assert [path.name for path in out.iterdir()] == ["run.json"]
