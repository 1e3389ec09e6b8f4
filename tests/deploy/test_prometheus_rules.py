"""The alerts are what Prometheus accepts, go off when they should, and speak of metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from stream.clock import ManualClock
from stream.metrics import Metrics

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize("command", [("check", "rules", "rules.yaml"), ("test", "rules", "rules.test.yaml")])
def test_promtool_is_content(command: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: run tests/install_servers.sh")
    done = subprocess.run([promtool, *command], check=False, capture_output=True, text=True, cwd=FOLDER, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_speak_of_metrics_that_a_worker_has() -> None:
    families = text_string_to_metric_families(Metrics(ManualClock()).render().decode())
    # A counter's family is named without its suffix, and has no sample before its first label.
    there = {name for f in families for name in (f.name, f"{f.name}_total", f"{f.name}_bucket", f"{f.name}_count")}
    for rule in RULES:
        assert set(re.findall(r"\bnowshowing_\w+", rule["expr"])) <= there, rule


def test_every_alert_is_tested() -> None:
    tested = set(re.findall(r"alertname: (\w+)", (FOLDER / "rules.test.yaml").read_text(encoding="utf-8")))
    assert {rule["alert"] for rule in RULES if "alert" in rule} == tested
