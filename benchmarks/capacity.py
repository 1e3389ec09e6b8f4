"""How many workers, partitions and gigabytes so many livestreams take, and how old their views become. On paper.

    python -m benchmarks.capacity --costs classic --streams 100 --products 60 --cores 2 [--speech] [--limit 1.0]
    python -m benchmarks.capacity --costs classic --validate

`--costs` names a file of measured costs: one in benchmarks/costs, or your own. A worker is run in simulated time
(`benchmarks/load.py`) with more and more livestreams, until a frame is dropped or the age p99 passes `--limit`. There
are no costs of a GPU: none has been measured, and nothing is guessed. Measure with bench_gpu and bench_scope, write a
file. `--validate` sets what is predicted beside what was measured.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console
from rich.table import Table

from benchmarks.load import Costs, Outcome, simulate
from indexes.footprint import footprint

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "costs"
SEEDS = (1, 2, 3)  # the worst of them counts
MOST = 4096  # livestreams that one worker is asked for
CONSUMER_SHARE = 2  # partitions a consumer: the second is what can be moved when one is added
DEFAULT_PARTITIONS = 8  # as `kafka.partitions` is set unless told
MEGA, GIGA = 1e6, 1e9
COLUMNS = ("streams", "heard", "age p50", "said", "age p99", "said", "error", "dropped", "said", "cores", "said")


class CapacityError(Exception):
    """What cannot be said, and what would help."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GalleryCosts(_Strict):
    dim: int
    patch_dim: int
    patches: int  # of a picture, at most
    voting: int  # of those; 0 where a bundle does without


class Point(_Strict):
    """One run of bench_streams."""

    streams: int
    p99_s: float
    dropped: int
    cores: float
    p50_s: float | None = None
    age: Literal["view", "event"] = "view"  # an event's is a view's and what publishing took
    speech: bool = False
    seconds: float = 40.0
    commit: str = ""


class Measured(_Strict):
    """A file of costs, each with where it comes from."""

    engine: str
    machine: str
    costs: Costs
    largest_scope: int  # products that searching was measured with
    cores: float
    apart_s: float | None = None  # of livestreams in the runs that were measured
    worker_mb: float
    stream_mb: float
    gallery: GalleryCosts
    sources: list[str] = Field(alias="from")
    measured: list[Point] = []


@dataclass(frozen=True, slots=True)
class Asked:
    streams: int
    products: int  # in the gallery
    pictures_each: float = 2.0
    scope: int = 15  # products that one livestream may show
    cores: float = 2.0  # of one worker
    fps: float = 2.0
    limit_s: float = 1.0  # of age p99
    spare: float = 0.2  # of what a worker holds at most, kept for what the model does not know
    speech: bool = False
    consumers: int = 4


@dataclass(frozen=True, slots=True)
class Plan:
    streams: int
    products: int
    workers: int
    streams_a_worker: int
    streams_at_most: int  # of a worker, before one more drops frames or passes the limit
    cores: float  # all workers'
    partitions: int
    memory_gb: float  # all workers'
    mapped_gb: float  # files of the gallery, once a machine
    p50_s: float
    p99_s: float


def read_costs(name: str) -> Measured:
    path = Path(name) if name.endswith(".json") else FOLDER / f"{name}.json"
    known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.json")))
    try:
        return Measured.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CapacityError(
            f"costs {name!r}: not yet measured: there are {known}; measure with benchmarks.bench_gpu or "
            "bench_encoders, bench_scope and bench_decode, and give a file like them"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise CapacityError(f"costs {path}: {where}: {first['msg']}: correct it, see {FOLDER}/*.json") from error


def worst(costs: Costs, streams: int, cores: float, *, fps: float) -> Outcome:
    """Of a few ways in which the livestreams' frames may fall."""
    runs = [simulate(costs, streams, cores, fps=fps, seed=seed) for seed in SEEDS]
    return max(runs, key=lambda run: (run.dropped, run.p99_s))


def most_streams(costs: Costs, asked: Asked) -> int:
    """Of one worker; 0 where it cannot hold a single one."""

    def holds(streams: int) -> bool:
        run = worst(costs, streams, asked.cores, fps=asked.fps)
        return run.dropped == 0 and run.p99_s <= asked.limit_s

    good, bad = 0, 1
    while bad <= MOST and holds(bad):
        good, bad = bad, 2 * bad
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return good


def plan(measured: Measured, asked: Asked) -> Plan:
    if least := [f"--{name.replace('_', '-')} {value:g}" for name, value in _amounts(asked) if value <= 0]:
        raise CapacityError(f"{', '.join(least)}: give more than nothing")
    if not 0 <= asked.spare < 1:
        raise CapacityError(f"--spare {asked.spare:g}: give a share from 0 to below 1")
    if asked.scope > measured.largest_scope:
        raise CapacityError(
            f"{asked.scope} products in a livestream's scope: searching was measured up to {measured.largest_scope}: "
            "measure more with benchmarks.bench_scope, or give livestreams product lists"
        )
    costs = replace(measured.costs, outside_cores=0.0)
    if not asked.speech:
        costs = replace(costs, speech_cores=0.0)
    most = most_streams(costs, asked)
    if most == 0:
        raise CapacityError(
            f"{asked.cores:g} cores hold no livestream of {measured.engine} at {asked.fps:g} frames/s within "
            f"{asked.limit_s:g} s: more cores, fewer frames or a longer limit"
        )
    workers = math.ceil(asked.streams / max(1, math.floor(most * (1 - asked.spare))))
    share = math.ceil(asked.streams / workers)
    run = worst(costs, share, asked.cores, fps=asked.fps)
    private, mapped = _memory(measured, round(asked.products * asked.pictures_each))
    memory = workers * (measured.worker_mb * MEGA + private) + asked.streams * measured.stream_mb * MEGA
    return Plan(
        streams=asked.streams,
        products=asked.products,
        workers=workers,
        streams_a_worker=share,
        streams_at_most=most,
        cores=workers * asked.cores,
        partitions=partitions(asked.consumers),
        memory_gb=round(memory / GIGA, 2),
        mapped_gb=round(mapped / GIGA, 2),
        p50_s=round(run.p50_s, 3),
        p99_s=round(run.p99_s, 3),
    )


def _amounts(asked: Asked) -> Iterator[tuple[str, float]]:
    for name in ("streams", "products", "pictures_each", "scope", "cores", "fps", "consumers"):
        yield name, getattr(asked, name)
    yield "limit", asked.limit_s


def partitions(consumers: int) -> int:
    """Keys are livestreams and events are few: consumers decide. A power of two, as adding some later moves keys."""
    return max(DEFAULT_PARTITIONS, 1 << (CONSUMER_SHARE * consumers - 1).bit_length())


def _memory(measured: Measured, pictures: int) -> tuple[int, int]:
    kind = measured.gallery
    needs = footprint(
        pictures=pictures,
        dim=kind.dim,
        patches=pictures * kind.patches,
        patch_dim=kind.patch_dim,
        voting=pictures * kind.voting,
    )
    return needs.private, needs.mapped


@dataclass(frozen=True, slots=True)
class Check:
    point: Point
    said: Outcome

    @property
    def error(self) -> float:
        """Of the age p99, as a share of the measured one."""
        return self.said.p99_s / self.point.p99_s - 1


def checks(measured: Measured) -> Iterator[Check]:
    """The median of the seeds: what was measured was one run, too."""
    for point in measured.measured:
        costs = measured.costs if point.speech else replace(measured.costs, speech_cores=0.0)
        runs = [
            simulate(
                costs,
                point.streams,
                measured.cores,
                apart_s=measured.apart_s,
                seed=seed,
                seconds=point.seconds,
            )
            for seed in SEEDS
        ]
        yield Check(point, sorted(runs, key=lambda run: run.p99_s)[len(runs) // 2])


def report(measured: Measured) -> None:
    table = Table(title=f"{measured.engine}; {measured.machine}")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for check in checks(measured):
        point, said = check.point, check.said
        table.add_row(
            str(point.streams), "yes" if point.speech else "no",
            "-" if point.p50_s is None else f"{point.p50_s:.3f}", f"{said.p50_s:.3f}",
            f"{point.p99_s:.3f}", f"{said.p99_s:.3f}",
            f"{check.error:+.0%}", str(point.dropped), str(said.dropped), f"{point.cores:.2f}", f"{said.cores:.2f}",
        )  # fmt: skip
    Console(width=120).print(table)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--costs", default="classic", help="a name in benchmarks/costs, or a JSON file")
    parser.add_argument("--validate", action="store_true", help="predicted beside measured")
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--products", type=int, default=1000, help="in the gallery")
    parser.add_argument("--pictures-each", type=float, default=2.0, help="pictures of a product")
    parser.add_argument("--scope", type=int, default=15, help="products that one livestream may show")
    parser.add_argument("--cores", type=float, default=2.0, help="of one worker")
    parser.add_argument("--fps", type=float, default=2.0, help="frames a second that are looked at")
    parser.add_argument("--limit", dest="limit_s", type=float, default=1.0, help="seconds of age p99 allowed")
    parser.add_argument("--spare", type=float, default=0.2, help="share of a worker that is kept free")
    parser.add_argument("--speech", action="store_true", help="livestreams are listened to")
    parser.add_argument("--consumers", type=int, default=4, help="that read the events in parallel")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    given = vars(read_arguments(arguments))
    costs, validate = given.pop("costs"), given.pop("validate")
    try:
        measured = read_costs(costs)
        if validate:
            report(measured)
            return 0
        answer = plan(measured, Asked(**given))
    except CapacityError as error:
        print(error, file=sys.stderr)
        return 2
    for name, value in asdict(answer).items():
        print(f"{name:17} {value:g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
