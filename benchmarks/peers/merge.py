"""Rows that were printed with --json, as works again: runs of one work at a time make one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peers import encode, gallery, ingest, publish
from benchmarks.peers.table import MACHINE, Floor, Measure, Work
from benchmarks.peers.turns import Result
from benchmarks.results import ResultsError, documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from benchmarks.results import Json

MEASURES: dict[str, tuple[Measure, ...]] = {
    ingest.FROM_FILE[0]: ingest.FILE,
    ingest.NOTHING_SKIPPED[0]: ingest.FILE,
    ingest.LIVE_WORK[0]: ingest.LIVE,
    encode.WORKS[1][0]: encode.MEASURES,
    encode.WORKS[0][0]: encode.MEASURES,
    gallery.NAME: gallery.MEASURES,
    publish.SUSTAINED_WORK[0]: publish.SUSTAINED,
    publish.PACED_WORK[0]: publish.PACED,
}


def read(paths: Iterable[Path]) -> list[Work]:
    """In the order in which works are run; of a work that is in several files, the last one."""
    found: dict[str, list[Mapping[str, Json]]] = {}
    for path in paths:
        try:
            rows = documents(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ResultsError(f"{path}: cannot be read: {error}") from error
        here: dict[str, list[Mapping[str, Json]]] = {}
        for row in rows:
            here.setdefault(str(row.get("work")), []).append(row)
        found |= here
    if not set(found) & set(MEASURES):
        raise ResultsError("no rows of benchmarks.peers: give files that it printed with --json")
    return [work(name, found[name]) for name in MEASURES if name in found]


def work(name: str, rows: Iterable[Mapping[str, Json]]) -> Work:
    measures, results, floor, title = MEASURES[name], [], None, name
    for row in rows:
        title = str(row.get("title", title))
        figures = {
            measure.figure: float(value)
            for measure in measures
            if isinstance(value := row.get(measure.figure), (int, float))
        }
        if row.get("who") == MACHINE:
            floor = Floor(str(row.get("how_measured")), figures)
        else:
            results.append(Result(str(row.get("who")), figures, absent=str(row.get("absent", ""))))
    return Work(name, title, measures, results, floor)
