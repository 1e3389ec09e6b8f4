"""How much memory this process may still take, as Linux tells it. Knows no gallery."""

from __future__ import annotations

import contextlib
from pathlib import Path

ROOT = Path("/")
KIB = 1024


def free_memory(root: Path = ROOT) -> int | None:
    """Bytes: what the machine has left, or the container's limit if that is nearer. None where nobody says."""
    known = [each for each in (_machine(root), _container(root)) if each is not None]
    return min(known, default=None)


def _machine(root: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * KIB
    return None


def _container(root: Path) -> int | None:
    """Of this process' control group and of every one around it (version 2), the one with least room."""
    top = root / "sys/fs/cgroup"
    with contextlib.suppress(OSError):
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
        own = next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), "")
        folder = top / own
        around = [folder, *(parent for parent in folder.parents if parent.is_relative_to(top))]
        return min((room for each in around if (room := _room(each)) is not None), default=None)
    return None


def _room(folder: Path) -> int | None:
    """Pages of files that were not used lately are given up before anything is refused."""
    try:
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        facts = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # no such group here, or "max": no limit
        return None
    idle = next((int(line.split()[1]) for line in facts if line.startswith("inactive_file ")), 0)
    return max(limit - used + idle, 0)
