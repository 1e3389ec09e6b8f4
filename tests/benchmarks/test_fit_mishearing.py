"""Counting how sounds are misheard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.fit_mishearing import aligned, by_likeness, main
from benchmarks.speech_said import sentences
from engines.text.mishearing import BARRIER, mishearing
from engines.text.phones import PHONES, said_as

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def test_sounds_are_laid_against_those_that_are_like_them() -> None:
    (soup, *_), (suit, *_) = said_as("soup"), said_as("suit")
    assert aligned(soup, suit, by_likeness())[1] == [(0, 0), (1, 1), (2, 2)]
    (tea, *_), (team, *_) = said_as("tea"), said_as("team")
    assert aligned(tea, team, by_likeness())[1] == [(0, 0), (1, 1), (None, 2)]


def test_likeness_in_the_mouth_is_mutual() -> None:
    swapped = by_likeness().swapped[:, :BARRIER]
    assert np.array_equal(swapped, swapped.T)
    assert (swapped.argmax(axis=1) == np.arange(len(PHONES))).all()


def test_what_is_often_misheard_becomes_likely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, out = tmp_path / "heard.jsonl", tmp_path / "table.npz"
    with lines.open("w", encoding="utf-8") as file:
        for said in sentences(7, 60):
            heard = [[0, 0, word.replace("p", "k").replace("P", "k"), 1.0] for word in said.split()]
            file.write(json.dumps({"seed": 7, "said": said, "heard": heard}) + "\n")
    app = typer.Typer()
    app.command()(main)
    done = CliRunner().invoke(app, [str(lines), str(out), "--seeds", "7"])
    assert done.exit_code == 0, done.output
    monkeypatch.setattr("engines.text.mishearing.TABLE", out)
    mishearing.cache_clear()
    try:
        p, k = PHONES.index("P"), PHONES.index("K")
        assert mishearing().swapped[p, k] > mishearing().swapped[k, p]
    finally:
        mishearing.cache_clear()
