"""Every bench in turn, one at a time, into one JSON file with the machine and the commit.

    python -m benchmarks.all [--quick] [--only decode,gallery] [--photos DIR] [--out build/bench.json]

The file is written anew after each bench, so that a run that is cut short keeps what it had. A bench that fails costs
itself: it is named with its last words, the others go on, and the exit status is 1. `benchmarks.compare` sets two
such files beside each other. `--quick` asks whether they all run, in minutes; its figures are not for keeping.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from benchmarks.machine import facts
from benchmarks.results import documents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.results import Json

FILE = "{file}"  # stands for a file that the bench is to write its JSON to
PHOTOS = "{photos}"
WORDS = 400  # characters of what a failed bench said last
STOP_S = 10.0  # a bench that ran too long may use to put its servers away


@dataclass(frozen=True, slots=True)
class Bench:
    name: str
    arguments: tuple[str, ...]
    quick: tuple[str, ...]  # more arguments, which make it short
    limit_s: float
    needs: tuple[str, ...] = ()  # modules without which it says nothing


PLAN = (
    Bench("decode", ("--json",), ("--seconds", "10", "--rounds", "1"), 600),
    Bench("encoders", (), ("--model", "ViT-S-32", "--rounds", "3", "--threads", "1"), 1800, ("torch", "open_clip")),
    Bench("gallery", ("--json",), ("--pictures", "60000", "--queries", "100"), 5400),
    Bench("swap", ("--json",), ("--pictures", "1000", "--searches", "1000", "--seconds", "3"), 900),
    Bench("scope", ("--json",), ("--seconds", "10", "--products", "60"), 1800),
    Bench("classic", ("--json", "--photos", PHOTOS), ("--every", "20"), 1800),
    Bench("speech", ("--json",), ("--count", "5"), 3600),
    Bench("names", ("--json",), ("--products", "60,600", "--windows", "3"), 900),
    Bench("pipeline", ("--json",), ("--show-seconds", "12", "--rounds", "1"), 900),
    Bench(
        "streams",
        ("--json", FILE, "--streams", "4,5,6,8,10", "--seconds", "40"),
        ("--streams", "2", "--seconds", "10", "--show-seconds", "24"),
        1800,
    ),
    Bench(
        "streams-small",
        ("--json", FILE, "--bundle", "small", "--streams", "8,16,24", "--seconds", "30"),
        ("--streams", "2", "--seconds", "10", "--show-seconds", "24"),
        1800,
    ),
    Bench("peers", ("--json",), ("--quick",), 5400),
    Bench("gpu", (), ("--seconds", "0.2"), 1200, ("torch", "open_clip")),
    Bench("gpu_search", (), ("--pictures", "100000", "--queries", "50"), 900),
    Bench("gpu_streams", (), ("--streams", "20", "--seconds", "5"), 900, ("torch", "open_clip")),
    Bench("gpu_decode", (), ("--streams", "1", "--seconds", "5"), 900),
)
MODULES = {"streams-small": "bench_streams", "peers": "peers"}  # where not bench_ and the name


def command_of(bench: Bench, *, quick: bool, file: Path, photos: Path | None) -> list[str]:
    words = (*bench.arguments, *(bench.quick if quick else ()))
    filled = [{FILE: str(file), PHOTOS: str(photos)}.get(word, word) for word in words]
    module = MODULES.get(bench.name, f"bench_{bench.name}")
    return [sys.executable, "-m", f"benchmarks.{module}", *filled]


def left_out(bench: Bench, *, photos: Path | None, gpu: bool) -> str | None:
    """Why this machine cannot run it: no failure."""
    if missing := [name for name in bench.needs if find_spec(name) is None]:
        return f"{', '.join(missing)} not installed"
    if PHOTOS in bench.arguments and photos is None:
        return "needs --photos DIR"
    return "no GPU here" if bench.name.startswith("gpu") and not gpu else None


def run_bench(command: Sequence[str], limit_s: float, file: Path) -> dict[str, Json]:
    """Its rows, or under `failed` why there are none. Whatever the bench started ends with it."""
    started = monotonic()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            out, err = _ended(process)
            err += f"\nnot done after {limit_s:g} s"
        except BaseException:
            _ended(process)
            raise
    rows = documents(file.read_text(encoding="utf-8") if file.exists() else out)
    told: dict[str, Json] = {"took_s": round(monotonic() - started, 1), "rows": list(rows)}
    if process.returncode or not rows:
        told["failed"] = (err.strip() or out.strip() or f"exit status {process.returncode}")[-WORDS:]
    return told


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    for sign in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        try:
            return process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            continue
    return "", ""


def write(path: Path, found: Mapping[str, Json]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def run_all(plan: Sequence[Bench], out: Path, *, quick: bool, photos: Path | None, gpu: bool) -> list[str]:
    """Names of the benches that failed."""
    benches: dict[str, Json] = {}
    machine: dict[str, Json] = {**facts()}
    failed = []
    for bench in plan:
        if why := left_out(bench, photos=photos, gpu=gpu):
            print(f"{bench.name}: left out: {why}", flush=True)
            continue
        print(f"{bench.name} ...", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rows.json"
            told = run_bench(command_of(bench, quick=quick, file=file, photos=photos), bench.limit_s, file)
        if "failed" in told:
            failed.append(bench.name)
        print(f"{bench.name}: {told.get('failed') or 'done'} ({told['took_s']} s)", flush=True)
        benches[bench.name] = told
        write(out, {"machine": machine, "quick": quick, "benches": benches})
    return failed


def has_gpu() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only whether they run")
    parser.add_argument("--only", default="", help=f"of {', '.join(bench.name for bench in PLAN)}")
    parser.add_argument("--photos", type=Path, help="photographs for the bench of the built-in engine")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    given = parser.parse_args(arguments)
    wanted = [name for name in given.only.split(",") if name] or [bench.name for bench in PLAN]
    if unknown := set(wanted) - {bench.name for bench in PLAN}:
        parser.error(f"--only {', '.join(sorted(unknown))}: there is no such bench")
    plan = [bench for bench in PLAN if bench.name in wanted]
    failed = run_all(plan, given.out, quick=given.quick, photos=given.photos, gpu=has_gpu())
    print(f"{given.out}: {', '.join(failed)} failed" if failed else f"{given.out}: done")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
