"""What is left for a process, from files as Linux writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indexes.memory import free_memory

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

GIB = 1 << 30


def machine(root: Path, free_kib: int) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {free_kib} kB\n")
    return root


def group(root: Path, name: str, limit: str, used: int, idle: int = 0) -> None:
    folder = root / "sys/fs/cgroup" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(limit + "\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {idle}\nactive_file 7\n")


def test_a_machine_without_a_container_tells_what_is_available(tmp_path: Path) -> None:
    assert free_memory(machine(tmp_path, 4 << 20)) == 4 * GIB
    group(tmp_path, ".", "max", GIB)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    assert free_memory(tmp_path) == 4 * GIB


def test_a_containers_limit_is_nearer_than_the_machines_end(tmp_path: Path) -> None:
    machine(tmp_path, 64 << 20)
    (tmp_path / "proc/self/cgroup").write_text("12:memory:/old\n0::/pod/worker\n")
    group(tmp_path, "pod/worker", str(8 * GIB), 3 * GIB, idle=GIB)
    assert free_memory(tmp_path) == 6 * GIB  # pages of files that nobody uses are given up first
    group(tmp_path, "pod", str(4 * GIB), 3 * GIB)
    assert free_memory(tmp_path) == GIB
    group(tmp_path, "pod", str(2 * GIB), 3 * GIB)
    assert free_memory(tmp_path) == 0


def test_where_nobody_says_nothing_is_known(tmp_path: Path) -> None:
    assert free_memory(tmp_path) is None
