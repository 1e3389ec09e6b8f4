"""Compiled plans on this machine's disk. Knows no GPU: it keeps bytes, and says whose they are and what they are for.

A plan is a program: whoever can write one here runs code in the worker. So plans lie in a folder of our own that
nobody else may write, every file is looked at again when it is opened, and a bundle never carries one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from engines.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.gpu.plans import PlanKey

MAGIC = b"nowshowing plan 1\n"
HEAD_LIMIT = 1 << 16  # bytes; a head is half a kilobyte
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
CURE = "remove it, then run `nowshowing bundle compile` again"


def default_folder(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "nowshowing" / "plans"


class PlanCache:
    """A folder of plans. Any number of processes may share it: files are only ever replaced whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, key: PlanKey) -> Path:
        return self.folder / f"{key.digest}.plan"

    def find(self, key: PlanKey) -> bytes | None:
        """The plan for exactly this key; None where there is none. One that cannot be trusted is a PlanError."""
        found = self._read(self.path_of(key))
        if found is None:
            return None
        head, plan = found
        told = json.loads(json.dumps(asdict(key)))
        if head.get("key") != told:
            raise PlanError(f"plan {self.path_of(key)}: made for something else ({head.get('key')!r:.200}): {CURE}")
        return plan

    def keep(self, key: PlanKey, plan: bytes) -> Path:
        return self._write(self.path_of(key), {"key": asdict(key)}, plan)

    def timing(self, name: str) -> bytes:
        """What earlier builds learned of kernel speeds; empty where nothing was, or where it cannot be trusted."""
        try:
            found = self._read(self._timing_path(name))
        except PlanError:
            return b""  # only costs time: it is learned again
        return b"" if found is None else found[1]

    def keep_timing(self, name: str, timing: bytes) -> None:
        self._write(self._timing_path(name), {}, timing)

    def _timing_path(self, name: str) -> Path:
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.timing"

    def _read(self, path: Path) -> tuple[dict[str, object], bytes] | None:
        try:
            _check_ours(self.folder, self.folder.lstat(), folder=True)
            # Looked at after opening: what a name points to may change in between, an open file does not.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PlanError(f"plan {path}: cannot be opened: {error.strerror}: {CURE}") from error
        with os.fdopen(descriptor, "rb") as file:
            _check_ours(path, os.fstat(file.fileno()), folder=False)
            return _unpack(path, file.read())

    def _write(self, path: Path, head: Mapping[str, object], content: bytes) -> Path:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_ours(self.folder, self.folder.lstat(), folder=True)
            _replace(path, _pack(head, content))
        except OSError as error:
            raise PlanError(f"plan {path}: cannot be written: {error.strerror}: free or give a folder") from error
        return path


def _pack(head: Mapping[str, object], content: bytes) -> bytes:
    told = json.dumps(dict(head) | {"sha256": hashlib.sha256(content).hexdigest()}, sort_keys=True).encode()
    return MAGIC + told + b"\n" + content


def _unpack(path: Path, raw: bytes) -> tuple[dict[str, object], bytes]:
    end = raw.find(b"\n", len(MAGIC), len(MAGIC) + HEAD_LIMIT)
    if not raw.startswith(MAGIC) or end < 0:
        raise PlanError(f"plan {path}: not a plan of ours: {CURE}")
    try:
        head = json.loads(raw[len(MAGIC) : end])
    except (ValueError, RecursionError) as error:
        raise PlanError(f"plan {path}: its head is damaged ({error}): {CURE}") from error
    content = raw[end + 1 :]
    if not isinstance(head, dict) or head.get("sha256") != hashlib.sha256(content).hexdigest():
        raise PlanError(f"plan {path}: damaged (its SHA-256 differs): {CURE}")
    return head, content


def _check_ours(path: Path, facts: os.stat_result, *, folder: bool) -> None:
    right_kind = stat.S_ISDIR(facts.st_mode) if folder else stat.S_ISREG(facts.st_mode)
    if not right_kind:
        raise PlanError(f"plan {path}: neither a plain folder nor a plain file: not loaded; {CURE}")
    if facts.st_uid != os.geteuid() or facts.st_mode & OTHERS_MAY_WRITE:
        raise PlanError(
            f"plan {path}: belongs to user {facts.st_uid} with mode {stat.S_IMODE(facts.st_mode):o}, so somebody "
            f"else could have put a program there: not loaded; give a folder that only user {os.geteuid()} may write"
        )


def _replace(path: Path, raw: bytes) -> None:
    """mkstemp's files are private; on the disk before they get their name, so that a power cut leaves none half."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
