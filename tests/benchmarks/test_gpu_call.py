"""All of a GPU's benches in one call: it is over in time whatever its parts do, and says what it left out."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import bench_gpu_all, gpu_tests
from benchmarks.bench_gpu_all import END_S, PLAN, WITHIN_S, Part, allotted, command_of, run_part, run_parts
from benchmarks.results import read_run
from engines.errors import DeviceError
from engines.gpu.device import Gpu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.results import Json

pytestmark = pytest.mark.unit

GPU = Gpu("Pretended GPU", (9, 0), 80 << 30, (13, 2))


class Time:
    """Each part takes a share of the longest that it can: its limit, and then to be ended by force."""

    def __init__(self, shares: Sequence[float]) -> None:
        self.now_s, self.limits = 100.0, list[float]()
        self._shares = iter(shares)

    def now(self) -> float:
        return self.now_s

    def run(self, _command: Sequence[str], limit_s: float) -> dict[str, Json]:
        self.limits.append(limit_s)
        self.now_s += (limit_s + END_S) * next(self._shares)
        return {"rows": [{"ms": 1.5}], "took_s": 1.0}


def nobody(_told: dict[str, Json]) -> None: ...


parts = st.lists(
    st.builds(Part, st.uuids().map(str), st.just(("m",)), st.floats(0, 1000), st.floats(0.1, 1000)), max_size=8
)


@given(parts, st.floats(1, 1000), st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_it_is_over_in_time_whatever_its_parts_do(plan: list[Part], within: float, shares: list[float]) -> None:
    clock = Time(shares)
    told = run_parts(plan, within, clock.run, clock.now, nobody)
    assert clock.now_s <= 100.0 + within + 1e-6
    assert list(told) == [part.name for part in plan]


@given(st.floats(0, 1000), st.floats(0.1, 1000), st.floats(-100, 2000))
def test_a_part_gets_what_it_is_good_for_or_nothing(wants: float, least: float, left: float) -> None:
    limit = allotted(Part("p", (), wants, least), left)
    if limit is None:
        assert min(wants, left - END_S) < least
    else:
        assert least <= limit <= wants
        assert limit + END_S <= left + 1e-6


def test_every_part_of_the_plan_is_begun_where_none_is_slower_than_it_wants() -> None:
    assert WITHIN_S < 600
    clock = Time([(part.wants_s * 0.9) / (part.wants_s + END_S) for part in PLAN])
    told = run_parts(PLAN, WITHIN_S, clock.run, clock.now, nobody)
    assert not [name for name, of in told.items() if isinstance(of, dict) and "skipped" in of]


def test_what_was_left_out_is_said_and_the_others_are_not_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = [Part("slow", ("m",), 100, 10), Part("late", ("m",), 50, 30), Part("short", ("m",), 50, 5)]
    clock = Time([1.0, 1.0])
    kept: list[str] = []
    told = run_parts(plan, 150, clock.run, clock.now, lambda told: kept.append(json.dumps(told)))
    assert told["late"] == {"skipped": "no time: it takes 30 s at least"}
    assert clock.limits == [100, 10]
    assert len(kept) == 3
    assert "late: no time" in capsys.readouterr().out
    (tmp_path / "gpu.json").write_text(json.dumps({"benches": told}))
    assert read_run(tmp_path / "gpu.json").rows["slow"] == {"ms": 1.5}


def test_every_part_is_a_module_that_is_there_and_is_told_its_time() -> None:
    for part in PLAN:
        command = command_of(part, 100)
        assert find_spec(command[2]), part.name
        assert part.least_s <= part.wants_s
        if part.name.startswith(("encode", "plan", "streams")):
            assert command[-2:] == ["--within", "75"]


def test_a_part_that_does_not_end_is_ended_and_keeps_its_rows() -> None:
    code = "import time; print('{\"ms\": 1.5}', flush=True); time.sleep(60)"
    told = run_part([sys.executable, "-S", "-c", code], 1)
    assert told["rows"] == [{"ms": 1.5}]
    assert str(told["failed"]).endswith("not done after 1 s")


def test_the_file_names_the_gpu_and_holds_each_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def row(_command: Sequence[str], _limit: float) -> dict[str, Json]:
        return {"rows": [{"images_s": 1500.0}], "took_s": 2.0}

    monkeypatch.setattr(bench_gpu_all, "find_gpu", lambda: GPU)
    monkeypatch.setattr(bench_gpu_all, "run_part", row)
    out = tmp_path / "gpu.json"
    assert bench_gpu_all.main(["--only", "encode-b32", "--out", str(out)]) == 0
    run = read_run(out)
    assert run.machine["gpu"] == "Pretended GPU"
    assert run.rows["encode-b32"] == {"images_s": 1500.0}


def test_a_row_is_called_the_same_whether_its_livestreams_are_too_many_or_not(tmp_path: Path) -> None:
    names = []
    for ended_by in (None, "frames dropped"):
        row = {
            "backend": "torch-cuda",
            "searches": True,
            "streams": 50,
            "encode_ms": [1.0, 2.0],
            "ended_by": ended_by,
        }
        (tmp_path / "gpu.json").write_text(json.dumps(row))
        names.append(list(read_run(tmp_path / "gpu.json").rows))
    assert names[0] == names[1] == ["torch-cuda searches=True streams=50"]


def test_without_a_gpu_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Gpu:
        raise DeviceError("no NVIDIA driver here")

    monkeypatch.setattr(bench_gpu_all, "find_gpu", missing)
    assert bench_gpu_all.main([]) == 1
    assert capsys.readouterr().err == "nothing to measure: no NVIDIA driver here\n"


def test_a_part_that_does_not_exist_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench_gpu_all.main(["--only", "encode-b64"])
    assert "encode-b64" in capsys.readouterr().err


def test_tests_are_counted_however_they_end(tmp_path: Path) -> None:
    code = "import pytest\npytestmark = pytest.mark.gpu\n@pytest.mark.skip\ndef test_a(): ...\ndef test_b(): ...\n"
    (tmp_path / "test_it_on_gpu.py").write_text(code + "def test_c(): assert False\n")
    (tmp_path / "test_other.py").write_text("def test_d(): assert False\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = gpu: x\n")
    main = f"main(Path({str(tmp_path)!r}))"
    code = f"from pathlib import Path; from benchmarks.gpu_tests import main; raise SystemExit({main})"
    told = run_part([sys.executable, "-c", code], 60)
    assert told["rows"] == [{"tests_passed": 1, "tests_failed": 1, "tests_skipped": 1}]
    assert "failed" in told


def test_the_tests_that_need_a_gpu_are_called_so_that_they_are_found() -> None:
    here = Path(__file__).parents[1]
    marked = re.compile(r"^pytestmark = .*pytest\.mark\.gpu\b", re.MULTILINE)
    need = {path for path in here.rglob("test_*.py") if marked.search(path.read_text())}
    assert need
    assert need == set(here.rglob(gpu_tests.NAMES))
