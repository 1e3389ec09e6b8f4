"""Memory goes back to the system: a block freed in another thread's arena does not stay with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

PROGRAM = """
import sys, threading
from stream.memory import few_arenas, give_back
if sys.argv[1] == "few":
    few_arenas()
barrier = threading.Barrier(9)
def work():
    held = [bytearray(60_000) for _ in range(20)]  # below the size that is mapped on its own
    barrier.wait()
for _ in range(8):
    threading.Thread(target=work).start()
lines = open("/proc/self/maps").read().splitlines()
barrier.wait()
arenas = [line for line in lines if "000000-" in line and "rw-p" in line]  # an arena begins at 64 MB steps
give_back()
print(len(arenas))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
def test_threads_share_few_arenas() -> None:
    def arenas(how: str) -> int:
        command = [sys.executable, "-c", PROGRAM, how]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        return int(done.stdout)

    assert arenas("few") < arenas("many")
