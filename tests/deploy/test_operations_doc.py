"""The operators' page against the code: every metric, every reason and every alert has its place in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from indexes.feeds import REQUIRED
from stream import retry
from stream.clock import ManualClock
from stream.metrics import LOSSES, Metrics
from stream.types import Reason, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    Exported = Mapping[str, tuple[str, tuple[str, ...]]]

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PAGES = sorted(
    str(page.relative_to(ROOT)) for of in ("*.md", "benchmarks/*.md", "docs/**/*.md") for page in ROOT.glob(of)
)
ALERTS = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "alert" in rule
]


def table(first_column: str) -> list[list[str]]:
    """The rows below the header that begins so, cell by cell."""
    lines = PAGE[PAGE.index(f"| {first_column} |") :].splitlines()[2:]
    rows: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def code(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_metrics_are_those_that_a_worker_exports(exported: Exported) -> None:
    told = {code(name)[0]: (type_, code(labels)) for name, type_, labels, *_ in table("metric")}
    assert told == dict(exported)


def test_every_reason_is_explained() -> None:
    assert [code(row[0])[0] for row in table("reason")] == [reason.value for reason in Reason]
    assert all(meaning and do for _, meaning, do, _ in table("reason"))


def test_how_soon_is_tried_again_is_what_the_code_does() -> None:
    told: dict[str, set[str]] = {}
    for reason, _, _, again in table("reason"):
        told.setdefault(again, set()).add(code(reason)[0])
    # A stream that says that it is over is not tried again; it only shares the delay of those that may come back.
    assert told["quickly"] == retry.QUICK - {Reason.END_OF_STREAM}
    assert told["patiently"] == retry.SLOW
    assert set(told) == {"no", "quickly", "patiently", "as usual", "as a fault"}


def test_every_state_is_named() -> None:
    section = PAGE[PAGE.index("## States and reasons") : PAGE.index("### Back-off")]
    assert {state.value for state in State} <= set(code(section))


def test_every_alert_has_its_section_and_no_section_lacks_its_alert() -> None:
    runbook = PAGE[PAGE.index("## Runbook") : PAGE.index("## How much a worker holds")]
    assert re.findall(r"^### (\w+)$", runbook, re.MULTILINE) == [alert["alert"] for alert in ALERTS]


def test_an_alert_that_names_a_runbook_names_its_own_section() -> None:
    for alert in ALERTS:
        url = alert["annotations"].get("runbook_url", f"#{anchor(alert['alert'])}")
        assert url.rpartition("#")[2] == anchor(alert["alert"])


@pytest.mark.parametrize("cause", LOSSES)
def test_a_cause_of_loss_is_explained_and_there_before_its_first_event(cause: str) -> None:
    assert f'nowshowing_events_failed_total{{cause="{cause}"}} 0.0' in Metrics(ManualClock()).render().decode()
    lost = PAGE[PAGE.index("### NowshowingEventsLost") : PAGE.index("### NowshowingSinkDown")]
    assert cause in code(lost) or cause in lost.lower()


def test_each_column_of_a_feed_that_is_read_is_in_the_table() -> None:
    read = re.compile(r'fields\.(?:text|value)\("(\w+)"\)')
    columns = set(read.findall((ROOT / "indexes" / "fields.py").read_text(encoding="utf-8")))
    rows = table("column")
    assert columns == {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert set(REQUIRED) == {row[0].strip("`") for row in rows if row[1] == "yes"}


def test_each_cause_of_a_dropped_frame_is_explained() -> None:
    counted = re.compile(r'frames_dropped\("(\w+)"')
    causes = {cause for path in (ROOT / "stream").rglob("*.py") for cause in counted.findall(path.read_text())}
    row = next(row for row in table("metric") if "nowshowing_frames_dropped_total" in row[0])
    assert causes == set(re.findall(r"`(\w+)`:", row[3]))


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in target:
            continue
        file, _, section = target.partition("#")
        found = (ROOT / page).parent / file if file else ROOT / page
        assert found.exists(), target
        if section:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert section in {anchor(heading) for heading in headings}, target
