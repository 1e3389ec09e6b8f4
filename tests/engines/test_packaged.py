"""Weights that packages bring are found where they lie, and none of their code runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from engines.packaged import folders

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit


def test_a_package_is_found_and_its_code_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "weights_with_a_bang"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('this code ran')")
    monkeypatch.syspath_prepend(tmp_path)
    assert folders("weights_with_a_bang") == (package,)
    assert "weights_with_a_bang" not in sys.modules


def test_what_is_not_installed_has_no_folder_and_neither_has_a_single_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_a_file.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert folders("no_such_package") == folders("only_a_file") == ()
