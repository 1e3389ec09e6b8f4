"""Rules for every test: one declared category a module, no blocked loop, no skip where everything is required."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import structlog
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

CATEGORIES = {"unit", "media", "kafka", "browser", "models", "gpu"}
# The default renders tracebacks with every local variable, which takes minutes inside an event loop under test.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
# On a busy machine every draw is slow: that says nothing about the test.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
REQUIRE_ALL = os.environ.get("NOWSHOWING_REQUIRE_ALL") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mine = {mark.name for mark in item.iter_markers()} & CATEGORIES
        if len(mine) != 1:
            raise pytest.UsageError(
                f"{item.nodeid}: a test module declares exactly one category (pytestmark = pytest.mark.unit, "
                f"...), one of {sorted(CATEGORIES)}; this one has {sorted(mine) or 'none'}"
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    expected = hasattr(report, "wasxfail") or item.get_closest_marker("gpu") is not None
    if REQUIRE_ALL and report.skipped and not expected:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and NOWSHOWING_REQUIRE_ALL=1: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command under test sets up logs for its whole process, which is ours."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def _no_blocking_call_on_the_loop(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """A blocking call made on a running event loop by our own packages fails the test."""
    if not request.node.get_closest_marker("asyncio"):
        yield None
        return
    with blockbuster_ctx(scanned_modules=["stream", "engines", "indexes"]) as guard:
        for name in ("io.BufferedReader.read", "os.listdir"):
            # Its files are in /proc, which is memory.
            guard.functions[name].can_block_in("prometheus_client/process_collector.py", {"_boot_time", "collect"})
        yield guard
