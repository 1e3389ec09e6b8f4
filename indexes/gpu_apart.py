"""A copy on a GPU in a process of its own: FAISS ends its process where CUDA fails, which must not be the worker's.

What travels is a question of a few kilobytes and its answer; the pictures once, when the copy is made.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, NamedTuple, cast

import faiss
import numpy as np

from indexes.gpu_copy import ADD_ROWS, Faiss, Here

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexes.faiss_cpu import Bitmap
    from indexes.gpu_copy import Kind
    from indexes.picture import Embedding, Vectors

FAISS = "faiss:"  # the module itself
ERRORS = 2  # standard error: on standard output events may be told
BUILT_S = 300.0  # ten million pictures are twenty gigabytes
FOUND_S = 10.0  # a search takes milliseconds: a GPU that says nothing for so long is lost


class Made(NamedTuple):
    """`rows`: how many messages of them follow; none where `cells` has them."""

    kind: Kind
    dim: int
    rows: int
    cells: bytes


class Asked(NamedTuple):
    query: Embedding
    want: int
    bitmap: Bitmap | None
    probes: int | None


class Failed(NamedTuple):
    why: str


class Apart:
    """One caller at a time. The process ends with the last reference to this."""

    def __init__(self, kind: Kind, cells: faiss.Index | None, embeddings: Vectors, maker: str = FAISS) -> None:
        """`maker`: module and name of what is asked for FAISS' functions. Raises RuntimeError with CUDA's words."""
        ours, theirs = Pipe()
        number = theirs.fileno()
        env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, maker, str(number)],
            pass_fds=[number], env=env, stdin=subprocess.DEVNULL, stdout=ERRORS, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._pipe = ours
        self.pid = process.pid
        weakref.finalize(self, _end, process, ours)
        late = threading.Timer(BUILT_S, process.kill)  # whoever sends to one that reads no more would wait for ever
        late.daemon = True
        late.start()
        try:
            self._copy_there(kind, cells, embeddings)
        finally:
            late.cancel()

    def _copy_there(self, kind: Kind, cells: faiss.Index | None, embeddings: Vectors) -> None:
        count, dim = embeddings.shape
        starts = range(0, count, ADD_ROWS) if cells is None else range(0)
        whole = b"" if cells is None else faiss.serialize_index(cells).tobytes()
        self._send(Made(kind, dim, len(starts), whole))
        for start in starts:
            self._send(np.ascontiguousarray(embeddings[start : start + ADD_ROWS], np.float32))
        self.selects = bool(self._answer(BUILT_S))

    def find(self, query: Embedding, want: int, bitmap: Bitmap | None, probes: int | None) -> NDArray[np.int64]:
        self._send(Asked(query, want, bitmap, probes))
        return cast("NDArray[np.int64]", self._answer(FOUND_S))

    def _send(self, what: object) -> None:
        try:
            self._pipe.send(what)
        except OSError as error:
            raise RuntimeError(f"its process is gone ({error.strerror})") from error

    def _answer(self, within_s: float) -> object:
        try:
            if not self._pipe.poll(within_s):
                raise RuntimeError(f"no answer within {within_s:g} s")
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise RuntimeError("its process is gone; what FAISS said last is on standard error") from error
        if isinstance(answer, Failed):
            raise RuntimeError(answer.why)  # noqa: TRY004  it was said over there
        return answer


def _end(process: subprocess.Popen[bytes], pipe: Connection) -> None:
    """From whichever thread lets go of it, which does not wait."""
    pipe.close()
    process.kill()
    threading.Thread(target=process.wait, daemon=True).start()


def _copy(maker: str, pipe: Connection) -> Here:
    module, _, name = maker.partition(":")
    found = importlib.import_module(module)
    api = cast("Faiss", getattr(found, name)() if name else found)
    made = cast("Made", pipe.recv())
    cells = faiss.deserialize_index(np.frombuffer(made.cells, np.uint8)) if made.cells else None
    failed, copy = "", None
    for step in range(made.rows + 1):  # all that was sent is read, or the answer would be lost with the pipe
        rows = pipe.recv() if step else None
        try:
            if copy is None and not failed:
                copy = Here(api, made.kind, made.dim, cells)
            elif copy is not None and rows is not None and not failed:
                copy.add(rows)
        except RuntimeError as error:
            failed = _first_line(error)
    if copy is None or failed:
        raise RuntimeError(failed)
    return copy


def main(maker: str, number: int) -> None:
    """Answers until the other end is closed, or its process is gone. What CUDA says travels as text."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = Connection(number)
    with suppress(EOFError, OSError):
        try:
            copy = _copy(maker, pipe)
            pipe.send(copy.selects)
            while True:
                pipe.send(copy.find(*cast("Asked", pipe.recv())))
        except RuntimeError as error:
            pipe.send(Failed(_first_line(error)))


def _first_line(error: RuntimeError) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


if __name__ == "__main__":
    # Under its real name, so that what it pickles is what the other side knows.
    importlib.import_module("indexes.gpu_apart").main(sys.argv[1], int(sys.argv[2]))
