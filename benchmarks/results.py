"""What benches print as JSON, read as named rows of figures. Knows no bench: a name is whatever is not measured."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

# Where it ran and with what, not what came out.
MACHINE = (
    "cpu",
    "cores",
    "python",
    "commit",
    "gpu",
    "memory_gib",
    "torch",
    "how",
    "not_here",
    "bundle_hash",
    "took_s",
)
# Numbers that were asked for. A bench that gives one of them as a result gives it as a float.
SETTINGS = frozenset(
    ("streams", "threads", "batch", "pictures", "dim", "products", "rounds", "photos", "queries", "seconds", "seed")
)
TOLD = frozenset(("failed", "ended_by"))  # what came out, in words: a row is called the same in a run where it holds
LONGEST = 3  # of a list that is read number by number, as p50 and p99; a longer one is a course over time


class ResultsError(Exception):
    """A file that holds no results. The message names it, and what was there instead."""


@dataclass(slots=True)
class Run:
    """Figures by row, rows by name; `machine` as the first line that names one has it."""

    machine: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)  # benches that gave nothing, and why


def read_run(path: Path) -> Run:
    """One file of JSON, indented or in lines; what `benchmarks.all` wrote or a single bench."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path}: cannot be read: {error}") from error
    run, seen = Run(), Counter[str]()
    for document in documents(text):
        _take(run, document, (), seen)
    if not run.rows and not run.failed:
        raise ResultsError(f"{path}: holds no figures: give what a bench printed with --json, or `make bench` wrote")
    return run


def documents(text: str) -> list[dict[str, Json]]:
    """Objects in the text: the whole of it, or every line that is one. Anything else is what a person is told."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [found for line in text.splitlines() if (found := _object(line)) is not None]
    return [each for each in (whole if isinstance(whole, list) else [whole]) if isinstance(each, dict)]


def _object(line: str) -> dict[str, Json] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _take(run: Run, found: Mapping[str, Json], path: tuple[str, ...], seen: Counter[str]) -> None:
    for key in MACHINE:
        if (value := found.get(key)) is not None and not isinstance(value, (list, dict)):
            run.machine.setdefault(key, str(value))
    if isinstance(why := found.get("failed"), str):
        run.failed[" ".join(path)] = why
    about = {key: value for key, value in found.items() if key not in MACHINE}
    name = (*path, *_names(about))
    if figures := dict(_figures(about)):
        label = " ".join(name) or "all"
        seen[label] += 1
        run.rows[label if seen[label] == 1 else f"{label} ({seen[label]})"] = figures
    for key, value in about.items():
        step = () if key in ("benches", "results", "result", "rows", "machine") else (key,)
        for each in _inside(value):
            _take(run, each, (*name, *step), seen)


def _inside(value: Json) -> list[dict[str, Json]]:
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _names(about: Mapping[str, Json]) -> Iterator[str]:
    for key, value in about.items():
        if isinstance(value, str) and key not in TOLD:
            yield value
        elif isinstance(value, bool) or (key in SETTINGS and isinstance(value, int)):
            yield f"{key}={value}"


def _figures(about: Mapping[str, Json]) -> Iterator[tuple[str, float]]:
    for key, value in about.items():
        if isinstance(value, list):
            numbers = [each for each in value if isinstance(each, (int, float))]
            if len(numbers) == len(value) <= LONGEST:
                yield from ((f"{key}[{place}]", float(each)) for place, each in enumerate(numbers))
        elif isinstance(value, float) or (type(value) is int and key not in SETTINGS):
            yield key, float(value)
