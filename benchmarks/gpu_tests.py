"""The tests that need a GPU, counted in a row of JSON as benches print them. Measures nothing.

python -m benchmarks.gpu_tests
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

NAMES = "test_*on_gpu.py"  # collecting all others would take longer than these


class Count:
    """As pytest calls it."""

    def __init__(self) -> None:
        self.outcomes = Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":  # a fixture that fails or skips counts, too
            self.outcomes[report.outcome] += 1


def main(tests: Path = Path("tests")) -> int:
    count = Count()
    files = sorted(map(str, tests.rglob(NAMES)))
    code = pytest.main(["-q", "-m", "gpu", "-p", "no:cacheprovider", *files], plugins=[count])
    print(json.dumps({f"tests_{outcome}": count.outcomes[outcome] for outcome in ("passed", "failed", "skipped")}))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
