"""The map shows every module there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WHOLE_FOLDERS = {"commands", "demo"}  # named as such: one module a sub-command, and the demo's parts


def section(room: str) -> str:
    return "".join(re.findall(rf"^### {room}/.*?(?=^##)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("room", ["stream", "engines", "indexes"])
def test_every_module_of_a_room_is_on_the_map(room: str) -> None:
    there = {
        path.name
        for path in (ROOT / room).rglob("*.py")
        if not path.name.startswith("__") and path.parent.name not in WHOLE_FOLDERS
    }
    assert set(re.findall(r"`(\w+\.py)`", section(room))) == there


@pytest.mark.parametrize("folder", sorted(WHOLE_FOLDERS))
def test_folders_that_stand_for_their_modules_are_named(folder: str) -> None:
    assert (ROOT / "stream" / folder).is_dir()
    assert f"`{folder}/`" in section("stream")


def test_pure_cores_that_are_covered_whole_are_called_pure() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    covered = re.findall(r'"stream/(\w+\.py)"', settings[settings.index("[tool.coverage.run]") :])
    rows = [line for line in section("stream").splitlines() if line.startswith("|")]
    for module in set(covered) - {"channel.py"}:
        assert "pure" in next(row for row in rows if f"`{module}`" in row).lower(), module
