"""The limits that the security page promises are those in the code."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import av
import pytest

from indexes.images import ImageLimits
from stream.addresses import METADATA
from stream.urls import PORTS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LIMITS = re.findall(r"^\| [^|]+ \| (\d+)(?: (MiB|s))? \| `([\w.]+)` \|$", PAGE, re.MULTILINE)
UNITS = {"": 1, "s": 1, "MiB": 1 << 20}


def set_in_code(name: str) -> object:
    module, _, constant = name.rpartition(".")
    if module.endswith("ImageLimits"):
        return getattr(ImageLimits(), constant)
    return getattr(import_module(module), constant)


@pytest.mark.parametrize(("number", "unit", "name"), LIMITS, ids=[name for *_, name in LIMITS])
def test_a_limit_is_what_the_code_sets(number: str, unit: str, name: str) -> None:
    assert set_in_code(name) == int(number) * UNITS[unit]


def test_no_row_of_the_limits_is_left_unread() -> None:
    rows = PAGE[PAGE.index("| limit |") :].partition("\n\n")[0].splitlines()[2:]
    assert len(rows) == len(LIMITS)


def test_the_schemes_are_those_that_are_opened() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| livestreams |"))
    assert set(re.findall(r"`(\w+)`", row)) == {*PORTS, "allow_files"}


def test_addresses_that_are_never_opened_are_named() -> None:
    assert all(address in PAGE for address in METADATA)


def test_the_ffmpeg_that_is_spoken_of_is_the_one_inside() -> None:
    assert f"FFmpeg {av.ffmpeg_version_info} with PyAV {av.__version__}." in " ".join(PAGE.split())
    pinned = re.search(r"^av==(\S+)", (ROOT / "requirements" / "base.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned is not None
    assert pinned[1] == av.__version__
