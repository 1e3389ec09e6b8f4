"""Another checkout of the program over the same lives, by a stand-in that only knows the two commands."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from benchmarks.liveshop.evaluate import other
from benchmarks.liveshop.evaluate.lives import Run
from benchmarks.liveshop.evaluate.replay import EVENTS
from benchmarks.liveshop.render import TRUTH
from benchmarks.liveshop.truth import Truth, write_truth

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

STAND_IN = """
import sys
from pathlib import Path
command, *rest = sys.argv[1:]
if command == "gallery":
    Path(rest[rest.index("--out") + 1]).mkdir()
else:
    live, sink = Path(rest[0]).parent, rest[rest.index("--sink") + 1].removeprefix("jsonl:")
    assert Path(rest[rest.index("--gallery") + 1]).is_dir()
    if live.name.endswith("1"):
        sys.exit("no picture came")
    Path(sink).write_text(live.name)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    package = tmp_path / "checkout" / "stream"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    return package.parent


@pytest.fixture
def lives(tmp_path: Path) -> Path:
    run = tmp_path / "run"
    about = {key: value for key, value in asdict(Run("printed", 7, 2, 10.0)).items() if key != "lives"}
    for name in ("printed-7-0", "printed-7-2"):
        (run / name).mkdir(parents=True)
        write_truth(Truth(name, 7, 10.0, ()), run / name / TRUTH)
    (run / "run.json").write_text(json.dumps(about))
    return run


def watch_all(checkout: Path, lives: Path, out: Path) -> int:
    return other.main(["--checkout", str(checkout), "--lives", str(lives), "--out", str(out)])


def test_every_live_is_watched_once(
    checkout: Path, lives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "events"
    assert watch_all(checkout, lives, out) == 0
    assert (out / "printed-7-0" / EVENTS).read_text() == "printed-7-0"
    assert len(capsys.readouterr().out.splitlines()) == 2
    (checkout / "stream" / "__main__.py").unlink()
    assert watch_all(checkout, lives, out) == 0, "what is there is left as it is"


def test_its_failure_is_told_in_its_own_words(
    checkout: Path, lives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lives / "printed-7-0").rename(lives / "printed-7-1")
    assert watch_all(checkout, lives, tmp_path / "events") == 1
    assert "nowshowing watch: code 1: no picture came" in capsys.readouterr().err
    assert not (tmp_path / "events" / "printed-7-1" / EVENTS).exists()


def test_what_is_no_run_or_no_checkout_is_refused(
    checkout: Path, lives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watch_all(checkout, checkout, tmp_path / "events") == 1
    assert "not a folder of `nowshowing eval liveshop`" in capsys.readouterr().err
    assert watch_all(tmp_path / "nowhere", lives, tmp_path / "events") == 1
    assert "check --checkout and --python" in capsys.readouterr().err
