"""Plans on disk: found again whole, or refused with the reason; never half written, never somebody else's."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.errors import PlanError
from engines.gpu.cache import PlanCache, default_folder
from engines.gpu.plans import PlanKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.unit

KEY = PlanKey("ab" * 32, "11.4.0.106", "NVIDIA H100 80GB HBM3", (9, 0), "fp16", (1, 2, 4), ("level 3",))


@pytest.fixture
def cache(tmp_path: Path) -> PlanCache:
    return PlanCache(tmp_path / "deep" / "plans")


def test_a_kept_plan_is_found_by_its_key_alone(cache: PlanCache) -> None:
    assert cache.find(KEY) is None
    path = cache.keep(KEY, b"a\nplan")
    assert cache.find(KEY) == b"a\nplan"
    assert cache.find(replace(KEY, gpu="NVIDIA L4")) is None
    assert path.stat().st_mode & 0o777 == 0o600
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in cache.folder.iterdir()] == [path.name]


def test_a_plan_is_replaced_whole_and_old_readers_keep_theirs(cache: PlanCache) -> None:
    with cache.keep(KEY, b"old").open("rb") as reader:
        cache.keep(KEY, b"new")
        assert reader.read().endswith(b"old")
    assert cache.find(KEY) == b"new"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda raw: raw[:-1], "SHA-256 differs"),
        (lambda raw: raw + b"x", "SHA-256 differs"),
        (lambda raw: b"", "not a plan of ours"),
        (lambda raw: b"ftrt" + raw, "not a plan of ours"),
        (lambda raw: raw.replace(b'{"key"', b'["key"', 1), "head is damaged"),
        (lambda raw: raw.replace(b"H100", b"B100", 1), "made for something else"),
    ],
)
def test_a_damaged_or_foreign_plan_is_refused_with_the_cure(
    cache: PlanCache, damage: Callable[[bytes], bytes], said: str
) -> None:
    path = cache.keep(KEY, b"plan")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(PlanError, match=said) as caught:
        cache.find(KEY)
    assert "bundle compile" in str(caught.value)


def test_what_others_may_write_is_not_loaded(cache: PlanCache) -> None:
    path = cache.keep(KEY, b"plan")
    path.chmod(0o620)
    with pytest.raises(PlanError, match="mode 620"):
        cache.find(KEY)
    path.chmod(0o600)
    cache.folder.chmod(0o777)
    with pytest.raises(PlanError, match="mode 777"):
        cache.find(KEY)
    with pytest.raises(PlanError, match="mode 777"):
        cache.keep(KEY, b"plan")


def test_somebody_elses_file_is_not_loaded(cache: PlanCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.keep(KEY, b"plan")
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(PlanError, match="only user 4242 may write"):
        cache.find(KEY)


def test_a_link_is_not_followed(cache: PlanCache, tmp_path: Path) -> None:
    path = cache.keep(KEY, b"plan")
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    with pytest.raises(PlanError, match="cannot be opened"):
        cache.find(KEY)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanError, match="cannot be written"):
        PlanCache(tmp_path / "file" / "plans").keep(KEY, b"plan")


def test_timings_survive_and_damaged_ones_are_only_forgotten(cache: PlanCache) -> None:
    assert cache.timing("gpu") == b""
    cache.keep_timing("gpu", b"\x00\x01")
    assert cache.timing("gpu") == b"\x00\x01"
    next(cache.folder.iterdir()).write_bytes(b"?")
    assert cache.timing("gpu") == b""


def test_plans_lie_in_the_users_own_cache(tmp_path: Path) -> None:
    assert default_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "nowshowing" / "plans"
    assert default_folder({"XDG_CACHE_HOME": "relative"}).parts[-3:] == (".cache", "nowshowing", "plans")
