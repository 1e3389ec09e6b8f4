"""`nowshowing catalogue check`: what is on stdout, and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from indexes.errors import CatalogueError
from stream.commands.catalogue import app

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

HEAD = "id,title,image_link,price\n"


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.csv"
    path.write_text(HEAD + "a,A,http://x.example/a,1 EUR\n,B,http://x.example/b,cheap\nc,C,http://x.example/c,much\n")
    return path


def test_every_problem_is_a_line_and_the_exit_code_says_that_there_are_some(feed: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(feed)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "line 3: id '' is missing: give every product its own id"
    assert lines[2].startswith("line 4: price 'much' is no price")
    assert lines[-1].endswith("2 products, 3 problems, 1 rows left out")


def test_with_json_there_are_only_json_lines_on_stdout(feed: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(feed), "--json"])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["line"], line["field"], line["dropped"]) for line in lines[:-1]] == [
        (3, "id", True),
        (3, "price", False),
        (4, "price", False),
    ]
    assert lines[-1] == {
        "type": "nowshowing.catalogue.checked",
        "feed": str(feed),
        "products": 2,
        "problems": 3,
        "dropped": 1,
    }


def test_a_good_feed_exits_with_nothing_to_say(feed: Path) -> None:
    feed.write_text(HEAD + "a,A,http://x.example/a,1 EUR\n")
    result = CliRunner().invoke(app, ["check", str(feed)])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"{feed}: 1 products, 0 problems, 0 rows left out"]


def test_a_feed_that_is_none_is_one_known_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(tmp_path / "none.csv")])
    assert isinstance(result.exception, CatalogueError)


def test_no_feed_is_wrong_use() -> None:
    assert CliRunner().invoke(app, ["check"]).exit_code == 2
