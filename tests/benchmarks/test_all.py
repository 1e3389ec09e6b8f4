"""Benches in turn: a bench that fails costs itself, and the file holds what there is."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from benchmarks import all as runner
from benchmarks.all import PLAN, Bench, command_of, left_out, run_all, run_bench
from benchmarks.results import read_run

pytestmark = pytest.mark.unit


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_rows_come_from_what_a_bench_prints(tmp_path: Path) -> None:
    told = run_bench(python("print('hello'); print('{\"ms\": 1.5}')"), 30, tmp_path / "rows")
    assert told["rows"] == [{"ms": 1.5}]
    assert "failed" not in told


def test_rows_come_from_its_file_where_it_writes_one(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text('{"results": [{"ms": 2.5}]}')
    assert run_bench(python("print('a table')"), 30, tmp_path / "rows")["rows"] == [{"results": [{"ms": 2.5}]}]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit('no ffmpeg here')", "no ffmpeg here"),
        ("import os; os._exit(3)", "exit status 3"),
        ("print('nothing measured')", "nothing measured"),
    ],
)
def test_a_bench_that_gives_nothing_says_why(tmp_path: Path, code: str, why: str) -> None:
    assert run_bench(python(code), 30, tmp_path / "rows")["failed"] == why


def test_a_bench_that_hangs_is_ended_with_all_it_started_and_keeps_its_rows(tmp_path: Path) -> None:
    child = "import subprocess, sys\nbeside = subprocess.Popen([sys.executable, '-S', '-c', 'input()'], "
    child += "stdin=subprocess.PIPE)\nprint('{\"pid\": %d}' % beside.pid, flush=True)\nbeside.wait()"
    told = run_bench(python(child), 1, tmp_path / "rows")
    assert str(told["failed"]).endswith("not done after 1 s")
    rows = told["rows"]
    assert isinstance(rows, list)
    (row,) = rows
    assert isinstance(row, dict)
    pid = row["pid"]
    assert isinstance(pid, int)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_the_others_go_on_when_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {"one": "print('{\"ms\": 1.5}')", "broken": "raise SystemExit('broken')", "two": "print('{\"ms\": 3.5}')"}
    monkeypatch.setattr(runner, "command_of", lambda bench, **_: python(codes[bench.name]))
    plan = [Bench(name, (), (), 30) for name in codes]
    out = tmp_path / "deep" / "bench.json"
    assert run_all(plan, out, quick=True, photos=None, gpu=False) == ["broken"]
    run = read_run(out)
    assert run.rows == {"quick=True one": {"ms": 1.5}, "quick=True two": {"ms": 3.5}}
    assert run.failed == {"quick=True broken": "broken"}
    assert [path.name for path in out.parent.iterdir()] == ["bench.json"]
    assert json.loads(out.read_text())["machine"]["cores"] >= 1


def test_what_this_machine_cannot_run_is_left_out_with_the_reason(tmp_path: Path) -> None:
    by_name = {bench.name: bench for bench in PLAN}
    assert left_out(by_name["classic"], photos=None, gpu=False) == "needs --photos DIR"
    assert left_out(by_name["classic"], photos=tmp_path, gpu=False) is None
    assert left_out(Bench("x", (), (), 1, ("no_such_module",)), photos=None, gpu=False) == (
        "no_such_module not installed"
    )
    assert left_out(Bench("gpu", (), (), 1), photos=None, gpu=False) == "no GPU here"
    assert left_out(Bench("gpu", (), (), 1), photos=None, gpu=True) is None


def test_commands_are_filled_in(tmp_path: Path) -> None:
    by_name = {bench.name: bench for bench in PLAN}
    command = command_of(by_name["streams-small"], quick=True, file=tmp_path / "rows", photos=None)
    assert command[1:5] == ["-m", "benchmarks.bench_streams", "--json", str(tmp_path / "rows")]
    assert command[-6:] == ["--streams", "2", "--seconds", "10", "--show-seconds", "24"]
    command = command_of(by_name["classic"], quick=False, file=tmp_path, photos=tmp_path)
    assert command[-2:] == ["--photos", str(tmp_path)]


def test_every_bench_of_the_plan_is_a_module_that_is_there() -> None:
    for bench in PLAN:
        module = command_of(bench, quick=True, file=Path("rows"), photos=Path("photos"))[2]
        assert find_spec(module), bench.name


def test_a_bench_that_does_not_exist_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        runner.main(["--only", "gallery,galery"])
    assert "galery" in capsys.readouterr().err
