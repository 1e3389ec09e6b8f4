"""Ours and its peers on the same work, in turns, in one table; where a peer is better, why.

    python -m benchmarks.peers [--only ingest,encode,gallery,publish] [--quick] [--rounds 5] [--json] [--markdown]
    python -m benchmarks.peers --read one.jsonl two.jsonl [--markdown]     # what --json printed, as one table

Everybody is a process of its own. Ours run in this interpreter's environment, peers in `.venv-peers`, which `make
peers` fills from requirements/peers.txt. Who is not installed is said so, and the others go on. A figure is the
median over the turns; in brackets is how many times better ours is. The last line of each work is what the machine
could do. CPU times are what to compare where others use the machine, too.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.machine import facts
from benchmarks.peers.merge import read
from benchmarks.peers.options import Options
from benchmarks.peers.reasons import explained
from benchmarks.peers.table import losses, markdown, rows, table
from benchmarks.results import ResultsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.peers.table import Work

WORKS = ("ingest", "encode", "gallery", "publish")
PEERS = Path(__file__).parents[2] / ".venv-peers" / "bin" / "python"


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(WORKS), help="of ingest, encode, gallery, publish")
    parser.add_argument("--quick", action="store_true", help="only whether they run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=100_000, help="in the gallery")
    parser.add_argument("--peers-python", type=Path, default=PEERS, help="an interpreter that has the peers")
    parser.add_argument("--json", action="store_true", help="one JSON line a figure's owner, no table")
    parser.add_argument("--markdown", action="store_true", help="the table as the README has it")
    parser.add_argument("--read", type=Path, nargs="+", default=[], help="measure nothing: show these runs")
    given = parser.parse_args(arguments)
    if unknown := set(given.only.split(",")) - set(WORKS):
        parser.error(f"--only {', '.join(sorted(unknown))}: there are {', '.join(WORKS)}")
    return given


def main(arguments: list[str] | None = None) -> int:
    given = read_arguments(arguments)
    try:
        works = read(given.read) if given.read else measured(given)
    except ResultsError as error:
        print(error, file=sys.stderr)
        return 2
    if given.json:
        for work in works:
            for row in rows(work):
                print(json.dumps(row | facts()), flush=True)
        return 0
    report(works, as_markdown=given.markdown)
    return 0


def measured(given: argparse.Namespace) -> list[Work]:
    options = Options(Path(sys.executable), given.peers_python, given.quick, given.rounds, given.pictures)
    works: list[Work] = []
    for name in given.only.split(","):
        with tempfile.TemporaryDirectory(prefix=f"peers-{name}-") as folder:
            works += import_module(f"benchmarks.peers.{name}").run(options, Path(folder))
    return works


def report(works: Sequence[Work], *, as_markdown: bool) -> None:
    machine = facts()
    title = f"{machine['cpu']}, {machine['cores']} cores, {machine['commit']}"
    if as_markdown:
        print(markdown(works))
    else:
        Console(width=170).print(table(works, title))
    for line in explained(losses(works)):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
