"""All that a GPU shall be asked, in one call and under ten minutes: its tests, then its benches, into one JSON file.

    python -m benchmarks.bench_gpu_all [--within 570] [--only encode-b32,streams] [--out build/gpu.json]

Each part is told how long it may take: what it is good for, and no more than leaves time to end it by force. What
there is no time for is not begun, and said, in the file too; what is ended keeps the rows it had. So the whole is
over when it has to be, whatever a part does. The file is written anew after each part.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.all import STOP_S, run_bench, write
from benchmarks.machine import facts
from engines.errors import DeviceError
from engines.gpu.device import find_gpu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.results import Json

    Run = Callable[[Sequence[str], float], dict[str, Json]]

WITHIN_S = 570.0
END_S = 2 * STOP_S  # a part that does not end may take: asked first, then killed
START_S = 25.0  # of a part's time are Python's, torch's and the model's making
WITHIN = "{within}"  # stands for the seconds that a bench may measure


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    command: tuple[str, ...]  # after python -m
    wants_s: float
    least_s: float  # with less it would give nothing


def encoder(name: str, model: str, backend: str, wants_s: float, least_s: float) -> Part:
    words = ("--model", model, "--backend", backend, "--seconds", "1", "--within", WITHIN)
    return Part(name, ("benchmarks.bench_gpu", *words), wants_s, least_s)


STREAMS = ("--bundle", "ViT-B-32", "--seconds", "12", "--within", WITHIN)
# The telling ones first. A plan of TensorRT takes minutes to compile: it gets what the others leave.
PLAN = (
    Part("tests", ("benchmarks.gpu_tests",), 70, 30),
    encoder("encode-b16", "ViT-B-16", "torch-cuda", 100, 45),
    encoder("encode-b32", "ViT-B-32", "torch-cuda", 85, 45),
    Part("streams", ("benchmarks.bench_gpu_streams", *STREAMS), 185, 60),
    Part("search", ("benchmarks.bench_gpu_search",), 60, 20),
    Part("decode", ("benchmarks.bench_gpu_decode", "--seconds", "10"), 40, 20),
    encoder("plan-b32", "ViT-B-32", "tensorrt", 240, 60),
)


def allotted(part: Part, left_s: float) -> float | None:
    """Seconds that it may take, so that it is over in time even if it has to be ended. None: too few. Pure."""
    most = min(part.wants_s, left_s - END_S)
    return most if most >= part.least_s else None


def run_parts(
    plan: Sequence[Part], within_s: float, run: Run, now: Callable[[], float], keep: Callable[[dict[str, Json]], None]
) -> dict[str, Json]:
    """By name what each part gave, or why it was not begun; `keep` is handed it after each."""
    ends = now() + within_s
    told: dict[str, Json] = {}
    for part in plan:
        limit = allotted(part, ends - now())
        if limit is None:
            told[part.name] = {"skipped": f"no time: it takes {part.least_s:g} s at least"}
        else:
            told[part.name] = run(command_of(part, limit), limit)
        print(f"{part.name}: {said(told[part.name])}", flush=True)
        keep(told)
    return told


def command_of(part: Part, limit_s: float) -> list[str]:
    within = f"{max(limit_s - START_S, 1):.0f}"
    return [sys.executable, "-m", *(within if word == WITHIN else word for word in part.command)]


def said(of: Json) -> str:
    assert isinstance(of, dict)
    return str(of.get("skipped") or of.get("failed") or "done") + (f" ({of['took_s']} s)" if "took_s" in of else "")


def run_part(command: Sequence[str], limit_s: float) -> dict[str, Json]:
    with tempfile.TemporaryDirectory() as folder:
        return run_bench(command, limit_s, Path(folder) / "no rows here")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--within", type=float, default=WITHIN_S, help="seconds (default: %(default)s)")
    parser.add_argument("--only", default="", help=f"of {', '.join(part.name for part in PLAN)}")
    parser.add_argument("--out", type=Path, default=Path("build/gpu.json"))
    given = parser.parse_args(arguments)
    wanted = [name for name in given.only.split(",") if name] or [part.name for part in PLAN]
    if unknown := set(wanted) - {part.name for part in PLAN}:
        parser.error(f"--only {', '.join(sorted(unknown))}: there is no such part")
    try:
        gpu = find_gpu()
    except DeviceError as error:
        print(f"nothing to measure: {error}", file=sys.stderr)
        return 1
    machine: dict[str, Json] = {"gpu": gpu.name, "memory_gib": round(gpu.memory / 2**30, 1), **facts()}

    def keep(told: dict[str, Json]) -> None:
        write(given.out, {"machine": machine, "benches": told})

    plan = [part for part in PLAN if part.name in wanted]
    told = run_parts(plan, given.within, run_part, time.monotonic, keep)
    failed = [name for name, of in told.items() if isinstance(of, dict) and "failed" in of]
    print(f"{given.out}: {', '.join(failed)} failed" if failed else f"{given.out}: done")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
