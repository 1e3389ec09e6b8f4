"""`nowshowing demo` as a user runs it: a short show, everything real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from stream.cli import app

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

SECONDS = 24


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stream", "demo", "--headless", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "160"},
    )


def test_a_short_demo_prints_events_then_its_score_and_nothing_else(tmp_path: Path) -> None:
    process = start(tmp_path, "--json", "--seconds", str(SECONDS))
    out, err = process.communicate(timeout=110)
    assert process.returncode == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["type"] == "nowshowing.demo.score"
    assert {"f1", "precision", "recall", "onset_delay_s", "wrong_product_s", "products"} <= lines[-1].keys()
    assert lines[-1]["products"] == 2
    assert lines[-1]["products_found"] >= 1
    kinds = [line["type"] for line in lines[:-1]]
    assert "nowshowing.product.shown.v1" in kinds
    assert kinds.count("nowshowing.product.shown.v1") == kinds.count("nowshowing.product.hidden.v1")
    assert lines[-2]["data"]["state"] == "ended"
    assert "Traceback" not in err
    assert list(tmp_path.glob("nowshowing*")) == [], "the demo leaves nothing behind"


def test_a_demo_that_is_stopped_scores_what_was_played_and_cleans_up(tmp_path: Path) -> None:
    process = start(tmp_path, "--seconds", "60")
    assert process.stdout is not None
    for line in process.stdout:
        if "stream live" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "F1" in out
    assert "Traceback" not in err
    assert list(tmp_path.glob("nowshowing*")) == []


def test_a_show_too_short_for_a_product_is_refused() -> None:
    result = CliRunner().invoke(app, ["demo", "--seconds", "3"])
    assert result.exit_code == 2
    assert "seconds" in result.output
    assert "14" in result.output
