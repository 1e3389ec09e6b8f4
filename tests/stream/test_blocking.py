"""The rule that a blocking call on the loop fails a test is itself tested."""

from __future__ import annotations

from pathlib import Path

import pytest
from blockbuster import BlockingError

import stream

pytestmark = pytest.mark.unit


async def test_a_blocking_call_made_by_our_packages_on_the_loop_is_an_error() -> None:
    ours = Path(stream.__file__).with_name("sleeper.py")
    code = compile("import time\ntime.sleep(0.001)", str(ours), "exec")
    with pytest.raises(BlockingError):
        exec(code)
