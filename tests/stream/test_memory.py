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


FRAMES = """
import resource, sys
import numpy as np
from stream.memory import give_back, keep_pages
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def frame():
    return len([np.ones(500_000, np.float32) for _ in range(12)])
if sys.argv[1] == "keep":
    keep_pages()
frame()
start = faults()
for _ in range(5):
    frame()
often = faults() - start
give_back()
start = faults()
frame()
print(often, faults() - start)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's ways with memory")
def test_what_every_frame_needs_stays_mapped_until_it_is_given_back() -> None:
    def faults(how: str) -> list[int]:
        command = [sys.executable, "-c", FRAMES, how]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        return [int(word) for word in done.stdout.split()]

    (often, _), (kept, after) = faults("as it comes"), faults("keep")
    assert kept < often / 10
    assert after > 1000  # given back: the next frame is handed new pages


CYCLES = """
import gc, weakref
from stream.memory import settle, unsettle
class Part:
    pass
def ring():
    one, two = Part(), Part()
    one.other, two.other = two, one
    return one
gc.disable()
first, second = ring(), ring()
alive = [weakref.ref(first), weakref.ref(second)]
settle()
del first
gc.collect()
settled = [ref() is not None for ref in alive]
settle()
again = [ref() is not None for ref in alive]
unsettle()
del second
gc.collect()
print(settled, again, [ref() is not None for ref in alive])
"""


def test_what_was_settled_is_freed_by_the_next_to_settle_and_once_it_is_over() -> None:
    command = [sys.executable, "-c", CYCLES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split("] ") == ["[True, True", "[False, True", "[False, False]\n"]
