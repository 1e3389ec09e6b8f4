"""Commands that documents show are commands that the program takes: nothing is run, everything is parsed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from stream.cli import app

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for of in ("*.md", "benchmarks/*.md", "docs/**/*.md") for page in ROOT.glob(of))
TYPED = re.compile(r"^\$ nowshowing (.+(?:\\\n.+)*)", re.MULTILINE)
MODULE = re.compile(r"python -m (benchmarks[\w.]*\w)")


def commands() -> list[str]:
    found = {line for page in PAGES for line in TYPED.findall(page.read_text(encoding="utf-8"))}
    return sorted(" ".join(line.replace("\\\n", " ").split()) for line in found)


@pytest.mark.parametrize("line", commands())
def test_the_program_takes_each_command_of_the_documents(line: str) -> None:
    command, words = get_command(app), shlex.split(line, comments=True)
    context = command.make_context("nowshowing", [], resilient_parsing=True)
    while isinstance(command, TyperGroup):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command = found
    command.make_context(line, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_bench_of_the_documents_is_there(page: Path) -> None:
    for name in MODULE.findall(page.read_text(encoding="utf-8")):
        place = ROOT.joinpath(*name.split("."))
        assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), name
