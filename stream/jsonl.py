"""The JSON lines sink: one CloudEvent a line, written and flushed in a thread of its own. Knows no other sink."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stream.batching import Batcher
from stream.errors import PublishError, SinkGone, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.events import Event

DEADLINE_S = 5.0
STOP_S = 2.0


class JsonLines:
    """`target`: a path, or `-` for standard output."""

    def __init__(self, target: str) -> None:
        self.name = f"jsonl:{target}"
        self._target = target
        self._writer: Batcher[bytes, None] | None = None
        self._file: LineWriter | None = None
        self._under_way: tuple[str, asyncio.Task[None]] | None = None

    async def start(self) -> None:
        try:
            self._file = await asyncio.to_thread(_open, self._target)
        except OSError as error:
            raise PublishError(f"{self.name}: cannot be opened: {error.strerror}") from error
        self._writer = Batcher(self.name, self._file.write, max_batch=1)
        self._writer.start()

    async def send(self, event: Event) -> None:
        """A write that outlives its deadline goes on: asking again for the same event waits for that same write."""
        if self._writer is None:
            raise PublishError(f"{self.name}: not started")
        if self._under_way is None or self._under_way[0] != event.id:
            line = f"{event.structured()}\n".encode()
            self._under_way = (event.id, asyncio.create_task(self._writer.ask(line), name=self.name))
        task = self._under_way[1]
        done, _ = await asyncio.wait({task}, timeout=DEADLINE_S)
        if not done:
            raise PublishError(f"{self.name}: took no line for {DEADLINE_S:g} s: its reader or its disk is stuck")
        self._under_way = None
        try:
            task.result()
        except OSError as error:
            raise self._told(error) from error

    async def stop(self) -> None:
        if self._writer is not None and await self._writer.stop(deadline_s=STOP_S) and self._file is not None:
            await asyncio.to_thread(self._file.close)
        if self._under_way is not None:
            self._under_way[1].cancel()
            await asyncio.wait({self._under_way[1]})

    def _told(self, error: OSError) -> PublishError:
        if error.errno == errno.EPIPE:
            return SinkGone(f"{self.name}: nobody reads it any more")
        return PublishError(f"{self.name}: cannot be written: {error.strerror}")


class LineWriter:
    """A descriptor that takes whole lines. Belongs to the writing thread."""

    def __init__(self, descriptor: int, *, ours: bool) -> None:
        self._descriptor = descriptor
        self._ours = ours
        self._rest = b""

    def write(self, lines: Sequence[bytes]) -> list[None]:
        """After an error the next call brings the same line again: what is left of it is written, not all of it."""
        self._rest = self._rest or b"".join(lines)
        while self._rest:
            self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        return [None] * len(lines)

    def close(self) -> None:
        if self._ours:
            os.close(self._descriptor)


def _open(target: str) -> LineWriter:
    if target == "-":
        sys.stdout.flush()
        return LineWriter(sys.stdout.fileno(), ours=False)
    _check(Path(target))
    # Not blocking: a pipe that nobody reads is an error (ENXIO) to be tried again, not a wait without end.
    flags = os.O_RDWR if _is_file(target) else os.O_WRONLY
    descriptor = os.open(target, flags | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    os.set_blocking(descriptor, True)
    writer = LineWriter(descriptor, ours=True)
    if flags == os.O_RDWR and _torn(descriptor):
        writer.write([b"\n"])
    return writer


def _is_file(target: str) -> bool:
    return not Path(target).exists() or Path(target).is_file()


def _torn(descriptor: int) -> bool:
    """Whether the last process was stopped in the middle of a line: its rest must not swallow our first."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _check(path: Path) -> None:
    """What will never work is said before anything starts."""
    if path.is_dir():
        raise UsageError(f"sink jsonl:{path}: is a directory; give a file")
    if not path.parent.is_dir():
        raise UsageError(f"sink jsonl:{path}: there is no directory {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"sink jsonl:{path}: may not be written by this user")
