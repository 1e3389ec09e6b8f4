"""The dashboard asks for what a worker exports, in words that Prometheus and Grafana understand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Exported = Mapping[str, tuple[str, tuple[str, ...]]]

pytestmark = pytest.mark.unit

DASHBOARD = json.loads(
    (Path(__file__).parents[2] / "deploy" / "grafana" / "dashboard.json").read_text(encoding="utf-8")
)
PANELS = DASHBOARD["panels"]
ROWS = [panel for panel in PANELS if panel["type"] == "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel.get("targets", [])]
OF_SCRAPING = {"job", "instance"}
GRID = 24  # Grafana's columns


def stem(name: str) -> str:
    """The metric that a series belongs to: histograms have three kinds of them."""
    return re.sub(r"_(bucket|count|sum)$", "", name)


def selectors(expression: str) -> Iterator[tuple[str, set[str]]]:
    for name, inside in re.findall(r"\b((?:nowshowing|process)_\w+)(?:\{([^}]*)\})?", expression):
        yield name, set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", inside))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_panel_asks_for_series_and_labels_that_there_are(expression: str, exported: Exported) -> None:
    for name, labels in selectors(expression):
        if name.startswith("process_"):
            continue
        type_, known = exported[stem(name)]
        assert (stem(name) != name) == (type_ == "histogram"), name
        assert labels <= {*known, *OF_SCRAPING, *({"le"} if type_ == "histogram" else ())}, name


def test_a_panel_can_be_narrowed_to_a_worker() -> None:
    for expression in EXPRESSIONS:
        for name, labels in selectors(expression):
            assert labels >= OF_SCRAPING, f"{name} in {expression}"


def test_nothing_that_a_worker_exports_is_left_out(exported: Exported) -> None:
    shown = {stem(name) for expression in EXPRESSIONS for name, _ in selectors(expression)}
    assert {name for name in shown if name.startswith("nowshowing_")} == set(exported)


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: run tests/install_servers.sh")
    plain = [expression.replace("$__rate_interval", "5m") for expression in EXPRESSIONS]
    rules = [{"record": f"panel:{i}", "expr": expression} for i, expression in enumerate(plain)]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(
        [promtool, "check", "rules", str(file)], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_their_own_place_and_number() -> None:
    taken = [
        (x, y)
        for panel in PANELS
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert all(x < GRID for x, _ in taken)
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)


def test_the_data_source_is_chosen_by_who_imports_it() -> None:
    asked = [panel["datasource"] for panel in PANELS if panel not in ROWS]
    asked += [target["datasource"] for panel in PANELS for target in panel.get("targets", [])]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in asked)
    assert {"datasource", "job", "instance"} == {variable["name"] for variable in DASHBOARD["templating"]["list"]}
